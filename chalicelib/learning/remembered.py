"""What an enrollment remembers of its course, so that it can be shown alone. Pure; `snapshots` keeps it in line."""

from typing import Any

from chalicelib.catalog.records import Gate
from chalicelib.learning.records import Enrollment


def snapshot(gate: Gate) -> dict[str, Any]:
    """What an enrollment knows of its course, so that it can be shown alone."""
    return {
        "instructor_id": gate.instructor_id,
        "course_title": gate.title,
        "course_slug": gate.slug,
        "course_ver": int(gate.ver),
        "live": gate.live,
        "curriculum_ver": int(gate.curriculum_ver),
    }


def snapshot_for(enrollment: Enrollment, gate: Gate) -> dict[str, Any]:
    """The same for an enrollment as it is: a finished course keeps the lessons that it was finished with."""
    fresh = snapshot(gate)
    if enrollment.completed_at is not None:
        del fresh["live"], fresh["curriculum_ver"]
    return fresh
