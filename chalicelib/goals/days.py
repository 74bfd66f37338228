"""The days of a person: how much time went to which of their goals, kept in the transaction of each entry.

`entries.py` moves them, summaries read them: up to two months at once, so an item says no more than it must. The
devices of a person take turns at a day by its `turn`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.errors import Stale
from chalicelib.goals.records import GoalDay
from chalicelib.table import keys
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, put, put_new


class Share(NamedTuple):
    """What one goal has of a day, or what it gets more or less of it."""

    seconds: int = 0
    entries: int = 0

    def plus(self, other: "Share") -> "Share":
        return Share(self.seconds + other.seconds, self.entries + other.entries)


#: By the number of the goal.
Shares = Mapping[int, Share]


def of(day: Record | None) -> dict[int, Share]:
    """The shares of a day as it was read; none where nothing was ever logged on it."""
    held = day.goals if isinstance(day, GoalDay) else {}
    return {int(goal): Share(*share) for goal, share in held.items()}


def moved(day: Record | None, user: str, date: str, by: Shares) -> Write:
    """The day with so much more or less of these goals, if it is still as it was read. No entry left: no share left."""
    before = of(day)
    after = before | {goal: before.get(goal, Share()).plus(share) for goal, share in by.items()}
    seen = day if isinstance(day, GoalDay) else None
    turn = int(seen.turn) if seen else 0
    made: GoalDay = GoalDay.under(
        keys.goal_day(user, date),
        date=date,
        goals={str(goal): list(share) for goal, share in sorted(after.items()) if share.entries},
        turn=turn + 1,
    )
    return put(made, where=GoalDay.turn == turn, otherwise=Stale()) if seen else put_new(made, otherwise=Stale())
