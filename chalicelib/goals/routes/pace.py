"""How a goal goes: when it will be reached at the pace of the last weeks, and what its deadline takes."""

from chalicelib.goals import forecasts
from chalicelib.goals.forecasts import Pace
from chalicelib.goals.goals import GoalUnknown
from chalicelib.goals.schemas.pace import PaceOut
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Goals")


@routes.get("/goals/{goal}/pace", policy=signed_in, gives=PaceOut, errors=(GoalUnknown,))
def get_pace(ask: Ask[None, None], goal: str) -> Pace:
    """When you will have reached a goal, and how much a week its deadline takes

    Made of the time that you gave it in the last four weeks, or since you made it, and a week at least.
    """
    return forecasts.of(ask.act, ask.caller.zone, goal)
