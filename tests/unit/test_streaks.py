"""Streaks: what becomes of each day, in which zone, with which excuses; and what must hold for any history."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.learning import activity, streaks
from chalicelib.learning.activity import Activity
from chalicelib.learning.streaks import Account, Rest, Vacation, Wishes

pytestmark = pytest.mark.row("B08")

MONDAY = date(2026, 11, 2)
DAY = timedelta(days=1)
NONE = Wishes()
KOLKATA, AUCKLAND, LOS_ANGELES = "Asia/Kolkata", "Pacific/Auckland", "America/Los_Angeles"
ORDINARY = Activity(lessons=1, seconds=600, zone=KOLKATA)


def at(day: date, clock: str, zone: str = KOLKATA) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def days(*numbers: int) -> dict[date, Activity]:
    """Ordinary activity, so many days after a Monday."""
    return {MONDAY + number * DAY: ORDINARY for number in numbers}


def seen(
    learned: dict[date, Activity], today: int, clock: str = "12:00", wishes: Wishes = NONE, zone: str = KOLKATA
) -> Account:
    return streaks.account(learned, wishes, zone, at(MONDAY + today * DAY, clock, zone))


def states(account: Account) -> list[str]:
    return [day.state for day in account.days]


def test_days_in_a_row_are_a_streak() -> None:
    account = seen(days(0, 1, 2), today=2)
    assert (account.current, account.longest, states(account)) == (3, 3, ["active"] * 3)


def test_nothing_learned_is_no_streak() -> None:
    assert seen({}, today=0) == Account(MONDAY)


def test_a_day_that_is_not_over_breaks_nothing() -> None:
    account = seen(days(0, 1), today=2)
    assert (account.current, states(account)[-1]) == (2, "pending")


def test_a_day_without_learning_ends_the_streak_and_the_longest_is_remembered() -> None:
    account = seen(days(0, 1, 3), today=3)
    assert (account.current, account.longest, states(account)) == (1, 2, ["active", "active", "missed", "active"])


def test_seven_active_days_earn_a_freeze_which_is_used_by_itself() -> None:
    account = seen(days(*range(7), 8), today=8)
    assert states(account)[7:] == ["frozen", "active"]
    assert (account.current, account.freezes, account.days_to_next_freeze) == (8, 0, 6)
    assert account.days[6].freezes == 1


def test_six_active_days_earn_none() -> None:
    assert states(seen(days(*range(6), 7), today=7))[6:] == ["missed", "active"]


def test_at_most_two_freezes_are_in_stock() -> None:
    account = seen(days(*range(40)), today=39)
    assert (account.freezes, account.days_to_next_freeze) == (2, 0)
    for active in (14, 40):
        gone = seen(days(*range(active)), today=active + 3)
        assert states(gone)[active:] == ["frozen", "frozen", "missed", "pending"]


def test_days_that_were_learned_while_the_stock_was_full_are_on_their_way_to_the_next_freeze() -> None:
    assert seen(days(*range(20), 21), today=21).freezes == 2
    assert seen(days(*range(14), 15), today=15).freezes == 1


def test_a_late_entry_repairs_the_streak_and_gives_the_freeze_back() -> None:
    before, after = seen(days(*range(7), 8), today=8), seen(days(*range(9)), today=8)
    assert (before.current, before.freezes) == (8, 0)
    assert (after.current, after.freezes) == (9, 1)
    assert seen(days(0, 1, 2, 3), today=3).current == 4 > seen(days(0, 1, 3), today=3).current


def test_days_of_rest_neither_count_nor_break() -> None:
    wishes = Wishes(rests=[Rest(MONDAY, frozenset({5, 6}))])
    account = seen(days(0, 1, 2, 3, 4, 7), today=7, wishes=wishes)
    assert (account.current, states(account)[5:]) == (6, ["rest", "rest", "active"])
    assert seen(days(0, 1, 2, 3, 4, 5, 7), today=7, wishes=wishes).current == 7


def test_days_of_rest_count_only_from_when_they_were_chosen() -> None:
    wishes = Wishes(rests=[Rest(MONDAY + 7 * DAY, frozenset({5}))])
    assert states(seen(days(4, 6), today=6, wishes=wishes)) == ["active", "missed", "active"]
    assert states(seen(days(11, 13), today=13, wishes=wishes)) == ["active", "rest", "active"]


def test_a_vacation_neither_counts_nor_breaks() -> None:
    wishes = Wishes(vacations=[Vacation(MONDAY + 2 * DAY, MONDAY + 10 * DAY)])
    account = seen(days(0, 1, 11), today=11, wishes=wishes)
    assert (account.current, states(account)[2:11]) == (3, ["vacation"] * 9)


def early(learned: Activity | None = None, only: bool = True, zone: str = KOLKATA) -> Activity:
    return Activity(lessons=1, early=True, only_early=only, zone=zone)


def test_the_first_hour_after_midnight_counts_for_the_day_before_where_that_one_lacks_it() -> None:
    learned = {**days(0), MONDAY + 2 * DAY: early()}
    account = seen(learned, today=2, clock="00:40")
    assert states(account) == ["active", "active", "pending"]
    assert account.days[1].reason == streaks.BY_GRACE
    assert account.current == 2


def test_the_first_hour_counts_for_both_days_only_where_more_was_learned_later() -> None:
    both = {**days(0), MONDAY + 2 * DAY: early(only=False)}
    assert states(seen(both, today=2)) == ["active"] * 3
    once = {**days(0), MONDAY + 2 * DAY: early()}
    assert states(seen(once, today=3)) == ["active", "missed", "active", "pending"]


def test_somebody_who_always_learns_after_midnight_keeps_the_streak() -> None:
    learned = {MONDAY + number * DAY: early() for number in (0, 1, 3, 4, 5)}
    account = seen(learned, today=5, clock="00:30")
    assert states(account) == ["active"] * 5 + ["pending"]


def test_the_day_before_is_not_over_in_the_first_hour() -> None:
    assert states(seen(days(0), today=2, clock="00:59"))[1:] == ["pending", "pending"]
    assert states(seen(days(0), today=2, clock="01:00"))[1:] == ["missed", "pending"]


@pytest.mark.row("X45")
def test_the_zone_says_which_day_it_is() -> None:
    moment = datetime(2026, 11, 2, 20, 0, tzinfo=UTC)
    assert activity.day_of(moment, KOLKATA) == date(2026, 11, 3)
    assert activity.day_of(moment, LOS_ANGELES) == date(2026, 11, 2)
    learned = {date(2026, 11, 2): ORDINARY}
    assert states(streaks.account(learned, Wishes(), KOLKATA, moment)) == ["active", "pending"]


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Berlin", date(2026, 3, 27)),
        ("Europe/Berlin", date(2026, 10, 23)),
        ("America/New_York", date(2026, 3, 6)),
        ("America/Havana", date(2026, 3, 6)),
        ("America/Havana", date(2026, 10, 30)),
        ("Africa/Cairo", date(2026, 4, 22)),
        ("Australia/Lord_Howe", date(2026, 4, 3)),
    ],
)
@pytest.mark.parametrize("clock", ["00:30", "02:30", "12:00", "23:59"])
def test_nights_in_which_the_clocks_change_neither_add_nor_take_a_day(zone: str, first: date, clock: str) -> None:
    learned: dict[date, Activity] = {}
    for number in range(6):
        moment = at(first + number * DAY, clock, zone)
        day = activity.day_of(moment, zone)
        entry = activity.noted(None, moment, zone, lessons=1)
        learned[day] = Activity(1, 0, "hour" in entry, "hour" in entry, zone)
    account = streaks.account(learned, Wishes(), zone, at(first + 5 * DAY, "23:59", zone))
    assert (len(learned), account.current) == (6, 6)


def test_the_hour_of_grace_begins_with_the_day_also_where_midnight_is_skipped() -> None:
    skipped = date(2026, 4, 24)  # Cairo's clocks go from midnight to one o'clock.
    assert activity.is_early(at(skipped, "01:30", "Africa/Cairo"), "Africa/Cairo")
    assert not activity.is_early(at(skipped, "02:30", "Africa/Cairo"), "Africa/Cairo")


def test_the_hour_that_comes_twice_is_graced_once() -> None:
    twice = date(2026, 11, 1)  # Havana's clocks go from one o'clock back to midnight.
    first = datetime(2026, 11, 1, 0, 30, tzinfo=ZoneInfo("America/Havana"))
    assert activity.day_of(first.astimezone(UTC), "America/Havana") == twice
    assert activity.is_early(first.astimezone(UTC), "America/Havana")
    assert not activity.is_early(first.replace(fold=1).astimezone(UTC), "America/Havana")


@pytest.mark.row("X45")
def test_a_day_that_flying_east_swallows_is_forgiven() -> None:
    learned = {MONDAY: Activity(1, zone=LOS_ANGELES), MONDAY + 2 * DAY: Activity(1, zone=AUCKLAND)}
    account = streaks.account(learned, Wishes(), AUCKLAND, at(MONDAY + 2 * DAY, "20:00", AUCKLAND))
    assert states(account) == ["active", "travel", "active"]
    assert account.current == 2


@pytest.mark.row("X45")
def test_the_day_that_is_being_swallowed_is_forgiven_before_anything_is_learned_on_arrival() -> None:
    learned = {MONDAY: Activity(1, zone=LOS_ANGELES)}
    account = streaks.account(learned, Wishes(), AUCKLAND, at(MONDAY + 2 * DAY, "20:00", AUCKLAND))
    assert states(account) == ["active", "travel", "pending"]


@pytest.mark.row("X45")
def test_changing_the_zone_forgives_no_more_than_the_journey_took() -> None:
    learned = {MONDAY: Activity(1, zone=LOS_ANGELES), MONDAY + 4 * DAY: Activity(1, zone=AUCKLAND)}
    account = streaks.account(learned, Wishes(), AUCKLAND, at(MONDAY + 4 * DAY, "20:00", AUCKLAND))
    assert states(account) == ["active", "missed", "missed", "travel", "active"]


@pytest.mark.row("X45")
def test_flying_west_gives_a_longer_day_and_takes_none() -> None:
    learned = {MONDAY: Activity(1, zone=AUCKLAND), MONDAY + DAY: Activity(1, zone=AUCKLAND)}
    landed = at(MONDAY, "22:00", LOS_ANGELES)
    account = streaks.account(learned, Wishes(), LOS_ANGELES, landed)
    assert (account.today, account.current, states(account)) == (MONDAY, 2, ["active", "active"])
    later = {**learned, MONDAY + 2 * DAY: Activity(1, zone=LOS_ANGELES)}
    assert (
        streaks.account(later, Wishes(), LOS_ANGELES, at(MONDAY + 2 * DAY, "9:00".zfill(5), LOS_ANGELES)).current == 3
    )


def test_a_small_step_between_zones_costs_and_gives_nothing() -> None:
    learned = {MONDAY: Activity(1, zone="Europe/Berlin"), MONDAY + 2 * DAY: Activity(1, zone="Europe/London")}
    account = streaks.account(learned, Wishes(), "Europe/London", at(MONDAY + 2 * DAY, "12:00", "Europe/London"))
    assert states(account) == ["active", "missed", "active"]


def test_a_day_remembers_how_much_and_when() -> None:
    night, noon = at(MONDAY, "00:10"), at(MONDAY, "12:00")
    entry = activity.noted(None, night, KOLKATA, lessons=1, seconds=300)
    assert entry == {"lessons": 1, "seconds": 300, "zone": KOLKATA, "hour": "only"}
    assert activity.noted(entry, night, KOLKATA)["hour"] == "only"
    assert activity.noted(entry, noon, KOLKATA, seconds=60) == {**entry, "seconds": 360, "hour": "also"}
    by_noon = activity.noted(None, noon, KOLKATA, lessons=1)
    assert "hour" not in by_noon
    assert activity.noted(by_noon, night, KOLKATA)["hour"] == "also"


def some(chance: random.Random) -> tuple[dict[date, Activity], Wishes]:
    learned = {
        MONDAY + number * DAY: chance.choice([ORDINARY, ORDINARY, early(), early(only=False)])
        for number in range(60)
        if chance.random() < chance.choice([0.5, 0.8, 0.95])
    }
    rests = [Rest(MONDAY + 3 * DAY, frozenset(chance.sample(range(7), chance.randint(0, 2))))]
    first = chance.randint(0, 50)
    away = [Vacation(MONDAY + first * DAY, MONDAY + (first + 4) * DAY)] if chance.random() < 0.5 else []
    return learned, Wishes(rests, away)


def histories(amount: int) -> Iterable[tuple[random.Random, dict[date, Activity], Wishes]]:
    for seed in range(amount):
        chance = random.Random(seed)
        yield chance, *some(chance)


def test_whatever_is_added_later_never_shortens_a_streak() -> None:
    for chance, learned, wishes in histories(400):
        if not learned:
            continue
        clock = chance.choice(["00:30", "12:00"])
        added = MONDAY + chance.randrange(60) * DAY
        more = {**learned, added: ORDINARY if added not in learned else more_of(learned[added])}
        before, after = seen(learned, 59, clock, wishes), seen(more, 59, clock, wishes)
        assert after.current >= before.current, (learned, added)
        assert after.longest >= before.longest


def more_of(there: Activity) -> Activity:
    return Activity(there.lessons + 1, there.seconds, there.early, False, there.zone)


def test_every_day_is_explained_once_and_the_books_balance() -> None:
    for _, learned, wishes in histories(200):
        account = seen(learned, 60, wishes=wishes)
        assert [day.date for day in account.days] == [
            min(learned, default=MONDAY) + number * DAY for number in range(len(account.days))
        ]
        assert all(day.reason in (*streaks.REASONS.values(), streaks.BY_GRACE) for day in account.days)
        assert all(0 <= day.freezes <= streaks.MOST_FREEZES for day in account.days)
        assert account.longest == max((day.streak for day in account.days), default=0)
        active = sum(day.state == "active" for day in account.days)
        early_days = sum(entry.early for entry in learned.values())
        assert active <= len(learned) + early_days
        assert sum(day.state == "frozen" for day in account.days) <= active // streaks.DAYS_PER_FREEZE


def test_a_streak_depends_on_nothing_before_it_began() -> None:
    for _, learned, wishes in histories(200):
        account = seen(learned, 60, wishes=wishes)
        ends = [day.date for day in account.days if day.state == "missed"]
        recent = {day: entry for day, entry in learned.items() if not ends or day > max(ends)}
        again = seen(recent, 60, wishes=wishes)
        assert (again.current, again.freezes) == (account.current, account.freezes)
