"""From a fact to the queues of its reactions, and the record of what has been told; the stream reader and the sweeper
call it. It knows no reaction by itself: the table of all of them is given to it.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib import clock, logs
from chalicelib.errors import Unavailable
from chalicelib.messaging import queues
from chalicelib.settings import settings
from chalicelib.table import facts, keys, writes
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record, words

READER = "router"
EVERY = "*"

log = logging.getLogger("app.router")


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from a fact: the queue it waits in and the function that does it, which its worker calls.

    `delay` seconds pass before the worker sees it, for what changes often and need not be followed at once.
    """

    queue: str
    do: Callable[..., Any]
    delay: int = 0

    @property
    def name(self) -> str:
        return str(self.do.__name__)


class Illegible(ValueError):
    """This is no fact; no attempt will make it one."""


#: What reading a damaged image raises; a date of expiry that no calendar has is one of the last two.
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, OSError)
Reactions = Mapping[str, Sequence[Reaction]]


class Ack(Record, discriminator="ack"):
    """Facts of one minute and shard that this reader has told."""

    fact_ids = words()


def legible(image: Mapping[str, Any]) -> Fact:
    """The fact in a stream image or a table item; raises `Illegible` for anything else."""
    try:
        return facts.from_image(image)
    except DAMAGED as error:
        raise Illegible(f"unreadable: {type(error).__name__}: {error}") from error


def tell(reactions: Reactions, told: Sequence[Fact]) -> set[str]:
    """Put every reaction to these facts into its queue; returns the ids of facts with a reaction that was refused."""
    waiting: dict[tuple[str, int], list[tuple[Fact, str]]] = {}
    for fact in told:
        for reaction in (*reactions.get(fact.name, ()), *reactions.get(EVERY, ())):
            waiting.setdefault((reaction.queue, reaction.delay), []).append((fact, message(reaction.name, fact)))
    return {
        letters[index][0].id
        for (queue, delay), letters in waiting.items()
        for index in queues.send_many(queue, [body for _, body in letters], delay=delay)
    }


def message(reaction: str, fact: Fact) -> str:
    return f'{{"reaction":{json.dumps(reaction)},"fact":{fact.message()}}}'


def read(body: str) -> tuple[str, Fact]:
    """What `message` wrote; refuses anything else (ValueError, KeyError, TypeError)."""
    document = json.loads(body)
    return str(document["reaction"]), facts.from_message(json.dumps(document["fact"]))


def acknowledge(told: Iterable[Fact], reader: str = READER) -> bool:
    """Note what was told, one item per minute and shard; whether all of it could be noted.

    What could not, the sweeper tells once more, which is harmless.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for fact in told:
        groups.setdefault((fact.minute, fact.shard), []).append(fact.id)
    noted = [_noted(reader, *place, sorted(set(ids))) for place, ids in groups.items()]
    return all(noted)


def _noted(reader: str, minute: str, shard: str, ids: list[str]) -> bool:
    try:
        writes.alone(writes.put(_ack(reader, minute, shard, ids)))
    except Unavailable as error:
        log.warning("not acknowledged", extra=logs.facts(minute=minute, shard=shard, error=str(error)))
        return False
    return True


def _ack(reader: str, minute: str, shard: str, ids: list[str]) -> Ack:
    """The same facts make the same item, so that a repeated batch leaves one."""
    ack: Ack = Ack.under(
        keys.ack(reader, minute, shard, clock.derived_id("bat", *ids)),
        fact_ids=ids,
        ttl=timedelta(days=settings.fact_days),
    )
    return ack
