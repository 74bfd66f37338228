"""Finished lessons become time of the goals that point at their course. The worker of projections calls it.

Once for a goal and a lesson, whatever comes twice, late or out of order, and whether the lesson is opened again: the
transaction takes the slot of the lesson, which stays taken. Only what a goal was pointed at the course for counts:
lessons finished since then, while it was active.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.catalog.ids import place_of
from chalicelib.catalog.records import Lesson
from chalicelib.goals import entries, lesson_slots
from chalicelib.goals.entries import Step
from chalicelib.goals.records import Goal, GoalLedger
from chalicelib.goals.statuses import ACTIVE
from chalicelib.learning import activity
from chalicelib.learning.ids import enrolled
from chalicelib.settings import settings
from chalicelib.table import acts, keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import persistently, together

SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Done:
    """A lesson that somebody has finished, and the day it counts for."""

    user: str
    course: str
    lesson: str
    at: datetime
    on: str


def log_lesson(fact: Fact, _: str) -> None:
    """Its minutes in each goal that counts them. Again, it finds every slot taken and does nothing."""
    done = _done(fact)
    ledger = None if done is None else reads.one(GoalLedger, keys.goal_ledger(done.user))
    if done is None or ledger is None:
        return
    act = acts.by_system(fact.request_id, seconds=SECONDS)
    for number in ledger.courses.get(done.course, ()):
        _log_surely(act, done, int(number))


def _log_surely(act: Act, done: Done, number: int) -> None:
    persistently(act, lambda: _log(act, done, number))


def _done(fact: Fact) -> Done | None:
    """None where the lesson belongs to no course, to which no goal points."""
    place, lesson = enrolled(fact.subject), str(fact.payload.get("lesson"))
    at = place_of(lesson)
    if place is None or at is None or at.course != place.course:
        return None
    return Done(place.user, place.course, lesson, fact.at, _day(fact))


def _day(fact: Fact) -> str:
    """The day that it counts for in the learner's diary. Older facts do not say it, and count by the product's zone."""
    try:
        return date.fromisoformat(str(fact.payload.get("on"))).isoformat()
    except ValueError:
        return activity.day_of(fact.at, settings.default_zone).isoformat()


def _log(act: Act, done: Done, number: int) -> None:
    at, day, slot = _items(done, number)
    found = reads.many([at, day, slot, keys.lesson(done.lesson)])
    goal, seconds = found.get(at), _seconds(found, done.lesson)
    if not isinstance(goal, Goal) or slot in found or not seconds or not counts(goal, done.course, done.at):
        return
    entry = entries.made(goal, act.now, done.on, seconds, total_seconds=seconds, source="lesson", lesson_id=done.lesson)
    step = Step(goal, after=entry)
    pieces = entries.pieces(act.now, {done.on: found.get(day)}, step)
    taken = lesson_slots.taken(None, done.user, number, done.lesson, int(entry.number), act.now)
    fact = entries.told(act, "goal.logged", step, lesson=done.lesson)
    together(act, *pieces, taken, fact=fact, result=None)


def _items(done: Done, number: int) -> tuple[Key, Key, Key]:
    user = done.user
    return keys.goal(user, number), keys.goal_day(user, done.on), keys.timed_lesson(user, number, done.lesson)


def _seconds(found: Mapping[Key, Record], lesson_id: str) -> int:
    """Of a lesson whose teacher has said how long it takes."""
    lesson = found.get(keys.lesson(lesson_id))
    return 60 * int(lesson.minutes) if isinstance(lesson, Lesson) else 0


def counts(goal: Goal, course_id: str, at: datetime) -> bool:
    """Whether a lesson finished at this moment is this goal's: also where its owner ended it a moment later."""
    stopped = goal.completed_at or goal.paused_at
    was_active = goal.status == ACTIVE or (stopped is not None and at < stopped)
    return goal.course_id == course_id and was_active and at >= (goal.course_at or goal.created_at)
