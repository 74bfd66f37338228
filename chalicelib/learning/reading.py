"""Reading a lesson: with the gate of its course and who asks, in one trip however long the course is.

Drafts and what is gone answer everybody else as if they had never been. A lesson that is known but not open shows its
title and why; its words and its film stay here.
"""

from dataclasses import dataclass

from chalicelib.catalog import bitmaps, media
from chalicelib.catalog.ids import lesson_of, place_of
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.catalog.objects import Link
from chalicelib.catalog.records import Gate, Lesson
from chalicelib.learning import release
from chalicelib.learning.access import Access
from chalicelib.learning.looking import is_offered, is_stranger, look, viewer
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import Act


@dataclass(frozen=True, slots=True)
class LessonPage:
    """A lesson as one person sees it. `order` counts from 1 in the whole course; its neighbours are those there.

    `playback` is where its film or file lies for a while: only of a lesson that is open.
    """

    lesson: Lesson
    access: Access
    is_published: bool
    playback: Link | None = None
    order: int | None = None
    previous: str | None = None
    next: str | None = None
    is_completed: bool = False

    @property
    def ver(self) -> int:
        return int(self.lesson.ver)


def shown(act: Act, lesson_id: str) -> LessonPage:
    place = place_of(lesson_id)
    if place is None:
        raise LessonUnknown
    if place.course is None or place.ordinal is None:
        return _alone(act, lesson_id)
    return _of_course(act, lesson_id, place.course, place.ordinal)


def _alone(act: Act, lesson_id: str) -> LessonPage:
    own = [] if is_stranger(act) else [keys.standing(act.actor)]
    found = act.read([keys.lesson(lesson_id), *own])
    lesson = found.get(keys.lesson(lesson_id))
    if not isinstance(lesson, Lesson):
        raise LessonUnknown
    who = viewer(act, found, lesson.instructor_id)
    access = release.alone(lesson, who)
    if access.is_hidden or not (who.runs_it or is_offered(lesson.id, lesson.instructor_id)):
        raise LessonUnknown
    return LessonPage(lesson, access, lesson.is_published, _playback(act, lesson, access))


def _of_course(act: Act, lesson_id: str, course_id: str, ordinal: int) -> LessonPage:
    seen = look(act, course_id, [keys.lesson(lesson_id), keys.gate(course_id)])
    lesson, gate = seen.found.get(keys.lesson(lesson_id)), seen.found.get(keys.gate(course_id))
    if not isinstance(lesson, Lesson) or not isinstance(gate, Gate):
        raise LessonUnknown
    case = seen.case(gate)
    access = case.lesson(ordinal)
    if access.is_hidden or not (case.has_part or is_offered(course_id, gate.instructor_id)):
        raise LessonUnknown
    return _placed(lesson, access, gate, ordinal, seen.enrollment, _playback(act, lesson, access))


def _playback(act: Act, lesson: Lesson, access: Access) -> Link | None:
    return media.film_of(lesson.instructor_id, lesson.media_id, act.now) if access.is_open else None


def _placed(
    lesson: Lesson, access: Access, gate: Gate, ordinal: int, enrollment: Enrollment | None, playback: Link | None
) -> LessonPage:
    order = bitmaps.unpacked(gate.sequence)
    place = order.index(ordinal)
    before, after = (
        lesson_of(gate.course_id, order[each]) if 0 <= each < len(order) else None for each in (place - 1, place + 1)
    )
    done = enrollment is not None and bitmaps.has(enrollment.done, ordinal)
    return LessonPage(lesson, access, gate.is_published, playback, place + 1, before, after, is_completed=done)
