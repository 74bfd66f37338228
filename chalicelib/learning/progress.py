"""Recording what somebody has done of a lesson: every door of the API leads to `record`.

It goes forward only, whatever order devices send in: done stays done, seconds never fall, only `reset` opens a lesson
again. The position of a film is what was sent last. The write that finishes the course also checks that the lessons it
was judged by are still those that count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of, place_of
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.catalog.records import Gate
from chalicelib.errors import Conflict, FieldError, Forbidden, Invalid, Stale
from chalicelib.learning import (
    completion,
    diary,
    enrollments,
    finishing,
    ids,
    lesson_progress,
    lone_progress,
    prerequisites,
    release,
    rosters,
    watching,
)
from chalicelib.learning.access import Access, Viewer
from chalicelib.learning.enrollments import EnrollmentUnknown
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.records import Enrollment, Watched
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import Write, adjust, alone, commit, delete, persistently, together


class LessonLocked(Forbidden):
    """This lesson is not open to you; the errors say why, until when, and what is missing."""


class CourseFinished(Conflict):
    """A finished course stays finished: its lessons cannot be opened again."""


class LessonOfAnother(Invalid):
    """The lesson belongs to another course than the enrollment, or is another than the address says."""


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

    def shown(self) -> LessonProgress:
        return lesson_progress.in_course(self.enrollment, self.gate, self.ordinal, self.watched)

    def moved(self, wish: Wish) -> Watched:
        key = keys.watched(self.enrollment.user_id, self.gate.course_id, self.ordinal)
        return watching.moved(self.watched, key, self.ordinal, self.act.now, wish.position, wish.seconds)

    def noted(self, *, lessons: int = 0, seconds: int = 0) -> Write:
        user, course = self.enrollment.user_id, self.gate.course_id
        return diary.noted(self.days, user, course, self.moment, self.zone, lessons=lessons, seconds=seconds)

    def told(self, name: str, enrollment: Enrollment) -> Fact:
        return self.act.fact(
            name,
            enrollment.id,
            audience=[enrollment.user_id],
            ver=int(enrollment.ver),
            course=self.gate.course_id,
            lesson=lesson_of(self.gate.course_id, self.ordinal),
            ordinal=self.ordinal,
            percentage=float(completion.of(enrollment).percentage),
        )


def record(act: Act, zone: str, lesson_id: str, wish: Wish) -> LessonProgress:
    """What the caller did of a lesson. `zone` says which day it is for them."""
    place = place_of(lesson_id)
    if place is None:
        raise LessonUnknown
    if wish.lesson not in (None, lesson_id):
        act.read(())  # Whoever may not act any more is told that first.
        raise LessonOfAnother(errors=[FieldError("lesson", "another", "The address is that of another lesson.")])
    if place.course is None or place.ordinal is None:
        return lone_progress.record(act, zone, lesson_id, wish)
    return record_step(act, zone, place.course, place.ordinal, wish)


def record_in(act: Act, zone: str, enrollment_id: str, lesson_id: str, wish: Wish) -> LessonProgress:
    """The same where the caller says by which of their enrollments."""
    enrolled, place = ids.enrolled(enrollment_id), place_of(lesson_id)
    if enrolled is None or enrolled.user != act.actor:
        act.read(())  # Whoever may not act any more is told that first.
        raise EnrollmentUnknown
    if place is None or place.course != enrolled.course:
        raise LessonOfAnother(errors=[FieldError("lesson", "of_another_course", "It belongs to another course.")])
    return record(act, zone, lesson_id, wish)


def record_step(act: Act, zone: str, course_id: str, ordinal: int, wish: Wish) -> LessonProgress:
    """The same by course and number."""
    return persistently(act, lambda: _recorded(_read(act, zone, course_id, ordinal, wish.done_at), wish))


def _recorded(case: Case, wish: Wish) -> LessonProgress:
    if wish.reset:
        return _reopened(case)
    if wish.completed and not case.is_done:
        return _completed(case, wish)
    if wish.watches:
        return _watched(case, wish)
    return case.shown()


def _read(act: Act, zone: str, course_id: str, ordinal: int, done_at: datetime | None = None) -> Case:
    guessed = prerequisites.guessed(act.actor, course_id)
    moment = diary.moment_of(done_at, act.now)
    own, film = keys.enrollment(act.actor, course_id), keys.watched(act.actor, course_id, ordinal)
    month = diary.key(act.actor, moment, zone)
    found = act.read([keys.gate(course_id), own, film, month, *guessed])
    gate, watched = found.get(keys.gate(course_id)), found.get(film)
    if not isinstance(gate, Gate) or gate.is_deleted or not bitmaps.has(gate.live, ordinal):
        raise LessonUnknown
    if not gate.is_published and own not in found:
        raise LessonUnknown
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
    until = f"Opens at {moment_text(access.unlocks_at)}." if access.unlocks_at else "Not open to you."
    return [
        FieldError("lesson", access.reason, until),
        *(FieldError("lesson", "missing", each) for each in access.missing),
    ]


def _completed(case: Case, wish: Wish) -> LessonProgress:
    before = case.enrollment
    done = bitmaps.with_(before.done, case.ordinal)
    finishes = before.completed_at is None and completion.is_whole(done, case.gate.live)
    enrollment, write = enrollments.changed(case.act, before, _progressed(case, done, finishes=finishes))
    film = case.moved(wish) if wish.watches else None
    after = replace(case, enrollment=enrollment, watched=film or case.watched)
    return together(
        case.act,
        write,
        case.noted(lessons=1, seconds=watching.uncounted(film) if film else 0),
        *([watching.kept(watching.counted(film), case.watched)] if film else []),
        *([rosters.begun(before)] if before.started_at is None else []),
        *(finishing.pieces(case.act, case.gate, enrollment) if finishes else []),
        fact=case.told("lesson.completed", enrollment),
        result=after.shown(),
    )


def _progressed(case: Case, done: bytes, *, finishes: bool) -> dict[str, Any]:
    """The gate was read, so the snapshot becomes as new as it; a finished course keeps the one it was finished by."""
    now, before = case.act.now, case.enrollment
    changes = {"done": done, "last_at": now, "last_ordinal": case.ordinal, "started_at": before.started_at or now}
    changes |= enrollments.snapshot_for(before, case.gate)
    return {**changes, "completed_at": now} if finishes else changes


def _watched(case: Case, wish: Wish) -> LessonProgress:
    """A player's report: an item of its own, and once in a minute the learner's day. No fact tells of it."""
    film = case.moved(wish)
    if not diary.is_due(case.days, case.gate.course_id, case.act.now):
        alone(watching.kept(film, case.watched))
    else:
        seconds = watching.uncounted(film)
        pieces = [watching.kept(watching.counted(film), case.watched), case.noted(seconds=seconds), *_begun(case)]
        commit(pieces, case.act.deadline, token=clock.new_id("wat"))
    return replace(case, watched=film).shown()


def _begun(case: Case) -> list[Write]:
    """Who watches has begun, though nothing is finished yet: nobody is to be reminded of it."""
    if case.enrollment.started_at is not None:
        return []
    begun = adjust(
        case.enrollment,
        Enrollment.started_at.set(case.act.now),
        where=Enrollment.status == "active",
        otherwise=Stale(),
    )
    return [begun, rosters.begun(case.enrollment)]


def _reopened(case: Case) -> LessonProgress:
    if case.enrollment.completed_at is not None:
        raise CourseFinished
    film = [delete(case.watched)] if case.watched else []
    if not case.is_done:
        for write in film:
            alone(write)
        return replace(case, watched=None).shown()
    done = bitmaps.without(case.enrollment.done, case.ordinal)
    changes = {"done": done, "last_at": case.act.now, **enrollments.snapshot(case.gate)}
    enrollment, write = enrollments.changed(case.act, case.enrollment, changes)
    after = replace(case, enrollment=enrollment, watched=None)
    return together(case.act, write, *film, fact=case.told("lesson.reopened", enrollment), result=after.shown())
