"""One learner and one lesson of a course: what a device reports, and all that decides about it, read in one trip.

`progress` records what comes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalog import bitmaps, courses
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.catalog.records import Gate
from chalicelib.errors import FieldError, Forbidden
from chalicelib.learning import completion, diary, enrollments, lesson_progress, prerequisites, release, watching
from chalicelib.learning.access import Access, Viewer
from chalicelib.learning.enrollments import EnrollmentRequired
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.records import Enrollment, Watched
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_said
from chalicelib.table.writes import Write

IN_DRAFT = "This course is a draft. Publish it and enroll in it, to learn in it: POST /api/v1/enrollments"


class LessonLocked(Forbidden):
    """This lesson is not open to you; the errors say why, until when, and what is missing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a device reports. `completed` being false takes nothing back; that is what `reset` is for.

    `done_at` is when a device that was offline saw it done; it decides for which day it counts, and nothing else.
    `lesson` is which lesson the device means, where it says so.
    """

    completed: bool = False
    reset: bool = False
    position: int | None = None
    seconds: int | None = None
    done_at: datetime | None = None
    lesson: str | None = None

    @property
    def watches(self) -> bool:
        return self.position is not None or self.seconds is not None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that decides about one learner and one lesson of a course, read in one trip."""

    act: Act
    zone: str
    gate: Gate
    ordinal: int
    enrollment: Enrollment
    watched: Watched | None
    days: Record | None
    #: For which day it counts.
    moment: datetime

    @property
    def is_done(self) -> bool:
        return bitmaps.has(self.enrollment.done, self.ordinal)

    @property
    def worth(self) -> int:
        """How many lessons doing it adds to the learner's days: none where it was done before and opened again."""
        return 0 if bitmaps.has(self.enrollment.again or b"", self.ordinal) else 1

    def shown(self) -> LessonProgress:
        return lesson_progress.in_course(self.enrollment, self.gate, self.ordinal, self.watched)

    def moved(self, wish: Wish) -> Watched:
        key = keys.watched(self.enrollment.user_id, self.gate.course_id, self.ordinal)
        return watching.moved(self.watched, key, self.ordinal, self.act.now, wish.position, wish.seconds)

    def noted(self, *, lessons: int = 0, seconds: int = 0) -> Write:
        user, course = self.enrollment.user_id, self.gate.course_id
        return diary.noted(self.days, user, course, self.moment, self.zone, lessons=lessons, seconds=seconds)

    @property
    def day(self) -> str:
        return diary.day_of(self.moment, self.zone)

    def told(self, name: str, enrollment: Enrollment, **more: str) -> Fact:
        return self.act.fact(
            name,
            enrollment.id,
            audience=[enrollment.user_id],
            ver=int(enrollment.ver),
            course=self.gate.course_id,
            lesson=lesson_of(self.gate.course_id, self.ordinal),
            ordinal=self.ordinal,
            percentage=float(completion.of(enrollment).percentage),
            **more,
        )


def read(act: Act, zone: str, course_id: str, ordinal: int, done_at: datetime | None = None) -> Case:
    guessed = prerequisites.guessed(act.actor, course_id)
    moment = diary.moment_of(done_at, act.now)
    own, film = keys.enrollment(act.actor, course_id), keys.watched(act.actor, course_id, ordinal)
    month = diary.key(act.actor, moment, zone)
    found = act.read([keys.standing(act.actor), keys.gate(course_id), own, film, month, *guessed])
    gate, watched = found.get(keys.gate(course_id)), found.get(film)
    if not isinstance(gate, Gate) or gate.is_deleted or not bitmaps.has(gate.live, ordinal):
        raise LessonUnknown
    if not gate.is_published and own not in found:
        known = act.actor == gate.instructor_id or courses.is_admin(act, found)
        raise EnrollmentRequired(IN_DRAFT) if known else LessonUnknown
    enrollment = enrollments.active(found.get(own))
    _require_open(act, gate, ordinal, enrollment, {key: found.get(key) for key in guessed})
    film_seen = watched if isinstance(watched, Watched) else None
    return Case(act, zone, gate, ordinal, enrollment, film_seen, found.get(month), moment)


def _require_open(
    act: Act, gate: Gate, ordinal: int, enrollment: Enrollment, read: Mapping[Key, Record | None]
) -> None:
    """Teachers who learn in their own course learn by its rules too."""
    viewer = Viewer(act.actor)
    finished = prerequisites.finished(gate, enrollment, viewer, read)
    access = release.lesson(gate, ordinal, enrollment, viewer, act.now, finished)
    if not access.is_full:
        raise LessonLocked(errors=_why(access))


def _why(access: Access) -> list[FieldError]:
    until = f"Opens at {moment_said(access.unlocks_at)}." if access.unlocks_at else "Not open to you."
    return [
        FieldError("lesson", access.reason, until),
        *(FieldError("lesson", "missing", each) for each in access.missing),
    ]
