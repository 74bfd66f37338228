"""The ledger of a person's goals: numbers, courses, and when reminders look at it."""

from datetime import UTC, date, datetime, timedelta

from chalicelib.goals import ledgers
from chalicelib.goals.records import GoalLedger
from chalicelib.settings import settings

NOW = datetime(2026, 11, 21, 18, 29, tzinfo=UTC)
WEEK = timedelta(days=settings.reminder_days)


def ledger(**values: object) -> GoalLedger:
    made = ledgers.empty("usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F")
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_midnight_is_that_of_the_zone_of_reminders() -> None:
    assert ledgers.day_of(NOW) == date(2026, 11, 21)
    assert ledgers.day_of(NOW + timedelta(minutes=1)) == date(2026, 11, 22)
    assert ledgers.due_after(NOW) == date(2026, 11, 21) + WEEK


def test_another_active_goal_never_makes_the_date_later() -> None:
    later = ledger(**ledgers.filed_by(ledger(), NOW + timedelta(days=3)))
    assert ledgers.due_of(later) == date(2026, 11, 24) + WEEK
    assert ledgers.due_of(ledger(**ledgers.filed_by(later, NOW))) == date(2026, 11, 21) + WEEK
    early = ledger(**ledgers.filed(ledger(), date(2026, 11, 22)))
    assert ledgers.due_of(ledger(**ledgers.filed_by(early, NOW))) == date(2026, 11, 22)


def test_who_has_no_active_goal_is_in_no_queue() -> None:
    filed = ledger(**ledgers.filed_by(ledger(), NOW))
    gone = ledger(**ledgers.filed(filed, None))
    assert not gone.gsi2pk
    assert ledgers.due_of(gone) is None


def test_what_leaves_leaves_nothing_of_it() -> None:
    before = ledger(last_number=12, live=2, courses={"crs_a": [1, 12], "crs_b": [12]}, reminded={"1": "x", "12": "y"})
    after = ledgers.left(before, 12)
    assert after == {"live": 1, "reminded": {"1": "x"}, "courses": {"crs_a": [1]}}
    assert ledgers.entered(ledger(last_number=12, live=1), "crs_a") == {
        "last_number": 13,
        "live": 2,
        "courses": {"crs_a": [13]},
    }


def test_a_person_is_always_in_the_same_part_of_the_index() -> None:
    people = [f"usr_{number:026d}" for number in range(400)]
    parts = {ledgers.shard_of(user) for user in people}
    assert parts == {str(number) for number in range(ledgers.SHARDS)}
