"""The course that a goal points at: which ones it may be, and since when its lessons count. Goals are made with it."""

from collections.abc import Mapping
from typing import Any

from chalicelib.catalog.ids import is_course
from chalicelib.catalog.records import Gate
from chalicelib.errors import invalid
from chalicelib.goals.records import Goal
from chalicelib.learning import looking
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record


def wanted(user_id: str, course_id: str | None) -> list[Key]:
    """What decides about a course; for the first read of whoever makes or changes a goal."""
    if course_id is None or not is_course(course_id):
        return []
    return [keys.gate(course_id), keys.enrollment(user_id, course_id)]


def require_usable(found: Mapping[Key, Record], user_id: str, course_id: str | None) -> None:
    """A course that is offered, that the person learns in, or that is their own. Others are not told that it is."""
    if course_id is None:
        return
    asked = [found.get(key) for key in wanted(user_id, course_id)]
    gate, enrollment = asked or (None, None)
    if not isinstance(gate, Gate) or gate.is_deleted or not _is_known(gate, enrollment, user_id):
        raise invalid("course_id", "unknown", "There is no such course, or none that you may see.")


def pointed(act: Act, before: Goal | None, course_id: str | None) -> dict[str, Any]:
    """What a goal keeps of its course: lessons count from the moment it points there, not those done before."""
    if before is not None and before.course_id == course_id:
        return {}
    return {"course_id": course_id, "course_at": None if course_id is None else act.now}


def _is_known(gate: Gate, enrollment: Record | None, user_id: str) -> bool:
    learns = isinstance(enrollment, Enrollment) and enrollment.status == "active"
    if learns or gate.instructor_id == user_id:
        return True
    return gate.is_published and looking.is_offered(gate.course_id, gate.instructor_id)
