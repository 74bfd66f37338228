"""The event feed: what happened to a person, numbered without gaps. `keep_history` writes it, `GET /events` reads it.

The number is given in the transaction that writes the event, so a reader that asks for everything after the last
number it saw misses nothing and gets nothing twice.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import clock
from chalicelib.errors import ProductError
from chalicelib.settings import settings
from chalicelib.table import keys, reads, writes
from chalicelib.table.facts import Fact
from chalicelib.table.record import MomentAttribute, Record
from chalicelib.table.writes import Write, put, put_new

#: An event and its pointer for each fact, and the head, in one transaction of at most a hundred actions.
MOST = 49
PATIENCE = 20.0
LAST = 10**12 - 1
#: Of no use to a reader, or the business of others: what of a price is whose.
WITHHELD = frozenset({"token", "entries", "shares", "teachers"})


class Overtaken(ProductError):
    """Another worker has added to this feed meanwhile."""


class FeedHead(Record, discriminator="feed_head"):
    sequence = NumberAttribute()


class FeedEvent(Record, discriminator="feed_event"):
    sequence = NumberAttribute()
    fact_id = UnicodeAttribute()
    name = UnicodeAttribute()
    subject = UnicodeAttribute()
    at = MomentAttribute()
    payload = JSONAttribute()


class Fed(Record, discriminator="fed"):
    """That a fact is in this feed; it lives longer than any repeat of the fact."""


@dataclass(frozen=True, slots=True)
class Event:
    """Who did it is not told: an administrator is nobody's business but the audit's."""

    sequence: int
    id: str
    name: str
    subject: str
    at: datetime
    payload: Mapping[str, Any]


def append(told: Iterable[Fact]) -> None:
    """Add facts to the feeds of all whom they concern. A fact that is there already is left alone."""
    feeds: dict[str, dict[str, Fact]] = {}
    for fact in told:
        for person in fact.audience:
            feeds.setdefault(person, {})[fact.id] = fact
    for person, members in feeds.items():
        ordered = list(members.values())
        for start in range(0, len(ordered), MOST):
            _append(person, ordered[start : start + MOST])


def since(person: str, sequence: int, limit: int) -> list[Event]:
    """The next events after this number, oldest first; those older than 35 days are gone, whoever cleans up when."""
    first, last = keys.feed_event(person, min(max(sequence, 0) + 1, LAST)), keys.feed_event(person, LAST)
    oldest = clock.now() - _life()
    found: list[Event] = []
    for record in reads.all_of(first.pk, between=(first.sk, last.sk), limit=limit):
        if isinstance(record, FeedEvent) and record.created_at > oldest:
            found.append(_event(record))
        if len(found) == limit:
            break
    return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some events in a row, and the number to ask from next."""

    events: list[Event]
    next_since: int


def stretch(person: str, sequence: int, limit: int) -> Stretch:
    events = since(person, sequence, limit)
    return Stretch(events, events[-1].sequence if events else sequence)


def held(person: str) -> Iterator[Record]:
    """All that is kept of this feed."""
    return reads.all_of(keys.feed_of(person))


def newest(person: str) -> int:
    """The number of the newest event; 0 where there has been none."""
    head = reads.one(FeedHead, keys.feed_head(person))
    return int(head.sequence) if head else 0


def _append(person: str, told: Sequence[Fact]) -> None:
    deadline = time.monotonic() + PATIENCE
    head_key = keys.feed_head(person)
    pointers = {fact.id: keys.fed(person, fact.id) for fact in told}
    for _ in writes.pauses(deadline):
        found = reads.many([head_key, *pointers.values()])
        fresh = [fact for fact in told if pointers[fact.id] not in found]
        if not fresh:
            return
        head = found.get(head_key)
        last = int(head.sequence) if isinstance(head, FeedHead) else 0
        try:
            writes.commit(_pieces(person, last, fresh), deadline, token=clock.new_id("fed"))
        except Overtaken:
            continue
        return
    raise reads.StoreUnavailable(retry_after=1)


def _pieces(person: str, last: int, told: Sequence[Fact]) -> list[Write]:
    head: FeedHead = FeedHead.under(keys.feed_head(person), sequence=last + len(told))
    unmoved = FeedHead.sequence == last
    pieces = [put(head, where=unmoved) if last else put_new(head)]
    for sequence, fact in enumerate(told, start=last + 1):
        pieces += [put_new(_record(person, sequence, fact)), put_new(_pointer(person, fact))]
    return [Write(piece.operation, piece.record, piece.where, otherwise=Overtaken()) for piece in pieces]


def _record(person: str, sequence: int, fact: Fact) -> FeedEvent:
    event: FeedEvent = FeedEvent.under(
        keys.feed_event(person, sequence),
        sequence=sequence,
        fact_id=fact.id,
        name=fact.name,
        subject=fact.subject,
        at=fact.at,
        payload={name: value for name, value in fact.payload.items() if name not in WITHHELD},
        created_at=clock.now(),
        ttl=_life(),
    )
    return event


def _pointer(person: str, fact: Fact) -> Fed:
    fed: Fed = Fed.under(keys.fed(person, fact.id), ttl=2 * _life())
    return fed


def _event(record: FeedEvent) -> Event:
    return Event(int(record.sequence), record.fact_id, record.name, record.subject, record.at, record.payload)


def _life() -> timedelta:
    return timedelta(days=settings.fact_days)
