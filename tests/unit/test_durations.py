"""Times as people and clients write them, in whole seconds, and as a clock again."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.goals import durations

pytestmark = pytest.mark.row("X27")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("02:30:00", 9000),
        ("2:30:00", 9000),
        (" 02:30:00 ", 9000),
        ("00:00:00", 0),
        ("100:00:01", 360_001),
        ("1 02:00:00", 93_600),
        ("2 days, 00:00:01", 172_801),
        ("1 day, 0:00:00", 86_400),
        ("00:00:00.5", 1),
        ("00:00:00.499999", 0),
        ("PT2H30M", 9000),
        ("pt2h30m", 9000),
        ("PT1.5H", 5400),
        ("PT1,5H", 5400),
        ("PT90M", 5400),
        ("PT0S", 0),
        ("P1DT2H", 93_600),
        ("P1W", 604_800),
        (9000, 9000),
        (0, 0),
        (90.5, 91),
        (90.4, 90),
        ("9000", 9000),
        (-0.0, 0),
    ],
)
def test_a_time_is_read_in_every_usual_way(written: Any, seconds: int) -> None:
    assert durations.seconds(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "soon",
        "2h",
        "02:30",
        "02:60:00",
        "02:00:60",
        "02:00:5",
        "1:02:03:04",
        "999999:00:00",
        "٠٢:٣٠:٠٠",
        "02:30:00\n03:00:00",
        "P",
        "PT",
        "P1DT",
        "P1M",
        "P1Y",
        "PT1H1H",
        "PT1M1H",
        "1e5",
        "0x10",
        "1_000",
        "NaN",
        "-01:00:00",
        "-PT1H",
        "-1",
        "+5",
        -1,
        -0.5,
        float("nan"),
        float("inf"),
        10**30,
        True,
        None,
        [],
        {},
        b"02:30:00",
    ],
)
def test_what_is_no_time_or_less_than_none_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        durations.seconds(written)


@given(st.integers(0, durations.LONGEST_PLANNED))
def test_what_is_answered_can_be_sent_again(seconds: int) -> None:
    assert durations.seconds(durations.text(seconds)) == seconds


@given(st.text(max_size=20))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert durations.seconds(text) >= 0


def test_a_clock_has_hours_minutes_and_seconds_however_many_hours() -> None:
    assert [durations.text(each) for each in (0, 59, 3600, 9000, 86_400, 36_000_000)] == [
        "00:00:00",
        "00:00:59",
        "01:00:00",
        "02:30:00",
        "24:00:00",
        "10000:00:00",
    ]
