"""Counts facts: in the tally of their course and in the figures of their day, a batch at a time."""

from collections.abc import Sequence
from typing import Any

from chalicelib import logs, reactions
from chalicelib.insight import counting
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.table.facts import Fact

logs.configure()
COUNTING = reactions.of_queue("counters")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.fold(event, "counters", parse, count)


def parse(body: str) -> Fact:
    name, fact = router.read(body)
    if name not in COUNTING:
        raise Poison(f"unknown reaction: {name}")
    return counting.require_countable(fact)


def count(told: Sequence[Fact]) -> Outcome:
    counting.count(told)
    return {"facts": [fact.id for fact in told]}
