"""Where Stripe knocks: what it says is believed by its signature, shortened, and put into a queue.

The queue's worker does the rest, so that Stripe has its answer at once. Where the queue does not take the event, Stripe
is told to come again, which it does for three days.
"""

from chalicelib.commerce import stripe_events, stripe_gateway
from chalicelib.errors import Unavailable
from chalicelib.messaging import queues

QUEUE = "stripe-events"


class EventNotTaken(Unavailable):
    """The event could not be kept; send it again."""


def receive(raw: bytes, header: str | None) -> None:
    event = stripe_gateway.event(raw, header)
    if event.type in stripe_events.KINDS and queues.send_many(QUEUE, [event.text()]):
        raise EventNotTaken(retry_after=5)
