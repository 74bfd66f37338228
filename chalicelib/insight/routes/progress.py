"""Progress of every kind at one address, for clients of the older systems."""

from typing import Any

from chalicelib.insight import progress
from chalicelib.insight.progress import ProgressUnknown
from chalicelib.insight.schemas.progress import ProgressQuery
from chalicelib.learning.lesson_list import LessonProgressUnknown
from chalicelib.learning.routes.lesson_progress import REFUSALS
from chalicelib.learning.schemas.lesson_progress import LessonProgressIn, LessonProgressOut
from chalicelib.table.pages import Page
from chalicelib.web.policies import student
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Learning")
UNKNOWN = (ProgressUnknown, LessonProgressUnknown)


@routes.get("/progress", policy=student, lists=LessonProgressOut, standing="token")
def list_progress(ask: Ask[None, ProgressQuery]) -> Page[Any]:
    """All your progress

    `kind` says of each row what it is about.
    """
    return progress.listed(ask.act, ask.query.kind, size=ask.query.size, after=ask.query.cursor)


@routes.get("/progress/{progress_id}", policy=student, gives=LessonProgressOut, standing="joined", errors=UNKNOWN)
def get_progress(ask: Ask[None, None], progress_id: str) -> Any:
    """One row of your progress"""
    return progress.one(ask.act, progress_id)


@routes.put(
    "/progress/{progress_id}",
    policy=student,
    gives=LessonProgressOut,
    standing="joined",
    errors=(*UNKNOWN, *REFUSALS),
)
def put_progress(ask: Ask[LessonProgressIn, None], progress_id: str) -> Any:
    """Report progress by the id of its row

    The same as `PUT /api/v1/lesson-progress/{progress_id}`.
    """
    return progress.written(ask.act, ask.caller.zone, progress_id, ask.body.wish())


@routes.patch(
    "/progress/{progress_id}",
    policy=student,
    gives=LessonProgressOut,
    standing="joined",
    errors=(*UNKNOWN, *REFUSALS),
)
def patch_progress(ask: Ask[LessonProgressIn, None], progress_id: str) -> Any:
    """Report progress by the id of its row: the same again"""
    return progress.written(ask.act, ask.caller.zone, progress_id, ask.body.wish())
