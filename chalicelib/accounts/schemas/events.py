"""The event feed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib.accounts.feed import Event, Stretch
from chalicelib.web.reading import Out, Paged


class EventsQuery(Paged):
    since: Annotated[int, Field(ge=0, le=10**12, description="The number of the last event you have seen.")] = 0


class EventOut(Out):
    sequence: int
    id: str
    name: str
    subject: str
    at: datetime
    data: dict[str, Any]

    @classmethod
    def of(cls, result: Any) -> "EventOut":
        event: Event = result
        return cls(
            sequence=event.sequence,
            id=event.id,
            name=event.name,
            subject=event.subject,
            at=event.at,
            data=dict(event.payload),
        )


class EventsOut(Out):
    """Events in order. Ask again with `since` = `next_since`; where that is the present value, nothing is new."""

    results: list[EventOut]
    next_since: int

    @classmethod
    def of(cls, result: Any) -> "EventsOut":
        stretch: Stretch = result
        return cls(results=[EventOut.of(each) for each in stretch.events], next_since=stretch.next_since)
