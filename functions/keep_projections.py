"""Renews what enrollments remember of their courses, a page of learners per message, and counts lessons for goals."""

from collections.abc import Callable
from typing import Any

from chalicelib import logs, reactions
from chalicelib.messaging import batches, walks
from chalicelib.messaging.batches import Outcome, Poison
from chalicelib.messaging.walks import Stage
from chalicelib.table.facts import Fact

QUEUE = "projections"
logs.configure()
WALKS: dict[str, Callable[[Fact, str], str | None]] = reactions.of_queue(QUEUE)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return batches.each(event, QUEUE, parse, keep)


def parse(body: str) -> Stage:
    stage = walks.read(body)
    if stage.reaction not in WALKS:
        raise Poison(f"unknown reaction: {stage.reaction}")
    return stage


def keep(stage: Stage) -> Outcome:
    following = WALKS[stage.reaction](stage.fact, stage.after)
    if following is not None:
        walks.go_on(QUEUE, stage, following)
    return {"walk": stage.reaction, "fact": stage.fact.id, "after": stage.after, "next": following or ""}
