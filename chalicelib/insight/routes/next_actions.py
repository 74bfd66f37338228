"""One list of what to do next, with reasons."""

from chalicelib.insight import next_actions
from chalicelib.insight.actions import Action
from chalicelib.insight.schemas.next_actions import NextActionOut, NextActionsQuery
from chalicelib.table.pages import Page
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Dashboards and reports")


@routes.get("/next-actions", policy=signed_in, lists=NextActionOut, standing="joined")
def list_next_actions(ask: Ask[None, NextActionsQuery]) -> Page[Action]:
    """What you could do next, the most urgent first, and why

    Goals that are overdue or at risk, lessons that have opened within seven days, courses to go on with, and goals for
    which nothing was logged for seven days.
    """
    return Page(next_actions.of(ask.act, ask.caller.zone, ask.query.size))
