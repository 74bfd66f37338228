"""Prints the receipts of orders as they are paid and given back, tells administrators of disputes, and rings where a
refund has failed.
"""

from collections.abc import Callable
from typing import Any

from chalicelib import logs, reactions
from chalicelib.commerce.reactions import whose
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.table.facts import Fact

logs.configure()
WORK: dict[str, Callable[[Fact], str]] = reactions.of_queue("receipts")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A repeat finds the paper that is there."""
    return batches.each(event, "receipts", parse, work)


def parse(body: str) -> tuple[str, Fact]:
    name, fact = router.read(body)
    if name not in WORK:
        raise Poison(f"unknown reaction: {name}")
    whose(fact)
    return name, fact


def work(asked: tuple[str, Fact]) -> Outcome:
    name, fact = asked
    return {"reaction": name, "fact": fact.id, "request_id": fact.request_id, "outcome": WORK[name](fact)}
