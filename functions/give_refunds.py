"""Has Stripe give back what was asked for, a refund per message."""

from collections.abc import Callable
from typing import Any

from chalicelib import logs, reactions
from chalicelib.commerce import refund_worker
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.table.facts import Fact

logs.configure()
WORK: dict[str, Callable[[Fact], str]] = reactions.of_queue("payments")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A repeat finds the refund settled, or asks Stripe under the same key for the same."""
    return batches.each(event, "payments", parse, work)


def parse(body: str) -> tuple[str, Fact]:
    name, fact = router.read(body)
    if name not in WORK:
        raise Poison(f"unknown reaction: {name}")
    refund_worker.place_of(fact)
    return name, fact


def work(asked: tuple[str, Fact]) -> Outcome:
    name, fact = asked
    return {"reaction": name, "fact": fact.id, "request_id": fact.request_id, "outcome": WORK[name](fact)}
