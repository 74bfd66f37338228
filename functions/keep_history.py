"""Appends facts to the audit chain and to the event feeds of the people they concern."""

from collections.abc import Sequence
from typing import Any

from chalicelib import logs
from chalicelib.accounts import reactions
from chalicelib.messaging import batches, router
from chalicelib.messaging.batches import Outcome
from chalicelib.table.facts import Fact

logs.configure()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.fold(event, "history", parse, keep)


def parse(body: str) -> Fact:
    return router.read(body)[1]


def keep(told: Sequence[Fact]) -> Outcome:
    reactions.keep(told)
    return {"facts": [fact.id for fact in told]}
