"""Entries as pieces of a transaction: an entry that is made, changed or taken away, with every total that it moves.

No total is ever worked out from all entries, and each equals the sum of them: those of the goal, and those of each day.
`logbook.py` composes them for people, `lesson_time.py` for lessons that were finished.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib import rounding
from chalicelib.catalog.courses import actions, copied
from chalicelib.errors import Stale
from chalicelib.goals import days, ids
from chalicelib.goals.days import Share
from chalicelib.goals.records import Goal, GoalEntry
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, change, delete, put, put_new


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to a goal: `before` leaves it as it was read, `after` comes; the same entry, or one of each."""

    goal: Goal
    before: GoalEntry | None = None
    after: GoalEntry | None = None

    def shares(self) -> dict[str, Share]:
        """What each date gets more or less of the goal."""
        by: dict[str, Share] = {}
        for entry, sign in ((self.before, -1), (self.after, 1)):
            if entry is not None:
                had = by.get(entry.logged_on, Share())
                by[entry.logged_on] = had.plus(Share(sign * int(entry.logged_seconds), sign))
        return {date: share for date, share in by.items() if share != Share()}

    def changes(self, now: datetime) -> dict[str, Any]:
        """What it makes of the goal. Only a new entry is activity."""
        goal, before, after = self.goal, self.before, self.after
        more = (after is not None) - (before is not None)
        totals = {
            "logged_seconds": int(goal.logged_seconds) + _logged(after) - _logged(before),
            "planned_seconds": int(goal.planned_seconds) + _planned(after) - _planned(before),
            "entries": int(goal.entries) + more,
        }
        if after is None or int(after.number) <= int(goal.last_entry):
            return totals
        return {**totals, "last_entry": int(after.number), "active_at": now}


def _logged(entry: GoalEntry | None) -> int:
    return int(entry.logged_seconds) if entry else 0


def _planned(entry: GoalEntry | None) -> int:
    return int(entry.total_seconds) if entry else 0


def made(goal: Goal, now: datetime, logged_on: str, logged_seconds: int, **values: Any) -> GoalEntry:
    """The next entry of a goal. `values` are `total_seconds`, `text`, `source` and `lesson_id`, where there are any."""
    number, user = int(goal.last_entry) + 1, goal.user_id
    entry: GoalEntry = GoalEntry.under(
        keys.goal_entry(user, int(goal.number), number),
        id=ids.entry_of(user, int(goal.number), number),
        user_id=user,
        goal=int(goal.number),
        number=number,
        ver=1,
        logged_on=logged_on,
        logged_seconds=logged_seconds,
        created_at=now,
        updated_at=now,
        **values,
    )
    entry.lsi1sk = listed_under(entry)
    return entry


def changed(before: GoalEntry, changes: Mapping[str, Any], now: datetime) -> GoalEntry:
    """An entry that says this instead."""
    after = copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": now})
    after.lsi1sk = listed_under(after)
    return after


def listed_under(entry: GoalEntry) -> str:
    """Where an entry stands among all of its person's: by day, then by goal and number."""
    return f"{entry.logged_on}#{int(entry.goal):012d}#{int(entry.number):012d}"


def pieces(now: datetime, found: Mapping[str, Record | None], *steps: Step) -> list[Write]:
    """Everything that these steps of one person change, each a step of another goal. `found` are the days as read, by
    date: at least those in the shares of the steps.
    """
    by: dict[str, dict[int, Share]] = {}
    for step in steps:
        for date, share in step.shares().items():
            by.setdefault(date, {})[int(step.goal.number)] = share
    user = steps[0].goal.user_id
    moved = [days.moved(found.get(date), user, date, shares) for date, shares in by.items()]
    return [*(write for step in steps for write in _own(step, now)), *moved]


def _own(step: Step, now: datetime) -> Iterable[Write]:
    """The goal and its entries."""
    before, after = step.before, step.after
    yield change(step.goal, *actions(step.goal, step.changes(now)), now=now)
    if before is not None and after is not None and before.number == after.number:
        yield put(after, where=GoalEntry.ver == int(before.ver))
        return
    if before is not None:
        yield delete(before, where=GoalEntry.ver == int(before.ver))
    if after is not None:
        yield put_new(after, otherwise=Stale())


def told(act: Act, name: str, step: Step, **more: Any) -> Fact:
    """The fact of a step: `goal.logged`, `goal.log_changed` or `goal.log_deleted`. No text goes with it."""
    entry, goal = step.after or step.before, step.goal
    said = {} if entry is None else {"number": int(entry.number), "seconds": _logged(entry), "on": entry.logged_on}
    return act.fact(name, goal.id, audience=[goal.user_id], ver=int(goal.ver) + 1, **said, **more)


def percentage(entry: GoalEntry) -> Decimal:
    """How much of what was planned was logged; 0 where nothing was planned."""
    return rounding.percent(int(entry.logged_seconds), int(entry.total_seconds))


def is_complete(entry: GoalEntry) -> bool:
    return 0 < int(entry.total_seconds) <= int(entry.logged_seconds)
