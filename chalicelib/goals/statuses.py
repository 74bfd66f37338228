"""Whether a goal is worked on, rests or is reached: its owner's word, whatever the hours say. Pure; `goals.py` asks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.errors import Conflict

ACTIVE, PAUSED, COMPLETED = "active", "paused", "completed"
#: What a change is called as a fact, by the old status and the new one.
_STEPS = {
    (ACTIVE, PAUSED): "goal.paused",
    (PAUSED, ACTIVE): "goal.resumed",
    (ACTIVE, COMPLETED): "goal.completed",
    (PAUSED, COMPLETED): "goal.completed",
    (COMPLETED, ACTIVE): "goal.reopened",
}


class GoalCompleted(Conflict):
    """This goal is completed; reopen it first."""


def said(now: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """The wishes with one word for the status, where they have any that would change it.

    `is_complete` and `is_paused` are other ways to say it: what is not so already is left as it is.
    """
    rest = {name: value for name, value in wishes.items() if name not in ("is_complete", "is_paused")}
    ends = (now == COMPLETED and wishes.get("is_complete") is False, now == PAUSED and wishes.get("is_paused") is False)
    if wishes.get("is_complete"):
        rest["status"] = COMPLETED
    elif any(ends):
        rest.setdefault("status", ACTIVE)
    if now == COMPLETED and rest.get("status") == PAUSED:
        raise GoalCompleted
    return rest


def since(changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Since when it is what these changes make it."""
    status = changes.get("status")
    if status is None:
        return {}
    return {"paused_at": now if status == PAUSED else None, "completed_at": now if status == COMPLETED else None}


def step(before: str, after: str) -> str:
    """The name of the fact."""
    return _STEPS.get((before, after), "goal.changed")
