"""People who have completed a course, written to the table, and what follows from it. Every field has a default."""

from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.catalog import bitmaps
from chalicelib.catalog.records import Course
from chalicelib.learning import ids
from chalicelib.learning.certificates import issuing, lending
from chalicelib.learning.records import Certificate, Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact
from chalicelib.table.record import moment_text
from chalicelib.table.writes import alone, put, together

TITLE = "Gentle Statistics"


def course(instructor: str = "usr_01JDZZZZZZZZZZZZZZZZZZTEAC", **values: Any) -> Course:
    id = values.pop("id", "") or clock.new_id("crs")
    defaults: dict[str, Any] = {"id": id, "ver": 1, "instructor_id": instructor, "title": TITLE, "slug": id.lower()}
    made: Course = Course.under(keys.course(id), **{**defaults, "status": "published", **values})
    alone(put(made))
    return made


def enrolled(user: str, of: Course, **values: Any) -> Enrollment:
    """Somebody who has completed the course; with `completed_at=None`, not yet."""
    now = clock.now()
    defaults: dict[str, Any] = {
        "id": ids.enrollment_of(user, of.id),
        "ver": 3,
        "user_id": user,
        "course_id": of.id,
        "instructor_id": of.instructor_id,
        "course_title": of.title,
        "enrolled_at": now - timedelta(days=30),
        "completed_at": now,
        "done": bitmaps.of([1, 2]),
        "live": bitmaps.of([1, 2]),
        "curriculum_ver": 1,
    }
    made: Enrollment = Enrollment.under(keys.enrollment(user, of.id), **{**defaults, **values})
    alone(put(made))
    return made


def completed(user: str, of: Course) -> Fact:
    """The fact that asks for a certificate, in the table; the enrollment is completed too."""
    enrolled(user, of)
    act = by_system("req_completed")
    fact = act.fact("enrollment.completed", ids.enrollment_of(user, of.id), audience=[user], course=of.id)
    together(act, fact=fact, result=None)
    return fact


def certificate(user: str, of: Course | None = None) -> Certificate:
    """Issued, without a paper."""
    of = of or course()
    enrolled(user, of)
    made = issuing.issue(by_system("req_issue"), user, of.id)
    assert made is not None
    return made


def unprinted(made: Certificate) -> None:
    """As a worker leaves it that was killed before it made the paper, for good."""
    lending.clear(made, [int(made.issue)])
    made.printed_at, made.gsi1pk, made.gsi1sk = None, keys.unprinted(), f"{moment_text(made.issued_at)}#{made.code}"
    alone(put(made))
