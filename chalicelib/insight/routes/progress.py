"""Progress of every kind at one address, for clients of the older systems."""

from collections.abc import Mapping
from typing import Any

from chalicelib.goals.entry_list import BY_PAGE
from chalicelib.goals.goals import GoalUnknown
from chalicelib.goals.logbook import GoalEntryUnknown
from chalicelib.goals.routes.entries import EDITS
from chalicelib.insight import progress
from chalicelib.insight.progress import Edit, ProgressUnknown
from chalicelib.insight.schemas.progress import ProgressOut, ProgressPatch, ProgressPut, ProgressQuery
from chalicelib.learning.lesson_list import LessonProgressUnknown
from chalicelib.learning.routes.lesson_progress import REFUSALS
from chalicelib.web import numbered
from chalicelib.web.identity import RoleMissing
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Learning")
UNKNOWN = (ProgressUnknown, LessonProgressUnknown, RoleMissing)
WRITING = (*UNKNOWN, *REFUSALS, *EDITS)


def _of_goals(path: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """Whether the request is one about the progress of goals, of which there is a quota."""
    return query.get("kind") == "goal" or path.get("progress_id", "").startswith("gp_")


def _written(ask: Ask[ProgressPatch, None] | Ask[ProgressPut, None], progress_id: str, expected: int | None) -> Reply:
    kind = progress.kind_of(ask.act, progress_id)
    act = progress.admitted(ask.act, kind, lambda: ask.caller)
    wish = ask.body.meant_for(kind.name)
    row = kind.written(act, Edit(progress_id, wish, expected, ask.caller.zone))
    return Reply(row, repeated=not getattr(row, "is_new", True))


@routes.get("/progress", policy=signed_in, lists=ProgressOut, standing="token", metered=_of_goals)
def list_progress(ask: Ask[None, ProgressQuery]) -> Reply:
    """All your progress

    Entries of your goals, then the lessons of your courses; `kind` says of each row what it is about.
    """
    part = ask.query.part()
    found = progress.listed(ask.act, ask.caller, ask.query.kind, part)
    rows = (ProgressOut.of(each).model_dump_json() for each in found.results)
    return numbered.within(ask.exchange, rows, found, page=part.page, size=part.size, reach=BY_PAGE)


@routes.get(
    "/progress/{progress_id}",
    policy=signed_in,
    gives=ProgressOut,
    standing="joined",
    errors=(*UNKNOWN, GoalUnknown, GoalEntryUnknown),
    metered=_of_goals,
)
def get_progress(ask: Ask[None, None], progress_id: str) -> Any:
    """One row of your progress"""
    kind = progress.kind_of(ask.act, progress_id)
    return kind.one(progress.admitted(ask.act, kind, lambda: ask.caller), progress_id)


@routes.put(
    "/progress/{progress_id}",
    policy=signed_in,
    gives=ProgressOut,
    standing="joined",
    errors=WRITING,
    metered=_of_goals,
)
def put_progress(ask: Ask[ProgressPut, None], progress_id: str) -> Reply:
    """Report progress by the id of its row

    The same as `PUT /api/v1/lesson-progress/{progress_id}` or `PUT /api/v1/goal-progress/{progress_id}`.
    """
    return _written(ask, progress_id, ask.expected_version)


@routes.patch(
    "/progress/{progress_id}",
    policy=signed_in,
    gives=ProgressOut,
    standing="joined",
    errors=WRITING,
    metered=_of_goals,
)
def patch_progress(ask: Ask[ProgressPatch, None], progress_id: str) -> Reply:
    """Report progress by the id of its row: parts of it

    The same as `PATCH /api/v1/lesson-progress/{progress_id}` or `PATCH /api/v1/goal-progress/{progress_id}`.
    """
    return _written(ask, progress_id, ask.expected_version)
