"""Ids of learning say whose and of what: `enr_<course>-<user>`, `lp_<course>-<ordinal>-<user>`.

Whoever holds one needs no look-up, and nobody can have two enrollments in one course.
"""

import re
from typing import NamedTuple

from chalicelib.catalog.ids import ULID

_ENROLLMENT = re.compile(rf"enr_({ULID})-({ULID})")
_PROGRESS = re.compile(rf"lp_({ULID})-([1-9]\d{{0,3}})-({ULID})")


class Enrolled(NamedTuple):
    user: str
    course: str


class Step(NamedTuple):
    user: str
    course: str
    ordinal: int


def enrollment_of(user: str, course: str) -> str:
    return f"enr_{course.removeprefix('crs_')}-{user.removeprefix('usr_')}"


def enrolled(enrollment: str) -> Enrolled | None:
    """None for what is no id of an enrollment."""
    found = _ENROLLMENT.fullmatch(enrollment)
    return None if found is None else Enrolled(f"usr_{found[2]}", f"crs_{found[1]}")


def progress_of(user: str, course: str, ordinal: int) -> str:
    return f"lp_{course.removeprefix('crs_')}-{ordinal}-{user.removeprefix('usr_')}"


def step(progress: str) -> Step | None:
    """None for what is no id of a lesson progress."""
    found = _PROGRESS.fullmatch(progress)
    return None if found is None else Step(f"usr_{found[3]}", f"crs_{found[1]}", int(found[2]))
