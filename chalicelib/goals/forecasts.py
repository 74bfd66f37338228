"""What a forecast of a goal is made of: its days and, where its course is the measure, the lessons of the course.

`GET /goals/{goal}/pace` asks for one goal, the list of next actions for all of them. `pace.py` computes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.catalog import bitmaps, curricula
from chalicelib.catalog.records import Curriculum, Gate
from chalicelib.goals import pace
from chalicelib.goals.goals import GoalUnknown, number_of
from chalicelib.goals.pace import Basis, Forecast, Known
from chalicelib.goals.records import Goal, GoalDay
from chalicelib.goals.statuses import COMPLETED
from chalicelib.learning import activity
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

HIGHEST = 10**12 - 1
Found = Mapping[Key, Record]


@dataclass(frozen=True, slots=True)
class Pace:
    """A goal and its forecast, as of the day it is where its owner lives."""

    goal: Goal
    zone: str
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Intentions:
    """Goals of a person, and what they did for them in the days that a pace is made of."""

    today: date
    zone: str
    goals: list[Goal]
    #: {date: {number of a goal: [seconds, entries]}}
    days: Mapping[date, Mapping[str, Sequence[int]]]

    def forecast(self, goal: Goal, found: Found) -> Forecast:
        """`found` has what `measures` names."""
        basis, required, remaining = _measured(goal, found)
        return pace.forecast(
            Known(
                today=self.today,
                begun=goal.created_at.astimezone(ZoneInfo(self.zone)).date(),
                is_completed=goal.status == COMPLETED,
                deadline=date.fromisoformat(goal.deadline) if goal.deadline else None,
                basis=basis,
                required=required,
                remaining=remaining,
                days=self._of(int(goal.number)),
            )
        )

    def _of(self, number: int) -> dict[date, int]:
        return {day: int(goals[str(number)][0]) for day, goals in self.days.items() if str(number) in goals}


def of(act: Act, zone: str, text: str) -> Pace:
    """One trip; two where nothing but its course says how long the goal takes."""
    number = number_of(text, act.actor)
    intentions = read(act, zone, number)
    goal = next((each for each in intentions.goals if int(each.number) == number), None)
    if goal is None:
        raise GoalUnknown
    return Pace(goal, zone, intentions.forecast(goal, reads.many(measures(goal))))


def read(act: Act, zone: str, last: int = HIGHEST) -> Intentions:
    """Goals up to this number. The days lie just before them, so all of it is one query."""
    today = activity.day_of(act.now, zone)
    first = keys.goal_day(act.actor, (today - (pace.WINDOW - 1) * pace.DAY).isoformat())
    records = list(reads.all_of(first.pk, between=(first.sk, keys.goal(act.actor, last).sk)))
    goals = [each for each in records if isinstance(each, Goal)]
    days = {date.fromisoformat(each.date): each.goals for each in records if isinstance(each, GoalDay)}
    return Intentions(today, zone, goals, days)


def measures(goal: Goal) -> list[Key]:
    """What of its course a forecast has to know: nothing where the goal says itself how long it takes."""
    if goal.target_seconds or goal.course_id is None or goal.status == COMPLETED:
        return []
    course = goal.course_id
    return [keys.gate(course), keys.curriculum(course), keys.enrollment(goal.user_id, course)]


def _measured(goal: Goal, found: Found) -> tuple[Basis | None, int | None, int | None]:
    """What is measured, how long it takes in all, and what is left of it."""
    logged, target, planned = int(goal.logged_seconds), int(goal.target_seconds or 0), int(goal.planned_seconds)
    if target:
        return "target", target, max(0, target - logged)
    lessons = _lessons(goal, found)
    if lessons is not None:
        return "course", *lessons
    return ("planned", planned, max(0, planned - logged)) if planned else (None, None, None)


def _lessons(goal: Goal, found: Found) -> tuple[int, int] | None:
    """The seconds of all lessons of its course and of those not done; None where it has none with minutes."""
    gate, curriculum, enrollment = (found.get(key) for key in measures(goal)) if measures(goal) else (None, None, None)
    if not isinstance(gate, Gate) or gate.is_deleted or not isinstance(curriculum, Curriculum):
        return None
    listed = list(curricula.entries(curricula.sections_of(curriculum)))
    whole = sum(each.minutes for each in listed)
    done = _done(enrollment)
    left = 0 if done is None else sum(each.minutes for each in listed if each.ordinal not in done)
    return (60 * whole, 60 * left) if whole else None


def _done(enrollment: Record | None) -> frozenset[int] | None:
    """The numbers of the lessons that are done; None where the course is finished, whatever has been added since."""
    if not isinstance(enrollment, Enrollment):
        return frozenset()
    return None if enrollment.completed_at is not None else frozenset(bitmaps.numbers(enrollment.done))


def all_measures(goals: Iterable[Goal]) -> list[Key]:
    return [key for goal in goals for key in measures(goal)]
