"""Progress of goals: logging time, correcting it, and lists of what was logged."""

from chalicelib import spreadsheets
from chalicelib.goals import entry_list, entry_table, logbook
from chalicelib.goals.entry_list import BY_PAGE
from chalicelib.goals.goals import GoalUnknown
from chalicelib.goals.lesson_slots import LessonTimed
from chalicelib.goals.logbook import GoalEntryChanged, GoalEntryUnknown, Shown
from chalicelib.goals.schemas.entries import (
    DaysQuery,
    EntriesQuery,
    EntryIn,
    EntryOut,
    EntryPatch,
    EntryPut,
    GoalProgressQuery,
)
from chalicelib.goals.statuses import GoalCompleted
from chalicelib.table.pages import Page
from chalicelib.web import numbered
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Prepared, Reply, Routes

routes = Routes(tag="Goals")
UNKNOWN = (GoalUnknown, GoalEntryUnknown)
EDITS = (*UNKNOWN, GoalEntryChanged)


def _listed(ask: Ask[None, EntriesQuery] | Ask[None, GoalProgressQuery], found: Page[Shown]) -> Reply:
    part = ask.query.part()
    rows = (EntryOut.of(shown).model_dump_json() for shown in found.results)
    return numbered.within(ask.exchange, rows, found, page=part.page, size=part.size, reach=BY_PAGE)


def _edited(shown: Shown) -> Reply:
    return Reply(shown, repeated=not shown.is_new)


@routes.get("/goals/{goal}/progress", policy=signed_in, lists=EntryOut, errors=(GoalUnknown,), metered=True)
def list_goal_entries(ask: Ask[None, EntriesQuery], goal: str) -> Reply:
    """What you did for a goal, newest entry first

    Five to a page, ten at most. `page` reaches 1,000 rows; `next` goes on beyond them.
    """
    return _listed(ask, entry_list.of_goal(ask.act, goal, ask.query.part()))


@routes.post(
    "/goals/{goal}/progress",
    policy=signed_in,
    gives=EntryOut,
    status=201,
    standing="joined",
    errors=(GoalUnknown, GoalCompleted, LessonTimed),
    location="/api/v1/goals/{goal}/progress/{number}",
    metered=True,
)
def log_progress(ask: Ask[EntryIn, None], goal: str) -> Shown:
    """Log time for a goal

    The totals of the goal, of the day and so of its week and month move with it. A paused goal takes entries and stays
    paused; a completed one is to be reopened first.
    """
    return logbook.log(ask.act, ask.caller.zone, goal, ask.body.wish())


@routes.get("/goals/{goal}/progress/{entry}", policy=signed_in, gives=EntryOut, errors=UNKNOWN, metered=True)
def get_goal_entry(ask: Ask[None, None], goal: str, entry: str) -> Shown:
    """One entry of a goal

    `goal` and `entry` are numbers or ids.
    """
    return logbook.one(ask.act, entry, goal)


@routes.patch(
    "/goals/{goal}/progress/{entry}",
    policy=signed_in,
    gives=EntryOut,
    standing="joined",
    errors=EDITS,
    metered=True,
)
def patch_goal_entry(ask: Ask[EntryPatch, None], goal: str, entry: str) -> Reply:
    """Correct parts of an entry

    Every total follows, also where the entry moves to another day. Send `If-Match` with the ETag you read to be sure
    that nothing changed meanwhile.
    """
    change = logbook.Change(ask.body.changes(), ask.expected_version)
    return _edited(logbook.edit(ask.act, ask.caller.zone, entry, change, goal))


@routes.put(
    "/goals/{goal}/progress/{entry}",
    policy=signed_in,
    gives=EntryOut,
    standing="joined",
    errors=EDITS,
    metered=True,
)
def put_goal_entry(ask: Ask[EntryPut, None], goal: str, entry: str) -> Reply:
    """Replace an entry

    What is left out becomes empty; the day stays.
    """
    change = logbook.Change(ask.body.changes(), ask.expected_version)
    return _edited(logbook.edit(ask.act, ask.caller.zone, entry, change, goal))


@routes.delete("/goals/{goal}/progress/{entry}", policy=signed_in, standing="joined", errors=EDITS, metered=True)
def delete_goal_entry(ask: Ask[None, None], goal: str, entry: str) -> None:
    """Take an entry back

    Its time leaves every total, and its number is not given again.
    """
    logbook.remove(ask.act, ask.caller.zone, entry, ask.expected_version, goal)


@routes.get("/goal-progress", policy=signed_in, lists=EntryOut, metered=True)
def list_goal_progress(ask: Ask[None, GoalProgressQuery]) -> Reply:
    """Everything you did for your goals, newest day first

    `from` and `to` are days, both included; `goal` is the number or id of one goal. Five to a page, ten at most.
    """
    return _listed(ask, entry_list.listed(ask.act, ask.query.wanted(), ask.query.part()))


@routes.get("/goal-progress/entries.csv", policy=signed_in, media="text/csv", metered=True)
def export_goal_progress(ask: Ask[None, DaysQuery]) -> Reply:
    """Entries for a spreadsheet

    Of the days from `from` to `to`, 366 at most; without them the last 31 days and today.
    """
    text = entry_table.of(ask.act, ask.caller.zone, ask.query.wanted())
    headers = {"Content-Type": spreadsheets.MEDIA, **spreadsheets.named("goal-progress.csv")}
    return Reply(prepared=Prepared(text), headers=headers)


@routes.get("/goal-progress/{progress_id}", policy=signed_in, gives=EntryOut, errors=UNKNOWN, metered=True)
def get_goal_progress(ask: Ask[None, None], progress_id: str) -> Shown:
    """One entry, by its id"""
    return logbook.one(ask.act, progress_id)


@routes.patch(
    "/goal-progress/{progress_id}", policy=signed_in, gives=EntryOut, standing="joined", errors=EDITS, metered=True
)
def patch_goal_progress(ask: Ask[EntryPatch, None], progress_id: str) -> Reply:
    """Correct parts of an entry, by its id"""
    change = logbook.Change(ask.body.changes(), ask.expected_version)
    return _edited(logbook.edit(ask.act, ask.caller.zone, progress_id, change))


@routes.put(
    "/goal-progress/{progress_id}", policy=signed_in, gives=EntryOut, standing="joined", errors=EDITS, metered=True
)
def put_goal_progress(ask: Ask[EntryPut, None], progress_id: str) -> Reply:
    """Replace an entry, by its id"""
    change = logbook.Change(ask.body.changes(), ask.expected_version)
    return _edited(logbook.edit(ask.act, ask.caller.zone, progress_id, change))


@routes.delete("/goal-progress/{progress_id}", policy=signed_in, standing="joined", errors=EDITS, metered=True)
def delete_goal_progress(ask: Ask[None, None], progress_id: str) -> None:
    """Take an entry back, by its id"""
    logbook.remove(ask.act, ask.caller.zone, progress_id, ask.expected_version)
