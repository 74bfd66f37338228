"""Enrollments: who learns what, and how far they are."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.schemas.fields import COURSE, LESSON, PERSON, CourseId, LessonId, also
from chalicelib.learning import completion
from chalicelib.learning.enrollment_list import Status, Wanted, Whose, whose_of
from chalicelib.learning.missing import Missing, Step
from chalicelib.learning.records import Enrollment
from chalicelib.web.reading import CursorPaged, In, Out

ENROLLMENT = f"enr_{COURSE.removeprefix('crs_')}-{PERSON.removeprefix('usr_')}"
UserId = Annotated[str, Field(pattern=r"^usr_[0-9A-HJKMNP-TV-Z]{26}$")]


class EnrollIn(In):
    """The learner is always the one who asks."""

    model_config = ConfigDict(json_schema_extra=example(course=COURSE))

    course: Annotated[CourseId, also("course", "course_id")]


class MarkIn(In):
    model_config = ConfigDict(json_schema_extra=example(lesson=LESSON))

    lesson: Annotated[LessonId, also("lesson", "lesson_id")]


class EnrollmentsQuery(CursorPaged):
    """Learners see their own, teachers those of their courses, administrators those of a course or a user."""

    scope: Annotated[Whose | None, Field(description="Whose; where it is left out, your role says it.")] = None
    status: Annotated[Status, Field(description="Finished ones are active too.")] = "active"
    course: Annotated[CourseId | None, also("course", "course_id")] = None
    user: Annotated[UserId | None, also("user", "user_id", "student")] = None

    def wanted(self, role: str) -> Wanted:
        return Wanted(whose_of(self.scope, role), self.status, self.course, self.user)


class HowFarOut(Out):
    total_lessons: int
    completed_lessons: int
    completion_percentage: Annotated[float, Field(ge=0, le=100, description="Half up, two decimals.")]
    is_completed: bool


class EnrollmentOut(Out):
    """`progress` says the same as the four fields beside it. `student_name` is there where somebody else looks."""

    model_config = ConfigDict(
        json_schema_extra=example(
            id=ENROLLMENT,
            student=PERSON,
            student_name=None,
            course=COURSE,
            course_id=COURSE,
            course_title="Counting to ten",
            course_slug="counting-to-ten",
            instructor_id=PERSON,
            status="active",
            via="free",
            enrolled_at="2026-11-21T08:00:00Z",
            started_at="2026-11-21T08:05:00Z",
            last_activity_at="2026-11-21T08:05:00Z",
            last_lesson_id=LESSON,
            completed_at=None,
            cancelled_at=None,
            access_until=None,
            total_lessons=3,
            completed_lessons=1,
            completion_percentage=33.33,
            is_completed=False,
            progress={
                "total_lessons": 3,
                "completed_lessons": 1,
                "completion_percentage": 33.33,
                "is_completed": False,
            },
        )
    )

    id: str
    student: str
    student_name: str | None
    course: str
    course_id: str
    course_title: str
    course_slug: str
    instructor_id: str
    status: str
    via: str
    enrolled_at: datetime
    started_at: datetime | None
    last_activity_at: datetime | None
    last_lesson_id: str | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    access_until: datetime | None
    total_lessons: int
    completed_lessons: int
    completion_percentage: float
    is_completed: bool
    progress: HowFarOut

    @classmethod
    def of(cls, result: Any) -> "EnrollmentOut":
        """From an enrollment, or from whatever rules return that has one."""
        return cls(**_fields(getattr(result, "enrollment", result), getattr(result, "learner", None)))


def _fields(enrollment: Enrollment, learner: str | None) -> dict[str, Any]:
    progress = how_far(enrollment)
    return {
        "id": enrollment.id,
        "student": enrollment.user_id,
        "student_name": learner,
        "course": enrollment.course_id,
        "course_id": enrollment.course_id,
        "course_title": enrollment.course_title,
        "course_slug": enrollment.course_slug,
        "instructor_id": enrollment.instructor_id,
        "status": enrollment.status,
        "via": enrollment.via,
        "enrolled_at": enrollment.enrolled_at,
        "started_at": enrollment.started_at,
        "last_activity_at": enrollment.last_at,
        "last_lesson_id": _last_lesson(enrollment),
        "completed_at": enrollment.completed_at,
        "cancelled_at": enrollment.cancelled_at,
        "access_until": enrollment.access_until,
        **progress,
        "progress": progress,
    }


def _last_lesson(enrollment: Enrollment) -> str | None:
    if enrollment.last_ordinal is None:
        return None
    return lesson_of(enrollment.course_id, int(enrollment.last_ordinal))


def how_far(enrollment: Enrollment) -> dict[str, Any]:
    """The fields of `HowFarOut`."""
    found = completion.of(enrollment)
    return {
        "total_lessons": found.total,
        "completed_lessons": found.completed,
        "completion_percentage": float(found.percentage),
        "is_completed": found.is_completed,
    }


class StepOut(Out):
    lesson: str
    lesson_id: str
    title: str
    section: str
    order: int

    @classmethod
    def of(cls, result: Any) -> "StepOut":
        step: Step = result
        return cls(
            lesson=step.lesson_id, lesson_id=step.lesson_id, title=step.title, section=step.section, order=step.order
        )


class CompletionOut(HowFarOut):
    """`missing` is what still has to be done. `added` came after the course was finished, and is not needed."""

    enrollment: str
    enrollment_id: str
    completed_at: datetime | None
    curriculum_version: Annotated[int, Field(description="The version of the course whose lessons count.")]
    missing: list[StepOut]
    added: list[StepOut]

    @classmethod
    def of(cls, result: Any) -> "CompletionOut":
        found: Missing = result
        enrollment = found.enrollment
        return cls(
            **how_far(enrollment),
            enrollment=enrollment.id,
            enrollment_id=enrollment.id,
            completed_at=enrollment.completed_at,
            curriculum_version=int(enrollment.curriculum_ver),
            missing=[StepOut.of(each) for each in found.missing],
            added=[StepOut.of(each) for each in found.added],
        )
