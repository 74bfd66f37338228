"""The entries of a stretch of days as a file for spreadsheets, newest day first. `/goal-progress/entries.csv` asks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from chalicelib import rounding, spreadsheets
from chalicelib.errors import invalid
from chalicelib.goals import durations, entries, entry_list, periods
from chalicelib.goals.entry_list import Wanted
from chalicelib.goals.records import Goal, GoalEntry
from chalicelib.table.acts import Act

COLUMNS = (
    "date",
    "goal",
    "goal_name",
    "category",
    "number",
    "progress",
    "logged_hours",
    "logged_seconds",
    "total_hours",
    "total_seconds",
    "percentage_complete",
    "is_complete",
    "source",
    "lesson_id",
)
#: Without a first day: so many up to the last. And how many there may be at most.
DAYS, MOST_DAYS = timedelta(days=31), timedelta(days=366)
#: A Lambda answers with 6 MB at most.
MOST_LETTERS = 1_000_000
AT_ONCE = 500


def of(act: Act, zone: str, wanted: Wanted) -> str:
    """The whole file; refused where it would be too long to send."""
    wanted = _bounded(wanted, periods.today(act.now, zone))
    goals = entry_list.wanted_goals(act.actor, wanted.goal)
    found = entry_list.newest_first(act.actor, wanted, most=AT_ONCE) if goals else iter(())
    return spreadsheets.text(COLUMNS, _rows(goals, found))


def _bounded(wanted: Wanted, today: date) -> Wanted:
    asked = date.fromisoformat(wanted.first) if wanted.first else date.min
    last = date.fromisoformat(wanted.last) if wanted.last else max(today, asked)
    first = asked if wanted.first else last - min(DAYS, last - date.min)
    if last - first >= MOST_DAYS:
        raise invalid("from", "too_far", f"Ask for {MOST_DAYS.days} days at most.")
    return replace(wanted, first=first.isoformat(), last=last.isoformat())


def _rows(goals: dict[int, Goal], found: Iterator[GoalEntry]) -> Iterator[tuple[object, ...]]:
    letters = 0
    for each in found:
        goal = goals.get(int(each.goal))
        if goal is not None:
            letters += len(each.text) + len(goal.name) + 100
            if letters > MOST_LETTERS:
                raise invalid("from", "too_much", "These are too many entries for one file; ask for fewer days.")
            yield _row(goal, each)


def _row(goal: Goal, entry: GoalEntry) -> tuple[object, ...]:
    logged, total = int(entry.logged_seconds), int(entry.total_seconds)
    return (
        entry.logged_on,
        int(goal.number),
        goal.name,
        goal.category,
        int(entry.number),
        entry.text,
        durations.text(logged),
        logged,
        durations.text(total),
        total,
        rounding.percent(logged, total),
        "yes" if entries.is_complete(entry) else "no",
        entry.source,
        entry.lesson_id,
    )
