"""Counts facts: in the tally of their course and in the figures of their day, a batch at a time."""

from collections.abc import Sequence
from typing import Any

from chalicelib import logs
from chalicelib.catalog import tallies
from chalicelib.insight import counting
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome
from chalicelib.table.facts import Fact

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.fold(event, "counters", parse, count)


def parse(body: str) -> Fact:
    return tallies.require_countable(router.read(body)[1])


def count(told: Sequence[Fact]) -> Outcome:
    counting.count(told)
    return {"facts": [fact.id for fact in told]}
