"""Enrolling, leaving, and how far one is in a course."""

from chalicelib.accounts.schemas.person import role_of
from chalicelib.catalog.courses import CourseNotYours, CourseUnknown
from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.errors import PaymentRequired
from chalicelib.learning import enrollment_list, enrollments, leaving, missing, progress
from chalicelib.learning.enrollment_list import Listed, NotForYou
from chalicelib.learning.enrollments import (
    CourseNotPublished,
    Enrolled,
    EnrollmentRequired,
    EnrollmentUnknown,
    SoldOut,
)
from chalicelib.learning.leaving import EnrollmentChanged, EnrollmentNotYours, EnrollmentPaid
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.missing import Missing
from chalicelib.learning.progress import LessonOfAnother
from chalicelib.learning.schemas.enrollments import CompletionOut, EnrollIn, EnrollmentOut, EnrollmentsQuery, MarkIn
from chalicelib.learning.steps import LessonLocked, Wish
from chalicelib.table.pages import Page
from chalicelib.web.policies import signed_in, student
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Learning")
REFUSALS = (CourseUnknown, CourseNotPublished, PaymentRequired, SoldOut)
PLACE = "/api/v1/enrollments/{id}"


def _answered(enrolled: Enrolled) -> Reply:
    return Reply(enrolled, repeated=not enrolled.is_new)


@routes.post(
    "/enrollments",
    policy=student,
    gives=EnrollmentOut,
    status=201,
    repeats=200,
    standing="joined",
    errors=REFUSALS,
    location=PLACE,
)
def create_enrollment(ask: Ask[EnrollIn, None]) -> Reply:
    """Enroll in a course

    A free course opens at once; one that costs something answers 402 and says where to pay. Whoever is enrolled
    already gets the same enrollment with 200. Who left comes back to what they had done.
    """
    return _answered(enrollments.enroll(ask.act, ask.body.course))


@routes.post(
    "/courses/{course_id}/enroll",
    policy=student,
    gives=EnrollmentOut,
    status=201,
    repeats=200,
    standing="joined",
    errors=REFUSALS,
    location=PLACE,
)
def enroll_in_course(ask: Ask[None, None], course_id: str) -> Reply:
    """Enroll in this course

    The same as `POST /api/v1/enrollments`.
    """
    return _answered(enrollments.enroll(ask.act, course_id))


@routes.get(
    "/enrollments",
    policy=signed_in,
    lists=EnrollmentOut,
    standing="offered",
    errors=(CourseUnknown, CourseNotYours, NotForYou),
)
def list_enrollments(ask: Ask[None, EnrollmentsQuery]) -> Page[Listed]:
    """Enrollments, newest first

    Learners see their own, teachers those of their own courses, administrators those of the course or user they name.
    """
    query = ask.query
    wanted = query.wanted(role_of(list(ask.caller.roles)))
    return enrollment_list.listed(ask.act, wanted, size=query.size, after=query.cursor)


@routes.get(
    "/enrollments/{enrollment_id}",
    policy=signed_in,
    gives=EnrollmentOut,
    standing="offered",
    errors=(EnrollmentUnknown,),
)
def get_enrollment(ask: Ask[None, None], enrollment_id: str) -> Listed:
    """One enrollment and how far it is"""
    return enrollment_list.one(ask.act, enrollment_id)


@routes.delete(
    "/enrollments/{enrollment_id}",
    policy=signed_in,
    standing="joined",
    errors=(EnrollmentUnknown, EnrollmentChanged, EnrollmentNotYours, EnrollmentPaid),
)
def delete_enrollment(ask: Ask[None, None], enrollment_id: str) -> None:
    """Leave a course

    What you have done is kept for the case that you come back. A course that was paid for is left through its refund.
    """
    leaving.cancel(ask.act, enrollment_id, ask.expected_version)


@routes.get(
    "/enrollments/{enrollment_id}/completion",
    policy=signed_in,
    gives=CompletionOut,
    standing="joined",
    errors=(EnrollmentUnknown, CourseUnknown),
)
def get_completion(ask: Ask[None, None], enrollment_id: str) -> Missing:
    """What is missing to finish the course"""
    return missing.of(ask.act, enrollment_id)


@routes.post(
    "/enrollments/{enrollment_id}/mark-lesson-complete",
    policy=student,
    gives=EnrollmentOut,
    standing="joined",
    errors=(EnrollmentUnknown, EnrollmentRequired, LessonUnknown, LessonOfAnother, LessonLocked),
)
def mark_lesson_complete(ask: Ask[MarkIn, None], enrollment_id: str) -> LessonProgress:
    """Mark a lesson of the course as done

    Doing so again changes nothing.
    """
    return progress.record_in(ask.act, ask.caller.zone, enrollment_id, ask.body.lesson, Wish(completed=True))
