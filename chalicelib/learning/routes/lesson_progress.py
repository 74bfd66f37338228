"""Progress in single lessons: reading it, and reporting what was done or seen."""

from chalicelib.catalog.lesson_items import LessonUnknown
from chalicelib.learning import lesson_list, progress
from chalicelib.learning.enrollments import EnrollmentRequired
from chalicelib.learning.lesson_list import LessonProgressUnknown
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.progress import CourseFinished, LessonOfAnother
from chalicelib.learning.schemas.lesson_progress import LessonProgressIn, LessonProgressOut, LessonProgressQuery
from chalicelib.learning.steps import LessonLocked
from chalicelib.table.pages import Page
from chalicelib.web.policies import student
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Learning")
REFUSALS = (EnrollmentRequired, LessonUnknown, LessonLocked, LessonOfAnother, CourseFinished)


@routes.post(
    "/lessons/{lesson_id}/progress",
    policy=student,
    gives=LessonProgressOut,
    standing="joined",
    errors=REFUSALS,
)
def record_progress(ask: Ask[LessonProgressIn, None], lesson_id: str) -> LessonProgress:
    """Report what you did of a lesson

    Players send `position` and `seconds` as often as they like; a finished lesson is sent once, and more does no harm.
    """
    return progress.record(ask.act, ask.caller.zone, lesson_id, ask.body.wish())


@routes.get("/lesson-progress", policy=student, lists=LessonProgressOut, standing="token")
def list_lesson_progress(ask: Ask[None, LessonProgressQuery]) -> Page[LessonProgress]:
    """Your progress, lesson by lesson

    Every lesson of every course you learn has a row, also where you have not begun and where it was added later.
    """
    return lesson_list.listed(ask.act, ask.query.wanted(), size=ask.query.size, after=ask.query.cursor)


@routes.get(
    "/lesson-progress/{progress_id}",
    policy=student,
    gives=LessonProgressOut,
    standing="joined",
    errors=(LessonProgressUnknown,),
)
def get_lesson_progress(ask: Ask[None, None], progress_id: str) -> LessonProgress:
    """Your progress in one lesson"""
    return lesson_list.one(ask.act, progress_id)


@routes.put(
    "/lesson-progress/{progress_id}",
    policy=student,
    gives=LessonProgressOut,
    standing="joined",
    errors=(LessonProgressUnknown, *REFUSALS),
)
def put_lesson_progress(ask: Ask[LessonProgressIn, None], progress_id: str) -> LessonProgress:
    """Report what you did of a lesson, by its progress

    The same as `POST /api/v1/lessons/{lesson_id}/progress`: it goes forward only.
    """
    lesson_id = lesson_list.lesson_named(ask.act, progress_id)
    return progress.record(ask.act, ask.caller.zone, lesson_id, ask.body.wish())


@routes.patch(
    "/lesson-progress/{progress_id}",
    policy=student,
    gives=LessonProgressOut,
    standing="joined",
    errors=(LessonProgressUnknown, *REFUSALS),
)
def patch_lesson_progress(ask: Ask[LessonProgressIn, None], progress_id: str) -> LessonProgress:
    """Report what you did of a lesson, by its progress: the same again"""
    lesson_id = lesson_list.lesson_named(ask.act, progress_id)
    return progress.record(ask.act, ask.caller.zone, lesson_id, ask.body.wish())
