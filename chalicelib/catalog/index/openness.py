"""How open a course and its lessons are to a stranger. Pure; what `cards` says of access.

`learning/release.py` judges particular people and says the same of a stranger; a test compares the two.
"""

from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.catalog.records import Course

Document = dict[str, Any]


class Judged(NamedTuple):
    """How open something is to a stranger, why, and when that changes by itself."""

    access: str
    reason: str
    until: datetime | None = None


def of_lesson(course: Course, said: Document, now: datetime) -> Judged:
    """How open a lesson is to a stranger. `learning/release.py` says the same of a gate; a test compares the two."""
    shut = _shut(course) or ("enrollment_required" if said.get("after_days") else "")
    opens_at = datetime.fromisoformat(said["opens_at"]) if said.get("opens_at") else None
    waits = opens_at if opens_at and opens_at > now and not shut else None
    if not shut and waits is None:
        return Judged("full", "free")
    if said.get("preview"):
        return Judged("preview", "preview")
    return Judged("locked", shut or "not_yet", waits)


def of_course(course: Course, lessons: list[Document]) -> Judged:
    shut = _shut(course)
    if not shut:
        return Judged("full", "free")
    return Judged("preview" if any(each["preview"] for each in lessons) else "locked", shut)


def _shut(course: Course) -> str:
    """Why the whole course is shut to a stranger; empty where it is not."""
    if course.price_minor:
        return "payment_required"
    return "enrollment_required" if course.forced_order or course.prerequisites or course.access_days else ""
