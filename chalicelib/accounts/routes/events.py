"""The event feed."""

from chalicelib.accounts import feed
from chalicelib.accounts.feed import Stretch
from chalicelib.accounts.schemas.events import EventsOut, EventsQuery
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="People")


@routes.get("/events", policy=signed_in, gives=EventsOut)
def list_events(ask: Ask[None, EventsQuery]) -> Stretch:
    """What happened to you since

    Numbers have no gaps: ask again with `since` set to `next_since`. Events are kept for 35 days.
    """
    return feed.stretch(ask.caller.id, ask.query.since, ask.query.size)
