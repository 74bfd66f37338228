"""What people do with entries: logging time for a goal, correcting it, taking it back, reading one. Routes call it.

Each is a read and a transaction. Devices of one person that meet at a goal or at a day try again; an edit that names
the version it was made from is refused where that is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.catalog.courses import Outdated, edited
from chalicelib.errors import NotFound, invalid
from chalicelib.goals import entries, ids, lesson_slots, periods
from chalicelib.goals.entries import Step
from chalicelib.goals.goals import GoalUnknown, number_of
from chalicelib.goals.ids import Logged
from chalicelib.goals.records import Goal, GoalEntry
from chalicelib.goals.statuses import COMPLETED, GoalCompleted
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, persistently, together

Found = Mapping[Key, Record]


class GoalEntryUnknown(NotFound):
    """There is no such entry, or none that you may see."""


class GoalEntryChanged(Outdated):
    """The entry has changed since you read it; read it again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as this request leaves it, with its goal as it was read, for its name. `is_new` where it was changed."""

    goal: Goal
    entry: GoalEntry
    is_new: bool = True

    @property
    def ver(self) -> int:
        return int(self.entry.ver)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be logged; without a day it is today's."""

    logged_seconds: int
    total_seconds: int = 0
    text: str = ""
    logged_on: str | None = None
    lesson_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry is to say, by the record's names, and the version that this was made from, where it is named."""

    said: Mapping[str, Any]
    expected: int | None = None


def goal_named(act: Act, goal: str) -> int:
    """The number of the goal in a path. Whoever may not act any more is told that first."""
    try:
        return number_of(goal, act.actor)
    except GoalUnknown:
        act.read(())
        raise


def entry_named(act: Act, entry: str, goal: str | None = None) -> Logged:
    """The entry in a path: by its id, or under its goal also by its number."""
    goal_number = None if goal is None else goal_named(act, goal)
    number, named = ids.number(entry), ids.logged(entry)
    if goal_number is not None and number is not None:
        return Logged(act.actor, goal_number, number)
    if named is None or named.user != act.actor or goal_number not in (None, named.goal):
        act.read(())
        raise GoalEntryUnknown
    return named


def one(act: Act, entry: str, goal: str | None = None) -> Shown:
    place = entry_named(act, entry, goal)
    return _shown(act.read(_items(place)), place)


def log(act: Act, zone: str, goal: str, wish: Wish) -> Shown:
    """One more entry of a goal of the caller's. A paused goal stays paused; a completed one is to be reopened first."""
    number, today = goal_named(act, goal), periods.today(act.now, zone).isoformat()
    return persistently(act, lambda: _log(act, number, wish, today))


def _log(act: Act, number: int, wish: Wish, today: str) -> Shown:
    date = wish.logged_on or today
    goal_key, day_key = keys.goal(act.actor, number), keys.goal_day(act.actor, date)
    slot_keys = [keys.timed_lesson(act.actor, number, wish.lesson_id)] if wish.lesson_id else []
    found = act.read([goal_key, day_key, *slot_keys])
    goal = _open(found.get(goal_key))
    _require_past(date, today)
    said: dict[str, Any] = {"total_seconds": wish.total_seconds, "text": wish.text, "lesson_id": wish.lesson_id}
    entry = entries.made(goal, act.now, date, wish.logged_seconds, **said)
    before, slots = _lesson(act, goal, entry, *map(found.get, slot_keys))
    step = Step(goal, before, entry)
    days = _days(act, step, {date: found.get(day_key)})
    replaced = {} if before is None else {"replaced": int(before.number)}
    fact = entries.told(act, "goal.logged", step, **replaced)
    return together(act, *entries.pieces(act.now, days, step), *slots, fact=fact, result=Shown(goal, entry))


def _open(goal: Record | None) -> Goal:
    found = _living(goal)
    if found.status == COMPLETED:
        raise GoalCompleted
    return found


def _lesson(
    act: Act, goal: Goal, entry: GoalEntry, slot: Record | None = None
) -> tuple[GoalEntry | None, Sequence[Write]]:
    """For an entry that names a lesson: the one that gives way to it, and the slot taken."""
    if entry.lesson_id is None:
        return None, ()
    lesson_slots.require_of_course(goal, entry.lesson_id)
    number = int(goal.number)
    taken = lesson_slots.taken(slot, act.actor, number, entry.lesson_id, int(entry.number), act.now)
    return _automatic(act, number, lesson_slots.holder(slot)), [taken]


def _automatic(act: Act, goal: int, held: int) -> GoalEntry | None:
    """The entry that came by itself when the lesson was finished, and gives way to what its learner says."""
    key = keys.goal_entry(act.actor, goal, held)
    entry = act.read([key]).get(key) if held else None
    made = entry if isinstance(entry, GoalEntry) else None
    lesson_slots.require_automatic(made)
    return made


def edit(act: Act, zone: str, entry: str, change: Change, goal: str | None = None) -> Shown:
    """The entry says this instead, and all totals with it; also where it moves to another day."""
    place, today = entry_named(act, entry, goal), periods.today(act.now, zone).isoformat()
    return edited(act, lambda: _edit(act, today, place, change))


def _edit(act: Act, today: str, place: Logged, change: Change) -> Shown:
    changes = change.said
    guessed = dict.fromkeys([changes.get("logged_on", today), today])
    found = act.read([*_items(place), *(keys.goal_day(act.actor, date) for date in guessed)])
    shown = _shown(found, place)
    _require_version(shown.entry, change.expected)
    real = {name: value for name, value in changes.items() if getattr(shown.entry, name) != value}
    if not real:
        return replace(shown, is_new=False)
    _require_past(real.get("logged_on", today), today)
    step = Step(shown.goal, shown.entry, entries.changed(shown.entry, real, act.now))
    days = _days(act, step, {date: found.get(keys.goal_day(act.actor, date)) for date in guessed})
    fact = entries.told(act, "goal.log_changed", step, changed=sorted(real))
    result = Shown(shown.goal, step.after or shown.entry)
    return together(act, *entries.pieces(act.now, days, step), fact=fact, result=result)


def remove(act: Act, zone: str, entry: str, expected: int | None, goal: str | None = None) -> None:
    """The entry is gone, and its time with it. Its number is not given again."""
    place, today = entry_named(act, entry, goal), periods.today(act.now, zone).isoformat()
    edited(act, lambda: _remove(act, today, place, expected))


def _remove(act: Act, today: str, place: Logged, expected: int | None) -> None:
    guessed = keys.goal_day(act.actor, today)
    found = act.read([*_items(place), guessed])
    shown = _shown(found, place)
    _require_version(shown.entry, expected)
    step = Step(shown.goal, shown.entry)
    pieces = entries.pieces(act.now, _days(act, step, {today: found.get(guessed)}), step)
    fact = entries.told(act, "goal.log_deleted", step)
    together(act, *pieces, *lesson_slots.vacated(shown.entry), fact=fact, result=None)


def _items(place: Logged) -> Iterable[Key]:
    return keys.goal(place.user, place.goal), keys.goal_entry(*place)


def _shown(found: Found, place: Logged) -> Shown:
    goal_key, entry_key = _items(place)
    goal, entry = _living(found.get(goal_key)), found.get(entry_key)
    if not isinstance(entry, GoalEntry):
        raise GoalEntryUnknown
    return Shown(goal, entry)


def _living(goal: Record | None) -> Goal:
    if not isinstance(goal, Goal):
        raise GoalUnknown
    return goal


def _days(act: Act, step: Step, read: Mapping[str, Record | None]) -> Mapping[str, Record | None]:
    """The days that a step moves: those that were read by guess, and with one more read those that were not."""
    lacking = {date: keys.goal_day(act.actor, date) for date in step.shares() if date not in read}
    found = act.read(lacking.values()) if lacking else {}
    return {**read, **{date: found.get(key) for date, key in lacking.items()}}


def _require_version(entry: GoalEntry, expected: int | None) -> None:
    if expected is not None and int(entry.ver) != expected:
        raise GoalEntryChanged


def _require_past(logged_on: str, today: str) -> None:
    if logged_on > today:
        raise invalid("logged_on", "in_future", f"Today is {today} where you are; time is logged when it is spent.")
