"""What people want to reach: making a goal, changing it, pausing, completing and giving it up. Its routes call this.

Whoever logs time changes the goal too, so every change is guarded by its version and tried again where somebody was
faster. What belongs to all goals of a person stands in their ledger, which `ledgers.py` knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.catalog.courses import Outdated, actions, copied, edited
from chalicelib.errors import Conflict, NotFound, Stale
from chalicelib.goals import courses, ids, ledgers, statuses
from chalicelib.goals.records import Goal, GoalLedger, GoneGoal
from chalicelib.goals.statuses import ACTIVE, PAUSED
from chalicelib.rounding import percent
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, change, delete, persistently, put_new, together

#: So many fit into every list and summary without a second trip.
MOST = 200


class GoalUnknown(NotFound):
    """There is no such goal, or none that you may see."""


class GoalsFull(Conflict):
    """You have 200 goals; delete one that you no longer need."""


class GoalChanged(Outdated):
    """The goal has changed since you read it; read it again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A goal as it is now. `is_new` where this very request has made it so; otherwise it was so before."""

    goal: Goal
    is_new: bool

    @property
    def ver(self) -> int:
        return int(self.goal.ver)


def number_of(text: str, user_id: str) -> int:
    """The number of a goal of this person, from the number or the id in a path. Somebody else's goal is not there."""
    number = ids.number(text)
    if number is not None:
        return number
    named = ids.intended(text)
    if named is None or named.user != user_id:
        raise GoalUnknown
    return named.goal


def goal_in(found: Mapping[Key, Record], user_id: str, number: int) -> Goal:
    """The goal among what was read."""
    goal = found.get(keys.goal(user_id, number))
    if not isinstance(goal, Goal):
        raise GoalUnknown
    return goal


def percentage(goal: Goal) -> Decimal:
    """How much of the time it is to take was given: of its target, or else of what its entries had planned."""
    return percent(int(goal.logged_seconds), int(goal.target_seconds or goal.planned_seconds))


def one(act: Act, text: str) -> Goal:
    key = keys.goal(act.actor, number_of(text, act.actor))
    goal = reads.one(Goal, key)
    if goal is None:
        raise GoalUnknown
    return goal


def create(act: Act, wishes: Mapping[str, Any]) -> Kept:
    """A new goal of the caller's, with the next number."""
    return persistently(act, lambda: _create(act, wishes))


def _create(act: Act, wishes: Mapping[str, Any]) -> Kept:
    course_id = wishes.get("course_id")
    found = act.read([keys.standing(act.actor), keys.goal_ledger(act.actor), *courses.wanted(act.actor, course_id)])
    ledger, said = ledgers.of(found, act.actor), statuses.said(ACTIVE, wishes)
    if int(ledger.live) >= MOST:
        raise GoalsFull
    courses.require_usable(found, act.actor, course_id)
    changes = ledgers.entered(ledger, course_id)
    goal = _made(
        act, changes["last_number"], {**said, **statuses.since(said, act.now), **courses.pointed(act, None, course_id)}
    )
    if goal.status == ACTIVE:
        changes |= ledgers.filed_by(ledger, act.now)
    fact = told(act, "goal.created", goal, category=goal.category, course=course_id)
    pieces = [put_new(goal, otherwise=Stale()), ledgers.changed(ledger, changes)]
    return together(act, *pieces, fact=fact, result=Kept(goal, is_new=True))


def _made(act: Act, number: int, values: Mapping[str, Any]) -> Goal:
    made: Goal = Goal.under(
        keys.goal(act.actor, number),
        id=ids.goal_of(act.actor, number),
        ver=1,
        user_id=act.actor,
        number=number,
        created_at=act.now,
        updated_at=act.now,
        active_at=act.now,
        **values,
    )
    return made


def edit(act: Act, text: str, wishes: Mapping[str, Any], expected: int | None) -> Kept:
    """Change what differs; nothing different writes nothing, and tells nobody."""
    number = _number(act, text)
    return edited(act, lambda: _edit(act, number, wishes, expected))


def pause(act: Act, text: str, expected: int | None) -> Kept:
    """No reminders while it is paused. Paused already is no error."""
    return edit(act, text, {"status": PAUSED}, expected)


def resume(act: Act, text: str, expected: int | None) -> Kept:
    return edit(act, text, {"is_paused": False}, expected)


def complete(act: Act, text: str, expected: int | None) -> Kept:
    """Its owner's word, whatever the hours say."""
    return edit(act, text, {"is_complete": True}, expected)


def reopen(act: Act, text: str, expected: int | None) -> Kept:
    return edit(act, text, {"is_complete": False}, expected)


def _number(act: Act, text: str) -> int:
    """The number; whoever may not act any more is told that first."""
    try:
        return number_of(text, act.actor)
    except GoalUnknown:
        act.read([])
        raise


def _edit(act: Act, number: int, wishes: Mapping[str, Any], expected: int | None) -> Kept:
    wished = wishes.get("course_id")
    found = act.read([keys.standing(act.actor), *_items(act, number), *courses.wanted(act.actor, wished)])
    before, ledger = goal_in(found, act.actor, number), ledgers.of(found, act.actor)
    _require_version(before, expected)
    said = statuses.said(before.status, wishes)
    changes = {name: value for name, value in said.items() if getattr(before, name) != value}
    if not changes:
        return Kept(before, is_new=False)
    names = sorted(changes)
    changes |= statuses.since(changes, act.now)
    if "course_id" in changes:
        courses.require_usable(found, act.actor, wished)
        changes |= courses.pointed(act, before, wished)
    after = copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": act.now})
    pieces = [change(before, *actions(before, changes), now=act.now), *_beside(act, ledger, after, changes)]
    fact = told(act, statuses.step(before.status, after.status), after, changed=names)
    return together(act, *pieces, fact=fact, result=Kept(after, is_new=True))


def _items(act: Act, number: int) -> list[Key]:
    return [keys.goal(act.actor, number), keys.goal_ledger(act.actor)]


def _require_version(goal: Goal, expected: int | None) -> None:
    if expected is not None and int(goal.ver) != expected:
        raise GoalChanged


def _beside(act: Act, ledger: GoalLedger, after: Goal, changes: Mapping[str, Any]) -> list[Write]:
    """What changes in the ledger along with the goal."""
    moved = ledgers.moved(ledger, int(after.number), after.course_id) if "course_id" in changes else {}
    filed = ledgers.resumed(ledger, int(after.number), act.now) if changes.get("status") == ACTIVE else {}
    return [ledgers.changed(ledger, moved | filed)] if moved or filed else []


def remove(act: Act, text: str, expected: int | None) -> None:
    """Give a goal up: it is in no list and no summary any more. Its number is never given again."""
    number = _number(act, text)
    edited(act, lambda: _remove(act, number, expected))


def _remove(act: Act, number: int, expected: int | None) -> None:
    found = act.read([keys.standing(act.actor), *_items(act, number)])
    goal, ledger = goal_in(found, act.actor, number), ledgers.of(found, act.actor)
    _require_version(goal, expected)
    pieces = [
        delete(goal, where=Record.ver == int(goal.ver), otherwise=Stale()),
        put_new(_gone(act, goal), otherwise=Stale()),
        ledgers.changed(ledger, ledgers.left(ledger, number)),
    ]
    together(act, *pieces, fact=told(act, "goal.deleted", goal, ver=int(goal.ver) + 1), result=None)


def _gone(act: Act, goal: Goal) -> GoneGoal:
    values = {name: value for name, value in goal.attribute_values.items() if name not in ("pk", "sk", "kind")}
    values |= {"ver": int(goal.ver) + 1, "updated_at": act.now, "deleted_at": act.now}
    gone: GoneGoal = GoneGoal.under(keys.gone_goal(goal.user_id, int(goal.number)), **values)
    return gone


def told(act: Act, name: str, goal: Goal, *, ver: int | None = None, **payload: Any) -> Fact:
    """Told to the goal's owner."""
    return act.fact(name, goal.id, audience=[goal.user_id], ver=ver or int(goal.ver), **payload)
