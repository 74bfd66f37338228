"""Changes of zone and the day that quotas count: it goes on to its end, and nobody gains a day by moving."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.accounts import zones
from chalicelib.accounts.records import User
from chalicelib.web.windows import Window, local_day
from tests.factories import people

ZONES = ["Etc/GMT+12", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Pacific/Kiritimati"]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def living_in(zone: str) -> User:
    person = people.user("asha")
    person.time_zone = zone
    return person


def move(person: User, zone: str, now: datetime) -> None:
    for name, value in zones.holding(person, now).items():
        setattr(person, name, value)
    person.time_zone = zone


def counted(person: User, now: datetime) -> Window:
    return local_day(now, person.time_zone, zones.held_day(person, now))


@pytest.mark.row("X44")
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_a_move_counts_from_the_next_midnight_of_the_zone_that_was_left(zone: str) -> None:
    person = living_in("Asia/Kolkata")
    move(person, zone, at("2026-11-21T12:00:00"))
    midnight = at("2026-11-21T18:30:00")
    assert counted(person, midnight - SECOND) == Window("2026-11-21", 1)
    assert counted(person, midnight).name == "2026-11-22"


def test_to_the_east_the_next_day_ends_with_the_day_there() -> None:
    person = living_in("Asia/Kolkata")
    move(person, "Pacific/Kiritimati", at("2026-11-21T12:00:00"))
    midnight = at("2026-11-22T10:00:00")
    assert counted(person, midnight - SECOND) == Window("2026-11-22", 1)
    assert counted(person, midnight).name == "2026-11-23"


def test_to_the_west_the_next_day_is_a_long_one() -> None:
    person = living_in("Asia/Kolkata")
    move(person, "America/New_York", at("2026-11-21T12:00:00"))
    assert counted(person, at("2026-11-22T05:00:00")).name == "2026-11-22"
    assert counted(person, at("2026-11-23T04:59:59")) == Window("2026-11-22", 1)
    assert counted(person, at("2026-11-23T05:00:00")).name == "2026-11-23"


def test_a_second_move_does_not_put_off_the_end_of_the_day() -> None:
    person = living_in("Asia/Kolkata")
    move(person, "Pacific/Kiritimati", at("2026-11-21T12:00:00"))
    move(person, "America/New_York", at("2026-11-21T13:00:00"))
    assert counted(person, at("2026-11-21T13:00:00")) == Window("2026-11-21", int(5.5 * 3600))


def test_a_move_in_the_middle_of_a_second_ends_with_the_whole_one() -> None:
    person = living_in("UTC")
    move(person, "Asia/Tokyo", at("2026-11-21T23:59:58.700000"))
    assert person.held_until == at("2026-11-22T00:00:00")


def test_a_move_is_forgotten_when_it_no_longer_matters() -> None:
    person = living_in("Asia/Kolkata")
    move(person, "America/New_York", at("2026-11-21T12:00:00"))
    assert zones.held_day(person, at("2026-11-22T04:59:59")) is not None
    assert zones.held_day(person, at("2026-11-22T05:00:00")) is None


def test_who_never_moved_has_the_days_of_their_zone() -> None:
    person = living_in("Europe/Berlin")
    assert zones.held_day(person, at("2026-03-29T00:59:59")) is None
    assert counted(person, at("2026-03-28T23:00:00")) == Window("2026-03-29", 23 * 3600)


@pytest.mark.row("X44")
@pytest.mark.parametrize("seed", range(25))
def test_however_often_somebody_moves_each_date_comes_once(seed: int) -> None:
    chance = random.Random(seed)
    person, now = living_in(chance.choice(ZONES)), at("2026-10-20T00:00:00")
    days = [counted(person, now).name]
    for _ in range(40 * 24):
        now += timedelta(seconds=chance.uniform(0, 7200))
        if chance.random() < chance.choice((0.01, 0.3)):
            move(person, chance.choice(ZONES), now)
        today = counted(person, now)
        assert today.left > 0
        assert date.fromisoformat(today.name) <= now.astimezone(ZoneInfo("Pacific/Kiritimati")).date()
        days += [today.name] * (today.name != days[-1])
    assert days == sorted(set(days))


@pytest.mark.parametrize("seed", range(10))
def test_a_day_ends_when_it_said_it_would(seed: int) -> None:
    """So that Retry-After is true, whatever happens in between."""
    chance = random.Random(seed)
    person, now = living_in(chance.choice(ZONES)), at("2026-10-20T00:00:00.250000")
    for _ in range(100):
        today, end = counted(person, now), now.replace(microsecond=0) + timedelta(seconds=counted(person, now).left)
        for share in sorted(chance.random() for _ in range(chance.randrange(3))):
            move(person, chance.choice(ZONES), now + (end - now) * share * 0.9)
        assert counted(person, end - SECOND).name == today.name
        assert counted(person, end).name > today.name
        now = end + timedelta(seconds=chance.uniform(0, 90_000))
