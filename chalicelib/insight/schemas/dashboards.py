"""Numbers of one's own learning and teaching, and where to go on."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib.catalog.ids import lesson_of
from chalicelib.insight.dashboards import Continued, Learning, Stats, TeachingStats
from chalicelib.web.reading import LARGEST_PAGE, In, Out


class StreakNumbers(Out):
    current: int
    longest: int
    freezes: int


class LearnerOut(Out):
    enrolled: Annotated[int, Field(description="Courses you are in: not started, in progress and completed.")]
    not_started: int
    in_progress: int
    completed: int
    certificates: int
    lessons_completed: int
    minutes: Annotated[int, Field(description="That you watched.")]
    streak: StreakNumbers


class InstructorOut(Out):
    courses: int
    published: int
    students: Annotated[int, Field(description="Who learns in your courses now.")]
    enrolled: Annotated[int, Field(description="Everybody who ever enrolled.")]
    completions: int
    completion_rate: Annotated[float, Field(description="Percent of everybody who ever enrolled.")]
    rating: float | None
    ratings: int


class StatsOut(Out):
    learner: LearnerOut
    instructor: Annotated[InstructorOut | None, Field(description="Where you teach.")]

    @classmethod
    def of(cls, result: Any) -> "StatsOut":
        stats: Stats = result
        return cls(learner=_learner(stats.learner), instructor=_instructor(stats.instructor))


def _learner(learning: Learning) -> LearnerOut:
    streak = learning.streak
    return LearnerOut(
        enrolled=learning.enrolled,
        not_started=learning.not_started,
        in_progress=learning.in_progress,
        completed=learning.completed,
        certificates=learning.certificates,
        lessons_completed=learning.lessons,
        minutes=learning.minutes,
        streak=StreakNumbers(current=streak.current, longest=streak.longest, freezes=streak.freezes),
    )


def _instructor(teaching: TeachingStats | None) -> InstructorOut | None:
    return None if teaching is None else InstructorOut(**asdict(teaching))


class ContinueQuery(In):
    page_size: Annotated[int, Field(ge=1, description="At most 100; more is read as 100.")] = 5

    @property
    def size(self) -> int:
        return min(self.page_size, LARGEST_PAGE)


class ContinueOut(Out):
    """A course under way, and its first lesson that is not done."""

    enrollment_id: str
    course_id: str
    course_title: str
    course_slug: str
    completion_percentage: float
    completed_lessons: int
    total_lessons: int
    opened_at: Annotated[datetime | None, Field(description="When you were last in it.")]
    next_lesson_id: str | None
    next_lesson_title: Annotated[str | None, Field(description="Null where it is not known without asking further.")]
    next_position: Annotated[int | None, Field(description="Its place in the course, from 1.")]

    @classmethod
    def of(cls, result: Any) -> "ContinueOut":
        each: Continued = result
        enrollment, progress, ordinal = each.enrollment, each.progress, each.next_ordinal
        return cls(
            enrollment_id=enrollment.id,
            course_id=enrollment.course_id,
            course_title=each.gate.title,
            course_slug=each.gate.slug,
            completion_percentage=float(progress.percentage),
            completed_lessons=progress.completed,
            total_lessons=progress.total,
            opened_at=each.opened_at,
            next_lesson_id=None if ordinal is None else lesson_of(enrollment.course_id, ordinal),
            next_lesson_title=each.next_title,
            next_position=each.next_position,
        )
