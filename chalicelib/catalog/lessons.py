"""Lessons, wherever they stand: in a course (`listed_lessons.py`) or without one (`lone_lessons.py`)."""

from collections.abc import Mapping
from typing import Any

from chalicelib.catalog import courses, ids, listed_lessons, lone_lessons
from chalicelib.catalog.lesson_items import LessonUnknown, Shown
from chalicelib.table.acts import Act


def create(act: Act, wishes: Mapping[str, Any]) -> Shown:
    """A new lesson, in the course that the wishes name or without one."""
    course_id = wishes.get("course_id")
    if course_id is None:
        return lone_lessons.create(act, wishes)
    return courses.edited(act, lambda: listed_lessons.create(act, course_id, wishes))


def edit(act: Act, lesson_id: str, wishes: Mapping[str, Any], expected: int | None) -> Shown:
    """Change what differs; nothing different writes nothing."""
    course_id = _course_of(lesson_id)
    if course_id is None:
        return courses.edited(act, lambda: lone_lessons.edit(act, lesson_id, wishes, expected))
    return courses.edited(act, lambda: listed_lessons.edit(act, course_id, lesson_id, wishes, expected))


def remove(act: Act, lesson_id: str, expected: int | None) -> None:
    """Delete a lesson softly: nobody finds it any more, and its words are kept."""
    course_id = _course_of(lesson_id)
    if course_id is None:
        return courses.edited(act, lambda: lone_lessons.remove(act, lesson_id, expected))
    return courses.edited(act, lambda: listed_lessons.remove(act, course_id, lesson_id, expected))


def _course_of(lesson_id: str) -> str | None:
    place = ids.place_of(lesson_id)
    if place is None:
        raise LessonUnknown
    return place.course
