"""The stretches of time that limits count in: fixed ones in UTC, and the caller's own day."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.settings import Quota
from chalicelib.web import limits, windows

HOUR = Quota(10, 3600)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_hour_begins_and_ends_on_the_second() -> None:
    last, first = windows.window(HOUR, at("2026-11-21T10:59:59")), windows.window(HOUR, at("2026-11-21T11:00:00"))
    assert last.name != first.name
    assert (last.left, first.left) == (1, 3600)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Asia/Kolkata", "2026-11-21T18:29:59", "2026-11-21"),
        ("Asia/Kolkata", "2026-11-21T18:30:00", "2026-11-22"),
        ("America/New_York", "2026-11-22T04:59:59", "2026-11-21"),
        ("UTC", "2026-11-21T23:59:59", "2026-11-21"),
    ],
)
def test_a_day_is_the_callers_own(zone: str, moment: str, day: str) -> None:
    assert windows.local_day(at(moment), zone).name == day


@pytest.mark.parametrize(("start", "hours"), [("2026-03-08T05:00:00", 23), ("2026-11-01T04:00:00", 25)])
def test_a_day_on_which_the_clocks_change_has_its_true_length(start: str, hours: int) -> None:
    assert windows.local_day(at(start), "America/New_York").left == timedelta(hours=hours).total_seconds()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_a_place_is_an_address_or_the_network_of_a_household(address: str, place: str) -> None:
    assert limits.network(address) == place
