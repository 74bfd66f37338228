"""What somebody could do next, and which of it comes first. Pure; `next_actions.py` finds the actions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["goal_overdue", "goal_at_risk", "lesson_unlocked", "resume_course", "goal_inactive"]


@dataclass(frozen=True, slots=True)
class Action:
    """`since` is when it became so, `until` how long it makes sense; `link` is where in the API to go on."""

    kind: Kind
    reason: str
    title: str
    link: str
    since: datetime | None = None
    until: datetime | None = None
    course_id: str | None = None
    enrollment_id: str | None = None
    lesson_id: str | None = None
    goal: int | None = None
    goal_id: str | None = None


def _oldest(moment: datetime | None) -> float:
    return float("inf") if moment is None else moment.timestamp()


def _newest(moment: datetime | None) -> float:
    return float("inf") if moment is None else -moment.timestamp()


#: The kinds, the most urgent first. Within a kind: the deadline that passed last, the next deadline, the lesson that
#: opened last, the course that was open last, the goal that was left alone longest.
URGENCY: Mapping[Kind, Callable[[Action], float]] = {
    "goal_overdue": lambda action: _newest(action.since),
    "goal_at_risk": lambda action: _oldest(action.until),
    "lesson_unlocked": lambda action: _newest(action.since),
    "resume_course": lambda action: _newest(action.since),
    "goal_inactive": lambda action: _oldest(action.since),
}
_RANK = {kind: rank for rank, kind in enumerate(URGENCY)}


def ordered(actions: Iterable[Action], limit: int) -> list[Action]:
    """The most urgent ones. What leads to the same place is listed once; the order of what comes in means nothing."""
    by_place: dict[str, Action] = {}
    for action in sorted(actions, key=_urgency):
        by_place.setdefault(action.link, action)
    return list(by_place.values())[:limit]


def _urgency(action: Action) -> tuple[int, float, str]:
    return _RANK[action.kind], URGENCY[action.kind](action), action.link
