"""Work that goes through a long list, a page per message: what is left of it goes back into the queue with its place.

A reaction of such a queue takes a fact and the place to go on from, "" at first, and returns the next place or None.
"""

import json
from dataclasses import dataclass

from chalicelib.errors import Unavailable
from chalicelib.messaging import queues, router
from chalicelib.table.facts import Fact


class NotQueued(Unavailable):
    """What is left of a walk could not be put into its queue."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One page of a walk."""

    reaction: str
    fact: Fact
    after: str = ""


def read(body: str) -> Stage:
    """What the router or `go_on` wrote; refuses anything else (ValueError, KeyError, TypeError)."""
    name, fact = router.read(body)
    after = json.loads(body).get("after", "")
    if not isinstance(after, str):
        raise TypeError("no place")
    return Stage(name, fact, after)


def go_on(queue: str, stage: Stage, after: str) -> None:
    """Raises `NotQueued`, after which the page comes again."""
    message = json.loads(router.message(stage.reaction, stage.fact))
    if queues.send_many(queue, [json.dumps({**message, "after": after}, separators=(",", ":"))]):
        raise NotQueued(retry_after=1)
