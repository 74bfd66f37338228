"""Ids of learning say whose and of what: `enr_<course>-<user>`, `lp_<course>-<ordinal>-<user>`, `cer_<course>-<user>`.

Whoever holds one needs no look-up, and nobody can have two enrollments in one course.
"""

import re
from typing import NamedTuple

from chalicelib.catalog.ids import ULID

_ENROLLMENT = re.compile(rf"enr_({ULID})-({ULID})")
_CERTIFICATE = re.compile(rf"cer_({ULID})-({ULID})")
_PROGRESS = re.compile(rf"lp_({ULID})-([1-9]\d{{0,3}})-({ULID})")
_LONE_PROGRESS = re.compile(rf"lp_({ULID})-({ULID})")


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


def certificate_of(user: str, course: str) -> str:
    return f"cer_{course.removeprefix('crs_')}-{user.removeprefix('usr_')}"


def certified(certificate: str) -> Enrolled | None:
    """None for what is no id of a certificate."""
    found = _CERTIFICATE.fullmatch(certificate)
    return None if found is None else Enrolled(f"usr_{found[2]}", f"crs_{found[1]}")


def progress_of(user: str, course: str, ordinal: int) -> str:
    return f"lp_{course.removeprefix('crs_')}-{ordinal}-{user.removeprefix('usr_')}"


def step(progress: str) -> Step | None:
    """None for what is no id of a lesson progress."""
    found = _PROGRESS.fullmatch(progress)
    return None if found is None else Step(f"usr_{found[3]}", f"crs_{found[1]}", int(found[2]))


class LoneStep(NamedTuple):
    user: str
    lesson: str


def lone_progress_of(user: str, lesson: str) -> str:
    """Of a lesson that belongs to no course."""
    return f"lp_{lesson.removeprefix('les_')}-{user.removeprefix('usr_')}"


def lone_step(progress: str) -> LoneStep | None:
    """None for what is no id of a progress in a lesson without a course."""
    found = _LONE_PROGRESS.fullmatch(progress)
    return None if found is None else LoneStep(f"usr_{found[2]}", f"les_{found[1]}")
