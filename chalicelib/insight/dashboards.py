"""What somebody sees first: their learning in numbers, their teaching in numbers, and where to go on.

Always fresh, and in one trip: days, wishes and totals of a learner lie side by side, however many courses there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib import rounding
from chalicelib.catalog import bitmaps, own
from chalicelib.catalog.index import reading as catalogue
from chalicelib.catalog.records import Course, Gate, Tally
from chalicelib.learning import activity, completion, rests, streaks
from chalicelib.learning.records import Days, Enrollment, Streak, Totals
from chalicelib.learning.streaks import Account
from chalicelib.learning.totals import STAGES
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.web.identity import Caller


@dataclass(frozen=True, slots=True)
class Learning:
    enrolled: int
    not_started: int
    in_progress: int
    completed: int
    certificates: int
    lessons: int
    minutes: int
    streak: Account


@dataclass(frozen=True, slots=True)
class TeachingStats:
    courses: int
    published: int
    students: int
    enrolled: int
    completions: int
    completion_rate: Decimal
    rating: Decimal | None
    ratings: int


@dataclass(frozen=True, slots=True)
class Stats:
    learner: Learning
    instructor: TeachingStats | None


def stats(act: Act, caller: Caller) -> Stats:
    """Of the caller; what they teach only where they teach."""
    teaching = _teaching(act) if "instructor" in caller.roles else None
    return Stats(_learning(act, caller.zone), teaching)


def _learning(act: Act, zone: str) -> Learning:
    records = list(reads.all_of(keys.learner(act.actor), prefix="DAYS#"))
    days = activity.by_day(records)
    wishes = rests.wishes_of(next((each for each in records if isinstance(each, Streak)), None))
    totals = next((each for each in records if isinstance(each, Totals)), Totals())
    stages = {stage: int(getattr(totals, stage)) for stage in STAGES}
    return Learning(
        **stages,
        enrolled=sum(stages.values()),
        certificates=int(totals.certificates),
        lessons=sum(day.lessons for day in days.values()),
        minutes=sum(day.seconds for day in days.values()) // 60,
        streak=streaks.account(days, wishes, zone, act.now),
    )


def _teaching(act: Act) -> TeachingStats:
    ids = own.things(act.actor, own.COURSES)
    found = reads.many(key for id in ids for key in (keys.course(id), keys.tally(id)))
    courses = [each for each in map(found.get, map(keys.course, ids)) if isinstance(each, Course)]
    tallies = [each for course in courses if isinstance(each := found.get(keys.tally(course.id)), Tally)]
    enrolled = sum(int(each.enrolled) for each in tallies)
    completions = sum(int(each.completions) for each in tallies)
    ratings = sum(int(each.rating_count) for each in tallies)
    rated = sum(int(each.rating_sum) for each in tallies)
    return TeachingStats(
        courses=len(courses),
        published=sum(course.is_published for course in courses),
        students=sum(int(each.students) for each in tallies),
        enrolled=enrolled,
        completions=completions,
        completion_rate=rounding.percent(completions, enrolled),
        rating=(Decimal(rated) / ratings).quantize(Decimal("0.01")) if ratings else None,
        ratings=ratings,
    )


@dataclass(frozen=True, slots=True)
class Continued:
    """A course under way: when it was last open, and the first lesson that is not done."""

    enrollment: Enrollment
    gate: Gate
    opened_at: datetime | None
    #: None where the catalogue does not know it.
    next_title: str | None = None

    @property
    def progress(self) -> completion.Completion:
        return completion.of(self.enrollment)

    @property
    def next_ordinal(self) -> int | None:
        return next(bitmaps.lacking(self.gate.sequence, self.enrollment.done), None)

    @property
    def next_position(self) -> int | None:
        """The place of the next lesson in its course, from 1."""
        ordinal = self.next_ordinal
        return None if ordinal is None else bitmaps.unpacked(self.gate.sequence).index(ordinal) + 1


def continued(act: Act, zone: str, size: int) -> list[Continued]:
    """Courses that were begun and are not finished, the last one that was open first; then those not begun yet."""
    opened = opened_lately(act, zone)
    # Some of the last ones may be finished; those further back are looked up one page later, if at all.
    wanted = sorted(opened, key=lambda course: opened[course], reverse=True)[: 3 * size]
    found = _of_courses(act.actor, wanted)
    under_way = [each for course in wanted if (each := _continued(found, act.actor, course, opened[course]))]
    if len(under_way) < size:
        under_way += _others(act, opened)
    return _titled(under_way[:size])


def _titled(listed: list[Continued]) -> list[Continued]:
    """With the titles of the next lessons, from the catalogue."""
    places = [(each.enrollment.course_id, each.next_ordinal or 0) for each in listed]
    titles = catalogue.lesson_titles(places)
    return [replace(each, next_title=titles.get(place)) for each, place in zip(listed, places, strict=True)]


def opened_lately(act: Act, zone: str) -> dict[str, datetime]:
    """When courses were last open, in this month and the one before."""
    today = activity.day_of(act.now, zone)
    months = [today.isoformat()[:7], (today.replace(day=1) - streaks.DAY).isoformat()[:7]]
    found = act.read(keys.days(act.actor, month) for month in months)
    opened: dict[str, datetime] = {}
    for days in found.values():
        if isinstance(days, Days):
            for course, moment in days.courses.items():
                opened[course] = max(opened.get(course, datetime.fromisoformat(moment)), datetime.fromisoformat(moment))
    return opened


def _others(act: Act, opened: dict[str, datetime]) -> Iterator[Continued]:
    """The newest enrollments beside those: somebody who has been away, or has not begun."""
    span = reads.span(keys.learner(act.actor), index="lsi1", limit=20, newest_first=True)
    rest = [each for each in span.records if isinstance(each, Enrollment) and each.course_id not in opened]
    found = _of_courses(act.actor, [each.course_id for each in rest]) if rest else {}
    return (each for one in rest if (each := _continued(found, act.actor, one.course_id, one.last_at)))


def _of_courses(user_id: str, courses: list[str]) -> dict[Key, Record]:
    return reads.many(key for course in courses for key in (keys.enrollment(user_id, course), keys.gate(course)))


def _continued(found: dict[Key, Record], user_id: str, course: str, opened_at: datetime | None) -> Continued | None:
    """None where there is nothing to go on with: left, finished, or gone."""
    enrollment, gate = found.get(keys.enrollment(user_id, course)), found.get(keys.gate(course))
    if not isinstance(enrollment, Enrollment) or not isinstance(gate, Gate) or gate.is_deleted:
        return None
    over = enrollment.status != "active" or enrollment.completed_at is not None
    return None if over else Continued(enrollment, gate, opened_at)
