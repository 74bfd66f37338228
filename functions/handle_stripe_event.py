"""Lets what Stripe tells of payments have its effect, each event once and in whatever order it comes."""

from typing import Any

from chalicelib import logs
from chalicelib.commerce import inbox
from chalicelib.commerce.stripe_events import Event, parse
from chalicelib.messaging import batches
from chalicelib.messaging.batches import Outcome
from chalicelib.table.acts import by_system

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.each(event, "stripe-events", parse, take)


def take(event: Event) -> Outcome:
    return {"event": event.id, "type": event.type, "outcome": inbox.take(by_system(event.id), event)}
