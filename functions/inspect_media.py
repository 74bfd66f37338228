"""Looks at uploads that have arrived, and removes the objects of those that their owner has deleted."""

import json
from collections.abc import Callable
from typing import Any

from chalicelib import logs, reactions
from chalicelib.catalog import inspection
from chalicelib.catalog.inspection import Arrival
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact

logs.configure()
FOLLOWING: dict[str, Callable[[Fact], None]] = reactions.of_queue("media")
#: A message is of the bucket, or of the router.
Told = list[Arrival] | tuple[str, Fact]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.each(event, "media", parse, work)


def parse(body: str) -> Told:
    document = json.loads(body)
    if "reaction" not in document:
        return inspection.arrivals(document)
    name, fact = router.read(body)
    if name not in FOLLOWING:
        raise Poison(f"unknown reaction: {name}")
    return name, fact


def work(told: Told) -> Outcome:
    if isinstance(told, tuple):
        FOLLOWING[told[0]](told[1])
        return {"reaction": told[0], "fact": told[1].id}
    return {"uploads": {each.key: inspection.settle(by_system(each.version), each) for each in told}}
