"""Goals: making, listing and changing them, and their way from active to paused, completed and back."""

from chalicelib.goals import goal_list, goals
from chalicelib.goals.goals import GoalChanged, GoalsFull, GoalUnknown, Kept
from chalicelib.goals.records import Goal
from chalicelib.goals.schemas.goals import GoalIn, GoalListOut, GoalOut, GoalPatch, GoalPut, GoalsQuery
from chalicelib.goals.statuses import GoalCompleted
from chalicelib.web import numbered
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Goals")
EDITS = (GoalUnknown, GoalChanged, GoalCompleted)


def _answered(kept: Kept) -> Reply:
    return Reply(kept, repeated=not kept.is_new)


@routes.get("/goals", policy=signed_in, gives=GoalListOut)
def list_goals(ask: Ask[None, GoalsQuery]) -> Reply:
    """Your goals

    By their numbers, unless `sort` says otherwise. Five to a page, ten at most.
    """
    query = ask.query
    found = goal_list.listed(ask.caller.id, query.wanted(), first=query.first, size=query.size)
    rows = (GoalOut.of(goal).model_dump_json() for goal in found.goals)
    return numbered.reply(ask.exchange, rows, count=found.count, page=query.page, size=query.size)


@routes.post(
    "/goals",
    policy=signed_in,
    gives=GoalOut,
    status=201,
    standing="joined",
    errors=(GoalsFull,),
    location="/api/v1/goals/{number}",
)
def create_goal(ask: Ask[GoalIn, None]) -> Kept:
    """Set yourself a goal

    Goals are numbered from 1 for each person; a number is never given again. With `course_id` the lessons you finish in
    that course count as time of the goal.
    """
    return goals.create(ask.act, ask.body.wishes())


@routes.get("/goals/{goal}", policy=signed_in, gives=GoalOut, errors=(GoalUnknown,))
def get_goal(ask: Ask[None, None], goal: str) -> Goal:
    """One goal and how far it is

    `goal` is its number or its id.
    """
    return goals.one(ask.act, goal)


@routes.patch("/goals/{goal}", policy=signed_in, gives=GoalOut, standing="joined", errors=EDITS)
def patch_goal(ask: Ask[GoalPatch, None], goal: str) -> Reply:
    """Change parts of a goal

    Send `If-Match` with the ETag you read to be sure nothing changed meanwhile; logging time changes the goal too.
    """
    return _answered(goals.edit(ask.act, goal, ask.body.wishes(), ask.expected_version))


@routes.put("/goals/{goal}", policy=signed_in, gives=GoalOut, standing="joined", errors=EDITS)
def put_goal(ask: Ask[GoalPut, None], goal: str) -> Reply:
    """Replace what a goal says of itself

    What is left out becomes empty, except the status. Its entries and their time stay.
    """
    return _answered(goals.edit(ask.act, goal, ask.body.wishes(), ask.expected_version))


@routes.delete("/goals/{goal}", policy=signed_in, standing="joined", errors=(GoalUnknown, GoalChanged))
def delete_goal(ask: Ask[None, None], goal: str) -> None:
    """Give a goal up

    It is in no list and no summary any more, and its number is not given again.
    """
    goals.remove(ask.act, goal, ask.expected_version)


@routes.post("/goals/{goal}/pause", policy=signed_in, gives=GoalOut, standing="joined", errors=EDITS)
def pause_goal(ask: Ask[None, None], goal: str) -> Reply:
    """Let a goal rest

    It is not reminded of, and finished lessons do not count for it. Pausing it again changes nothing.
    """
    return _answered(goals.pause(ask.act, goal, ask.expected_version))


@routes.post(
    "/goals/{goal}/resume", policy=signed_in, gives=GoalOut, standing="joined", errors=(GoalUnknown, GoalChanged)
)
def resume_goal(ask: Ask[None, None], goal: str) -> Reply:
    """Go on with a goal that rests

    One that does not rest stays as it is.
    """
    return _answered(goals.resume(ask.act, goal, ask.expected_version))


@routes.post(
    "/goals/{goal}/complete", policy=signed_in, gives=GoalOut, standing="joined", errors=(GoalUnknown, GoalChanged)
)
def complete_goal(ask: Ask[None, None], goal: str) -> Reply:
    """Say that a goal is reached

    That is your word; hours never complete a goal by themselves. Completing it again changes nothing.
    """
    return _answered(goals.complete(ask.act, goal, ask.expected_version))


@routes.post(
    "/goals/{goal}/reopen", policy=signed_in, gives=GoalOut, standing="joined", errors=(GoalUnknown, GoalChanged)
)
def reopen_goal(ask: Ask[None, None], goal: str) -> Reply:
    """Work on a completed goal again

    One that is not completed stays as it is.
    """
    return _answered(goals.reopen(ask.act, goal, ask.expected_version))
