"""Recording what somebody has done of a lesson: every door of the API leads to `record`.

It goes forward only, whatever order devices send in: done stays done, seconds never fall, only `reset` opens a lesson
again. The position of a film is what was sent last. The write that finishes the course also checks that the lessons it
was judged by are still those that count.
"""

from dataclasses import replace
from typing import Any

from chalicelib import clock
from chalicelib.catalog import bitmaps, courses
from chalicelib.catalog.ids import place_of
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.errors import Conflict, FieldError, Invalid, Stale
from chalicelib.learning import (
    completion,
    diary,
    enrollments,
    finishing,
    ids,
    lone_progress,
    remembered,
    rosters,
    steps,
    totals,
    watching,
)
from chalicelib.learning.enrollments import EnrollmentUnknown
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.records import Enrollment
from chalicelib.learning.steps import Case, Wish
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, adjust, alone, commit, delete, persistently, together


class CourseFinished(Conflict):
    """A finished course stays finished: its lessons cannot be opened again."""


class LessonOfAnother(Invalid):
    """The lesson belongs to another course than the enrollment, or is another than the address says."""


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
    return persistently(act, lambda: _recorded(steps.read(act, zone, course_id, ordinal, wish.done_at), wish))


def _recorded(case: Case, wish: Wish) -> LessonProgress:
    if wish.reset:
        return _reopened(case)
    if wish.completed and not case.is_done:
        return _completed(case, wish)
    if wish.watches:
        return _watched(case, wish)
    return case.shown()


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
        case.noted(lessons=case.worth, seconds=watching.uncounted(film) if film else 0),
        *totals.moved(before, enrollment),
        *([watching.kept(watching.counted(film), case.watched)] if film else []),
        *([rosters.begun(before)] if before.started_at is None else []),
        *(finishing.pieces(case.act, case.gate, enrollment) if finishes else []),
        fact=case.told("lesson.completed", enrollment, on=case.day),
        result=after.shown(),
    )


def _progressed(case: Case, done: bytes, *, finishes: bool) -> dict[str, Any]:
    """The gate was read, so the snapshot becomes as new as it; a finished course keeps the one it was finished by."""
    now, before = case.act.now, case.enrollment
    changes = {"done": done, "last_at": now, "last_ordinal": case.ordinal, "started_at": before.started_at or now}
    changes |= remembered.snapshot_for(before, case.gate)
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
        where=(Enrollment.status == "active") & Enrollment.started_at.does_not_exist(),
        otherwise=Stale(),
    )
    after = courses.copied(case.enrollment, {"started_at": case.act.now})
    return [begun, rosters.begun(case.enrollment), *totals.moved(case.enrollment, after)]


def _reopened(case: Case) -> LessonProgress:
    if case.enrollment.completed_at is not None:
        raise CourseFinished
    film = [delete(case.watched)] if case.watched else []
    if not case.is_done:
        for write in film:
            alone(write)
        return replace(case, watched=None).shown()
    done = bitmaps.without(case.enrollment.done, case.ordinal)
    again = bitmaps.with_(case.enrollment.again or bitmaps.of(()), case.ordinal)
    changes = {"done": done, "again": again, "last_at": case.act.now, **remembered.snapshot(case.gate)}
    enrollment, write = enrollments.changed(case.act, case.enrollment, changes)
    after = replace(case, enrollment=enrollment, watched=None)
    return together(case.act, write, *film, fact=case.told("lesson.reopened", enrollment), result=after.shown())
