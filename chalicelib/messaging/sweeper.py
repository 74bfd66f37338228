"""Tells again what no reader has acknowledged: the answer to a stream that was cut, trimmed or given up.

It walks over minutes that have been closed for a while, from a watermark on, for as long as it may run; the next run
goes on where this one stopped. Two runs at once tell some facts twice, which every reaction stands.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib import clock, logs
from chalicelib.errors import ProductError
from chalicelib.messaging import metrics, router
from chalicelib.settings import settings
from chalicelib.table import facts, keys, reads, writes
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record

CLOSED = timedelta(minutes=5)
#: How far the very first run looks back. It comes within minutes of the table's making, so that nothing is older.
FIRST_LOOK = timedelta(minutes=30)
SAVE_EVERY = 15
MINUTE = timedelta(minutes=1)

log = logging.getLogger("app.sweeper")


class Overtaken(ProductError):
    """Another sweep has moved the watermark; it does the rest."""


class NotTaken(RuntimeError):
    """A queue refused facts again, or they could not be acknowledged; the watermark stays before them."""


class Sweep(Record, discriminator="sweep"):
    """The last minute of which everything has been told."""

    minute = UnicodeAttribute()


def sweep(reactions: router.Reactions, as_of: datetime, act: Act, reader: str = router.READER) -> int:
    """Tell what is missing up to five minutes before `as_of`, never beyond the present; returns how many facts."""
    end = min(as_of, clock.now()) - CLOSED
    watermark = reads.one(Sweep, keys.sweep(reader)) or _begin(reader, end)
    retold, unsaved, done = 0, 0, watermark.minute
    for minute in _minutes(watermark.minute, end):
        retold += _retell(reactions, reader, minute)
        done, unsaved = minute, unsaved + 1
        if time.monotonic() >= act.deadline:
            break
        if unsaved == SAVE_EVERY:
            watermark, unsaved = _advance(reader, watermark, done), 0
    if done != watermark.minute:
        _advance(reader, watermark, done)
    metrics.count("FactsRetold", retold)
    return retold


def _begin(reader: str, end: datetime) -> Sweep:
    """The start is written down before any work, so that a first run that dies does not move it."""
    first: Sweep = Sweep.under(keys.sweep(reader), minute=facts.minute_of(end - FIRST_LOOK))
    try:
        writes.alone(writes.put_new(first))
    except writes.AlreadyThere:
        return reads.one(Sweep, keys.sweep(reader)) or first
    return first


def _minutes(after: str, end: datetime) -> Iterator[str]:
    """The closed minutes after the watermark, oldest first."""
    moment = datetime.fromisoformat(f"{after}:00+00:00") + MINUTE
    while moment + MINUTE <= end:
        yield facts.minute_of(moment)
        moment += MINUTE


def _advance(reader: str, seen: Sweep, minute: str) -> Sweep:
    fresh: Sweep = Sweep.under(keys.sweep(reader), minute=minute)
    # The second half of the condition is our own write, whose acknowledgement was lost.
    unmoved = (Sweep.minute == seen.minute) | (Sweep.minute == minute)
    writes.alone(writes.put(fresh, where=unmoved, otherwise=Overtaken()))
    return fresh


def _retell(reactions: router.Reactions, reader: str, minute: str) -> int:
    missing = [fact for shard in range(settings.fact_shards) for fact in _untold(reader, minute, str(shard))]
    if not missing:
        return 0
    refused = router.tell(reactions, missing)
    noted = router.acknowledge([fact for fact in missing if fact.id not in refused], reader)
    log.warning("told again", extra=logs.facts(minute=minute, facts=[fact.id for fact in missing]))
    if refused or not noted:
        raise NotTaken(f"{len(refused)} refused, of {len(missing)} facts of {minute}")
    return len(missing)


def _untold(reader: str, minute: str, shard: str) -> list[Fact]:
    happened = [fact for item in reads.images(keys.facts_of(minute, shard)) if (fact := _readable(item))]
    if not happened:
        return []
    acks = (item["fact_ids"]["L"] for item in reads.images(keys.acks_of(reader, minute, shard)))
    told = {id["S"] for ids in acks for id in ids}
    return [fact for fact in happened if fact.id not in told]


def _readable(item: dict[str, Any]) -> Fact | None:
    """A fact; none where it cannot be read, which the stream's reader has buried with its reason."""
    try:
        return router.legible(item)
    except router.Illegible:
        log.exception("unreadable fact", extra=logs.facts(key=item["sk"]["S"]))
        return None
