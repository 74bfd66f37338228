"""The progress of one learner in one lesson, as it is shown. No item is stored for it: every listed lesson has one for
every learner of its course, from the moment it is listed. `progress.py` records, `lesson_list.py` lists.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Gate
from chalicelib.learning import ids
from chalicelib.learning.records import Enrollment, LoneProgress, Watched


@dataclass(frozen=True, slots=True)
class LessonProgress:
    """`position` is where the film stopped, `seconds` the most of it that was reported; `order` counts from 1.

    A lesson that belongs to no course has no enrollment and no order.
    """

    id: str
    user_id: str
    lesson_id: str
    is_completed: bool
    position: int
    seconds: int
    enrollment: Enrollment | None = None
    order: int | None = None
    last_at: datetime | None = None


def in_course(enrollment: Enrollment, gate: Gate, ordinal: int, watched: Watched | None) -> LessonProgress:
    return LessonProgress(
        id=ids.progress_of(enrollment.user_id, enrollment.course_id, ordinal),
        user_id=enrollment.user_id,
        lesson_id=lesson_of(enrollment.course_id, ordinal),
        is_completed=bitmaps.has(enrollment.done, ordinal),
        position=int(watched.position) if watched else 0,
        seconds=int(watched.seconds) if watched else 0,
        enrollment=enrollment,
        order=bitmaps.unpacked(gate.sequence).index(ordinal) + 1,
        last_at=watched.updated_at if watched else None,
    )


def alone(user_id: str, lesson_id: str, progress: LoneProgress | None) -> LessonProgress:
    return LessonProgress(
        id=ids.lone_progress_of(user_id, lesson_id),
        user_id=user_id,
        lesson_id=lesson_id,
        is_completed=progress is not None and progress.completed_at is not None,
        position=int(progress.position) if progress else 0,
        seconds=int(progress.seconds) if progress else 0,
        last_at=progress.updated_at if progress else None,
    )
