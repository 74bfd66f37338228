"""What somebody could do next: courses to go on with, lessons that have opened, goals in danger or left alone.

Everything is read anew, and bounded: the courses that were open last and the newest ones, and the goals whose deadlines
are nearest. Lessons are known by their numbers only, so no words of theirs are here to be told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Gate
from chalicelib.goals import forecasts, pace
from chalicelib.goals.forecasts import Intentions
from chalicelib.goals.pace import Forecast
from chalicelib.goals.records import Goal
from chalicelib.goals.statuses import ACTIVE
from chalicelib.insight import dashboards
from chalicelib.insight.actions import Action, Kind, ordered
from chalicelib.learning import activity, completion, openings, release
from chalicelib.learning.access import Viewer
from chalicelib.learning.openings import Opening
from chalicelib.learning.records import Enrollment
from chalicelib.learning.release import Case
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

#: So many courses of each sort are looked at, and so many goals with the nearest deadlines: they fit into one trip.
COURSES, GOALS = 20, 10
#: So many courses to go on with are offered, so that they hide nothing else.
RESUMED = 5
#: A lesson that opened longer ago is no news, and a goal is left alone from then on.
NEWS, IDLE = timedelta(days=7), timedelta(days=7)
#: So many lessons of a course are tried for one that is open.
TRIED = 20
API = "/api/v1"
IN_DANGER: Mapping[str, Kind] = {"overdue": "goal_overdue", "at_risk": "goal_at_risk"}


@dataclass(frozen=True, slots=True)
class Course:
    """A course under way: what its learner may open, and when they were last in it."""

    case: Case
    enrollment: Enrollment
    opened_at: datetime | None

    @property
    def gate(self) -> Gate:
        return self.case.gate

    def is_open(self, ordinal: int) -> bool:
        return self.case.lesson(ordinal).is_full

    def action(self, kind: Kind, ordinal: int, reason: str, since: datetime | None) -> Action:
        lesson = lesson_of(self.gate.course_id, ordinal)
        return Action(
            kind=kind,
            reason=reason,
            title=self.gate.title,
            link=f"{API}/lessons/{lesson}",
            since=since,
            until=release.access_end(self.gate, self.enrollment),
            course_id=self.gate.course_id,
            enrollment_id=self.enrollment.id,
            lesson_id=lesson,
        )


def of(act: Act, zone: str, limit: int) -> list[Action]:
    """Four trips, however much there is; one more where courses ask for others to be finished first."""
    opened = dashboards.opened_lately(act, zone)
    intentions = forecasts.read(act, zone)
    newest = reads.span(keys.learner(act.actor), index="lsi1", limit=COURSES, newest_first=True).records
    dated = _dated(intentions)
    found = _read(act.actor, opened, newest, dated)
    courses = _under_way(act, found, opened)
    actions = [*_resumed(courses), *_unlocked(act.now, courses, zone), *_of_goals(intentions, dated, found)]
    return ordered(actions, limit)


def _dated(intentions: Intentions) -> list[Goal]:
    """The goals whose deadlines are nearest to today, before or after it."""
    dated = [each for each in intentions.goals if each.status == ACTIVE and each.deadline]
    return sorted(dated, key=lambda goal: abs(date.fromisoformat(goal.deadline or "") - intentions.today))[:GOALS]


def _read(
    user: str, opened: Mapping[str, datetime], newest: Iterable[Record], dated: Iterable[Goal]
) -> Mapping[Key, Record]:
    lately = sorted(opened, key=lambda course: opened[course], reverse=True)[:COURSES]
    beside = [each for each in newest if isinstance(each, Enrollment) and each.course_id not in lately]
    wanted = [key for course in lately for key in (keys.enrollment(user, course), keys.gate(course))]
    gates = [keys.gate(each.course_id) for each in beside if each.status == "active"]
    found = reads.many([*wanted, *gates, *forecasts.all_measures(dated)])
    return {**{each.key: each for each in beside}, **found}


def _under_way(act: Act, found: Mapping[Key, Record], opened: Mapping[str, datetime]) -> list[Course]:
    """Courses that are neither left nor finished nor gone, each with what has to be known to judge its lessons."""
    viewer = Viewer(act.actor)
    pairs = [(each, _gate(found, each)) for each in found.values() if isinstance(each, Enrollment)]
    living = [(enrollment, gate) for enrollment, gate in pairs if gate is not None and _goes_on(enrollment)]
    asked = {course for enrollment, gate in living for course in release.to_finish(gate, enrollment, viewer)}
    finished = _finished(act.actor, asked, found)
    return [
        Course(
            Case(gate, enrollment, viewer, act.now, finished),
            enrollment,
            opened.get(gate.course_id) or enrollment.last_at,
        )
        for enrollment, gate in living
    ]


def _gate(found: Mapping[Key, Record], enrollment: Enrollment) -> Gate | None:
    gate = found.get(keys.gate(enrollment.course_id))
    return gate if isinstance(gate, Gate) and not gate.is_deleted else None


def _goes_on(enrollment: Enrollment) -> bool:
    return enrollment.status == "active" and enrollment.completed_at is None


def _finished(user: str, asked: Iterable[str], found: Mapping[Key, Record]) -> frozenset[str]:
    wanted = {keys.enrollment(user, course): course for course in asked}
    unread = [key for key in wanted if key not in found]
    known = {**found, **(reads.many(unread) if unread else {})}
    return frozenset(course for key, course in wanted.items() if _is_finished(known.get(key)))


def _is_finished(enrollment: Record | None) -> bool:
    return isinstance(enrollment, Enrollment) and enrollment.completed_at is not None


def _resumed(courses: Iterable[Course]) -> list[Action]:
    """The first open lesson that is not done of each; those that were never begun come last."""
    actions = [each for course in courses if (each := _resumable(course)) is not None]
    return ordered(actions, RESUMED)


def _resumable(course: Course) -> Action | None:
    undone = list(bitmaps.lacking(course.gate.sequence, course.enrollment.done))[:TRIED]
    ordinal = next(filter(course.is_open, undone), None)
    if ordinal is None:
        return None
    done = completion.of(course.enrollment)
    begun = f"{done.completed} of {done.total} lessons are done" if done.completed else "You have not finished a lesson"
    return course.action(
        "resume_course", ordinal, f"{begun}; go on with lesson {_place(course, ordinal)}.", course.opened_at
    )


def _unlocked(now: datetime, courses: Iterable[Course], zone: str) -> Iterator[Action]:
    """One for a course: the first of the lessons that opened by their dates and are open indeed."""
    for course in courses:
        lately = openings.lately(course.gate, course.enrollment, now - NEWS, now)
        open_now = [each for each in lately[:TRIED] if course.is_open(each.ordinal)]
        if open_now:
            yield course.action("lesson_unlocked", open_now[0].ordinal, _news(course, open_now, zone), open_now[0].at)


def _news(course: Course, opened: list[Opening], zone: str) -> str:
    first, more = opened[0], len(opened) - 1
    also = "" if not more else f", and {more} more {'has' if more == 1 else 'have'} opened"
    return f"Lesson {_place(course, first.ordinal)} opened on {activity.day_of(first.at, zone)}{also}."


def _place(course: Course, ordinal: int) -> int:
    return bitmaps.unpacked(course.gate.sequence).index(ordinal) + 1


def _of_goals(intentions: Intentions, dated: Iterable[Goal], found: Mapping[Key, Record]) -> Iterator[Action]:
    """At most one for a goal: in danger before left alone."""
    endangered: set[int] = set()
    for goal in dated:
        forecast = intentions.forecast(goal, found)
        if forecast.verdict in IN_DANGER:
            endangered.add(int(goal.number))
            yield _in_danger(intentions, goal, forecast)
    yield from (
        _left_alone(intentions, goal)
        for goal in intentions.goals
        if goal.status == ACTIVE and int(goal.number) not in endangered and _is_idle(intentions, goal)
    )


def _in_danger(intentions: Intentions, goal: Goal, forecast: Forecast) -> Action:
    ends = activity.beginning(date.fromisoformat(goal.deadline or "") + pace.DAY, intentions.zone)
    kind = IN_DANGER[forecast.verdict]
    limits = {"since": ends} if kind == "goal_overdue" else {"until": ends}
    return _action(kind, goal, " ".join(pace.reasons(forecast)), **limits)


def _is_idle(intentions: Intentions, goal: Goal) -> bool:
    return activity.day_of(goal.active_at, intentions.zone) <= intentions.today - IDLE


def _left_alone(intentions: Intentions, goal: Goal) -> Action:
    days = (intentions.today - activity.day_of(goal.active_at, intentions.zone)).days
    return _action("goal_inactive", goal, f"Nothing was logged for {days} days.", since=goal.active_at)


def _action(
    kind: Kind, goal: Goal, reason: str, since: datetime | None = None, until: datetime | None = None
) -> Action:
    return Action(
        kind=kind,
        reason=reason,
        title=goal.name,
        link=f"{API}/goals/{int(goal.number)}",
        since=since,
        until=until,
        course_id=goal.course_id,
        goal=int(goal.number),
        goal_id=goal.id,
    )
