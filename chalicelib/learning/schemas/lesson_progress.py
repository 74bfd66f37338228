"""Progress in one lesson: what devices report, and what is shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.schemas.fields import COURSE, LESSON, PERSON, CourseId, LessonId, Moment, Whole, also
from chalicelib.learning.lesson_list import Wanted
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.schemas.enrollments import ENROLLMENT, HowFarOut, how_far
from chalicelib.learning.steps import Wish
from chalicelib.web.reading import CursorPaged, Flag, In, Out

PROGRESS = f"lp_{LESSON.removeprefix('les_')}-{PERSON.removeprefix('usr_')}"
#: No film is longer than a day, and nobody watches one for longer than ten.
Seconds = Annotated[Whole, Field(ge=0, le=864_000)]


class LessonProgressIn(In):
    """`completed` goes one way: only `reset` opens a lesson again. `position` is where a film stopped, the last one
    sent counts; `seconds` is how much of it was seen, the most ever sent counts.
    """

    model_config = ConfigDict(json_schema_extra=example(completed=True))

    completed: Annotated[Flag, also("completed", "is_completed")] = False
    position: Annotated[Seconds | None, also("position", "position_seconds")] = None
    seconds: Annotated[Seconds | None, also("seconds", "watched_seconds", "time_spent")] = None
    reset: Flag = False
    done_at: Annotated[
        Moment | None,
        Field(description="When an offline device saw it done, up to 7 days ago: the day it counts for."),
    ] = None

    lesson: Annotated[
        LessonId | None,
        also("lesson", "lesson_id"),
        Field(description="May be sent along by clients that send a whole row; it must be the lesson of the address."),
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> "LessonProgressIn":
        if self.reset and (self.completed or self.position is not None or self.seconds is not None):
            raise ValueError("send reset alone")
        return self

    def wish(self) -> Wish:
        return Wish(self.completed, self.reset, self.position, self.seconds, self.done_at, self.lesson)


class LessonProgressQuery(CursorPaged):
    course: Annotated[CourseId | None, also("course", "course_id")] = None
    completed: Annotated[bool | None, also("completed", "is_completed")] = None

    def wanted(self) -> Wanted:
        return Wanted(self.course, self.completed)


class LessonProgressOut(Out):
    """A lesson without a course has no course, no enrollment, no order, and `course_progress` is null."""

    model_config = ConfigDict(
        json_schema_extra=example(
            id=PROGRESS,
            kind="lesson",
            lesson=LESSON,
            lesson_id=LESSON,
            course=COURSE,
            course_id=COURSE,
            enrollment=ENROLLMENT,
            enrollment_id=ENROLLMENT,
            student=PERSON,
            order=2,
            completed=True,
            is_completed=True,
            position=0,
            seconds=0,
            updated_at="2026-11-21T08:05:00Z",
            course_progress={
                "total_lessons": 3,
                "completed_lessons": 1,
                "completion_percentage": 33.33,
                "is_completed": False,
            },
        )
    )

    id: str
    kind: Literal["lesson"]
    lesson: str
    lesson_id: str
    course: str | None
    course_id: str | None
    enrollment: str | None
    enrollment_id: str | None
    student: str
    order: int | None
    completed: bool
    is_completed: bool
    position: int
    seconds: int
    updated_at: datetime | None
    course_progress: HowFarOut | None

    @classmethod
    def of(cls, result: Any) -> "LessonProgressOut":
        progress: LessonProgress = result
        enrollment = progress.enrollment
        return cls(
            id=progress.id,
            kind="lesson",
            lesson=progress.lesson_id,
            lesson_id=progress.lesson_id,
            course=enrollment.course_id if enrollment else None,
            course_id=enrollment.course_id if enrollment else None,
            enrollment=enrollment.id if enrollment else None,
            enrollment_id=enrollment.id if enrollment else None,
            student=progress.user_id,
            order=progress.order,
            completed=progress.is_completed,
            is_completed=progress.is_completed,
            position=progress.position,
            seconds=progress.seconds,
            updated_at=progress.last_at,
            course_progress=HowFarOut(**how_far(enrollment)) if enrollment else None,
        )
