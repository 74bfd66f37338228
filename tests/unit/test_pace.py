"""Forecasts of goals, case by case: the same numbers always give the same dates."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.goals import pace
from chalicelib.goals.pace import Forecast, Known

HOUR = 3600
TODAY = date(2026, 11, 20)
pytestmark = pytest.mark.row("B10")


def day(number: int) -> date:
    """So many days from today."""
    return TODAY + timedelta(days=number)


def forecast(**said: Any) -> Forecast:
    known: dict[str, Any] = {
        "today": TODAY,
        "begun": day(-100),
        "is_completed": False,
        "deadline": None,
        "basis": "target",
        "required": 20 * HOUR,
        "remaining": 10 * HOUR,
        "days": {},
    }
    return pace.forecast(Known(**known | said))


#: An hour a day for four weeks, and one of them alone.
DAILY = {day(-number): HOUR for number in range(40)}
ONCE = {day(-3): HOUR}

CASES = [
    # what is known, verdict, window, recent, finish, days left, needed per week
    ({"days": DAILY, "deadline": day(9)}, ("on_track", 28, 28 * HOUR, day(9), 10, 7 * HOUR)),
    ({"days": DAILY, "deadline": day(8)}, ("at_risk", 28, 28 * HOUR, day(9), 9, 28_000)),
    ({"days": DAILY}, ("no_deadline", 28, 28 * HOUR, day(9), None, None)),
    ({"days": DAILY, "deadline": TODAY}, ("at_risk", 28, 28 * HOUR, day(9), 1, 10 * HOUR)),
    ({"days": DAILY, "deadline": TODAY, "remaining": HOUR}, ("on_track", 28, 28 * HOUR, TODAY, 1, HOUR)),
    ({"days": DAILY, "deadline": day(-1)}, ("overdue", 28, 28 * HOUR, day(9), 0, None)),
    ({"deadline": day(30)}, ("no_pace", 28, 0, None, 31, 8130)),
    ({"days": {day(-28): HOUR}, "deadline": day(30)}, ("no_pace", 28, 0, None, 31, 8130)),
    ({"days": {day(-27): HOUR}, "deadline": day(300)}, ("on_track", 28, HOUR, day(279), 301, 838)),
    ({"days": DAILY, "remaining": 0, "deadline": day(-9)}, ("reached", 28, 28 * HOUR, None, 0, None)),
    ({"days": DAILY, "is_completed": True, "deadline": day(9)}, ("reached", 28, 28 * HOUR, None, 10, None)),
    ({"basis": None, "required": None, "remaining": None}, ("no_target", 28, 0, None, None, None)),
    (
        {"basis": None, "required": None, "remaining": None, "deadline": day(-1)},
        ("overdue", 28, 0, None, 0, None),
    ),
    # A goal of today has no pace of a day, but of a week, and one of ten days has the pace of ten days.
    ({"begun": TODAY, "days": {TODAY: HOUR}}, ("no_deadline", 7, HOUR, day(69), None, None)),
    ({"begun": day(-9), "days": ONCE}, ("no_deadline", 10, HOUR, day(99), None, None)),
    # What was logged for a day before the goal was made counts as its beginning.
    ({"begun": TODAY, "days": {day(-13): HOUR}}, ("no_deadline", 14, HOUR, day(139), None, None)),
    ({"begun": TODAY, "days": {day(-13): 0, day(5): HOUR}}, ("no_deadline", 7, 0, None, None, None)),
    # So little that it takes longer than a century.
    ({"days": {TODAY: 1}, "deadline": day(10)}, ("at_risk", 28, 1, None, 11, 22_910)),
]


@pytest.mark.parametrize(("known", "expected"), CASES)
def test_the_same_numbers_give_the_same_forecast(known: dict[str, Any], expected: tuple[Any, ...]) -> None:
    said = forecast(**known)
    assert (
        said.verdict,
        said.window,
        said.recent,
        said.finish_on,
        said.days_left,
        said.needed_per_week,
    ) == expected


@pytest.mark.parametrize(
    ("recent", "window", "per_week"), [(28 * HOUR, 28, 7 * HOUR), (HOUR, 28, 900), (10, 28, 3), (1, 28, 0), (5, 10, 4)]
)
def test_a_pace_is_rounded_half_up(recent: int, window: int, per_week: int) -> None:
    said = forecast(begun=day(1 - window), days={TODAY: recent})
    assert (said.window, said.per_week) == (window, per_week)


@given(
    remaining=st.integers(1, 10**7),
    logged=st.dictionaries(st.integers(-27, 0), st.integers(1, 86_400), min_size=1),
    left=st.integers(0, 400),
)
def test_who_keeps_the_needed_pace_is_on_track(remaining: int, logged: dict[int, int], left: int) -> None:
    said = forecast(remaining=remaining, deadline=day(left), days={day(at): each for at, each in logged.items()})
    assert said.verdict in ("on_track", "at_risk")
    assert said.needed_per_week is not None
    kept = {day(-number): -(-said.needed_per_week // 7) for number in range(28)}
    if left >= 6:
        assert forecast(remaining=remaining, deadline=day(left), days=kept).verdict == "on_track"


@given(remaining=st.integers(1, 10**7), each=st.integers(1, 86_400), more=st.integers(0, 86_400))
def test_more_time_never_makes_it_later(remaining: int, each: int, more: int) -> None:
    slow, fast = (forecast(remaining=remaining, days={TODAY: time}) for time in (each, each + more))
    assert slow.finish_on is None or (fast.finish_on is not None and fast.finish_on <= slow.finish_on)


def test_the_reasons_have_the_numbers() -> None:
    assert pace.reasons(forecast(days=DAILY, deadline=day(8))) == [
        "At your pace you finish after the deadline.",
        "10 h of 20 h are left.",
        "You gave it 28 h in the last 28 days.",
        "At this pace you finish on 2026-11-29.",
        "The deadline takes 7 h 47 min a week, for 9 days.",
    ]
    assert pace.reasons(forecast(remaining=0)) == ["Nothing is left to do, or you have completed it."]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (1, "1 min"), (60, "1 min"), (3600, "1 h"), (3601, "1 h 1 min"), (90_000, "25 h")],
)
def test_time_is_spoken_in_hours_and_minutes(seconds: int, said: str) -> None:
    assert pace.spoken(seconds) == said
