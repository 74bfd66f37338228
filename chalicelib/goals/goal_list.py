"""The goals of a person: all in one query, then filtered, sorted and cut into pages. `GET /goals` asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.goals.goals import percentage
from chalicelib.goals.records import Goal
from chalicelib.goals.statuses import COMPLETED
from chalicelib.table import keys, reads

Category = Literal["Primary", "Secondary", "Minor"]
Status = Literal["active", "paused", "completed"]
CATEGORIES: tuple[Category, ...] = ("Primary", "Secondary", "Minor")
#: By what a list may be sorted. What has no such value stands last, whichever way.
SORTS: Mapping[str, Callable[[Goal], Any]] = {
    "number": lambda goal: goal.number,
    "goal_name": lambda goal: goal.name.casefold(),
    "category": lambda goal: CATEGORIES.index(goal.category),
    "deadline": lambda goal: goal.deadline,
    "status": lambda goal: goal.status,
    "completion_percentage": percentage,
    "logged_seconds": lambda goal: goal.logged_seconds,
    "created_at": lambda goal: goal.created_at,
    "updated_at": lambda goal: goal.updated_at,
    "active_at": lambda goal: goal.active_at,
}
#: Names of sorts, each with True for the other direction.
Order = Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Wanted:
    category: Category | None = None
    status: Status | None = None
    is_complete: bool | None = None
    course_id: str | None = None
    order: Order = ()

    def admits(self, goal: Goal) -> bool:
        return (
            self.category in (None, goal.category)
            and self.status in (None, goal.status)
            and self.is_complete in (None, goal.status == COMPLETED)
            and self.course_id in (None, goal.course_id)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and how many there are on all."""

    goals: Sequence[Goal]
    count: int


def of(user_id: str) -> list[Goal]:
    """All that live, by their numbers."""
    found = reads.all_of(keys.goals_of(user_id), prefix="GOAL#")
    return [each for each in found if isinstance(each, Goal)]


def listed(user_id: str, wanted: Wanted, *, first: int, size: int) -> Found:
    admitted = _sorted([goal for goal in of(user_id) if wanted.admits(goal)], wanted.order)
    return Found(admitted[first : first + size], len(admitted))


def _sorted(goals: list[Goal], order: Order) -> list[Goal]:
    """The first sort counts most; goals that are alike stay in the order of their numbers."""
    for name, backwards in reversed(order):
        value = SORTS[name]
        valued = [goal for goal in goals if value(goal) is not None]
        valued.sort(key=value, reverse=backwards)
        goals = valued + [goal for goal in goals if value(goal) is None]
    return goals
