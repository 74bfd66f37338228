"""Ids that say where their thing lies: `les_<course>-<ordinal>` is a lesson of a course, `les_<ULID>` stands alone.

From the id of a lesson everything that decides about it can be read in one trip.
"""

import re
from typing import NamedTuple

ULID = "[0-9A-HJKMNP-TV-Z]{26}"
_LESSON = re.compile(rf"les_({ULID})(?:-([1-9]\d{{0,3}}))?")
_COURSE = re.compile(rf"crs_({ULID})")


class Place(NamedTuple):
    """The course of a lesson and its permanent number there; neither for one that stands alone."""

    course: str | None
    ordinal: int | None


def lesson_of(course: str, ordinal: int) -> str:
    return f"les_{course.removeprefix('crs_')}-{ordinal}"


def place_of(lesson: str) -> Place | None:
    """None for what is no id of a lesson."""
    found = _LESSON.fullmatch(lesson)
    if found is None:
        return None
    return Place(None, None) if found[2] is None else Place(f"crs_{found[1]}", int(found[2]))


def is_course(text: str) -> bool:
    return _COURSE.fullmatch(text) is not None
