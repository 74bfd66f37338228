"""Publishes what facts say has changed in the catalogue, a batch at a time; two at once are harmless."""

import time
from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from chalicelib import logs, reactions
from chalicelib.catalog.index import building
from chalicelib.catalog.index.building import Changes
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.table.facts import Fact

logs.configure()
MEANINGS: dict[str, Callable[[Fact], Changes]] = reactions.of_queue("catalog")
#: How long a batch tries to be first.
SECONDS = 60.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.fold(event, "catalog", parse, publish)


def parse(body: str) -> Changes:
    name, fact = router.read(body)
    if name not in MEANINGS:
        raise Poison(f"unknown reaction: {name}")
    return MEANINGS[name](fact)


def publish(changes: Sequence[Changes]) -> Outcome:
    done = building.publish(reduce(or_, changes), time.monotonic() + SECONDS)
    return {"sequence": done.sequence, "entries": done.entries, "rebuilt": done.rebuilt}
