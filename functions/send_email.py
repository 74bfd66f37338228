"""Writes the letter that a fact asks for, and sends it once."""

from collections.abc import Callable
from typing import Any

from chalicelib import logs, reactions
from chalicelib.messaging import batches, mailer, router
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.messaging.mailer import Outgoing
from chalicelib.table.facts import Fact

logs.configure()
WRITERS: dict[str, Callable[[Fact], Outgoing | None]] = reactions.of_queue("emails")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.each(event, "emails", parse, send)


def parse(body: str) -> tuple[str, Fact]:
    name, fact = router.read(body)
    if name not in WRITERS:
        raise Poison(f"unknown reaction: {name}")
    return name, fact


def send(asked: tuple[str, Fact]) -> Outcome:
    name, fact = asked
    once = name in reactions.AT_MOST_ONCE
    outcome = mailer.deliver(f"{name}-{fact.id}", lambda: WRITERS[name](fact), at_most_once=once)
    return {"letter": name, "fact": fact.id, "request_id": fact.request_id, "outcome": outcome}
