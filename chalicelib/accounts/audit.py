"""The audit chain: who did what to whom, each entry sealed by a hash over itself and the one before.

Four chains run side by side, so that many workers can append. An entry lies under the day it was written on; its
chain goes on over midnight. `keep_history` appends; `chain.py` proves that nobody has touched it since.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import clock
from chalicelib.errors import ProductError
from chalicelib.table import facts, keys, reads, writes
from chalicelib.table.facts import DetailRecord, Fact
from chalicelib.table.record import MomentAttribute, Record, moment_text
from chalicelib.table.writes import Write, put, put_new

SHARDS = 4
GENESIS = "0" * 64
#: What the mailer needs for a moment has no place in a log that is kept for good.
WITHHELD = frozenset({"token", "address"})
#: An entry and its pointer for each fact, and the head, in one transaction of at most a hundred actions.
MOST = 49
PATIENCE = 20.0


class Overtaken(ProductError):
    """Another worker has appended to this chain meanwhile."""


class AuditHead(Record, discriminator="audit_head"):
    """Where a chain ends: the day, number and hash of its last entry, and the same of the last day before that."""

    day = UnicodeAttribute()
    sequence = NumberAttribute()
    hash = UnicodeAttribute()
    day_before = UnicodeAttribute(default="")
    sequence_before = NumberAttribute(default=0)
    hash_before = UnicodeAttribute(default=GENESIS)


class AuditEntry(Record, discriminator="audit_entry"):
    """One fact in the chain. What was replaced by what lies in an erasable item; only its salted hash is here."""

    kept_on_erasure = True

    day = UnicodeAttribute()
    shard = UnicodeAttribute()
    sequence = NumberAttribute()
    fact_id = UnicodeAttribute()
    name = UnicodeAttribute()
    actor = UnicodeAttribute()
    subject = UnicodeAttribute()
    subject_ver = NumberAttribute(null=True)
    occurred_at = MomentAttribute()
    request_id = UnicodeAttribute()
    payload = JSONAttribute()
    detail_hash = UnicodeAttribute(null=True)
    previous = UnicodeAttribute()
    hash = UnicodeAttribute()

    @property
    def owner(self) -> str:
        """In whose partition the detail lies."""
        return self.subject if self.subject.startswith(facts.PERSON) else self.actor

    def sealed(self) -> str:
        """What the hash must be."""
        return hashlib.sha256(json.dumps(self._content(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def _content(self) -> dict[str, Any]:
        return {
            "day": self.day,
            "shard": self.shard,
            "sequence": int(self.sequence),
            "fact_id": self.fact_id,
            "name": self.name,
            "actor": self.actor,
            "subject": self.subject,
            "subject_ver": None if self.subject_ver is None else int(self.subject_ver),
            "occurred_at": moment_text(self.occurred_at),
            "request_id": self.request_id,
            "payload": self.payload,
            "detail_hash": self.detail_hash,
            "previous": self.previous,
        }


class Audited(Record, discriminator="audited"):
    """That a fact is in the chain, and where."""

    day = UnicodeAttribute()
    sequence = NumberAttribute()


def append(told: Iterable[Fact]) -> None:
    """Add facts to their chains, in the order given. A fact that is there already is left alone."""
    chains: dict[str, dict[str, Fact]] = {}
    for fact in told:
        chains.setdefault(facts.shard_of(fact.id, SHARDS), {})[fact.id] = fact
    for shard, members in chains.items():
        ordered = list(members.values())
        for start in range(0, len(ordered), MOST):
            _append(shard, ordered[start : start + MOST])


def _append(shard: str, told: Sequence[Fact]) -> None:
    deadline = time.monotonic() + PATIENCE
    for _ in writes.pauses(deadline):
        head_key = keys.audit_head(shard)
        pointers = {fact.id: keys.audited(fact.id) for fact in told}
        details = {fact.id: keys.detail(fact.owner, fact.id) for fact in told}
        # One consistent trip: the head as it is, what is there already, and the hashes of what was replaced.
        found = reads.many([head_key, *pointers.values(), *details.values()])
        fresh = [fact for fact in told if pointers[fact.id] not in found]
        if not fresh:
            return
        head = found.get(head_key)
        hashes = {id: each.hash() for id, key in details.items() if isinstance(each := found.get(key), DetailRecord)}
        try:
            _extend(shard, head if isinstance(head, AuditHead) else None, fresh, hashes, deadline)
        except Overtaken:
            continue
        return
    raise reads.StoreUnavailable(retry_after=1)


def _extend(
    shard: str, head: AuditHead | None, told: Sequence[Fact], hashes: Mapping[str, str], deadline: float
) -> None:
    day = max(today(), head.day if head else "")  # a neighbour's clock may be ahead
    entries: list[AuditEntry] = []
    for fact in told:
        last = entries[-1] if entries else head
        entries.append(_entry(shard, day, last, fact, hashes.get(fact.id)))
    pieces = [_moved(shard, head, entries[-1])]
    for entry in entries:
        pointer = Audited.under(keys.audited(entry.fact_id), day=entry.day, sequence=entry.sequence)
        pieces += [put_new(entry, otherwise=Overtaken()), put_new(pointer, otherwise=Overtaken())]
    writes.commit(pieces, deadline, token=clock.new_id("aud"))


def _entry(
    shard: str, day: str, last: AuditHead | AuditEntry | None, fact: Fact, detail_hash: str | None
) -> AuditEntry:
    sequence = 1 if last is None else int(last.sequence) + 1
    order = f"{moment_text(fact.at)}~{fact.id}"
    entry: AuditEntry = AuditEntry.under(
        keys.audit_entry(day, shard, sequence),
        gsi1pk=keys.audit_by(fact.actor),
        gsi1sk=order,
        gsi2pk=keys.audit_on(fact.subject),
        gsi2sk=order,
        created_at=clock.now(),
        day=day,
        shard=shard,
        sequence=sequence,
        fact_id=fact.id,
        name=fact.name,
        actor=fact.actor,
        subject=fact.subject,
        subject_ver=fact.subject_ver,
        occurred_at=fact.at,
        request_id=fact.request_id,
        payload={name: value for name, value in fact.payload.items() if name not in WITHHELD},
        detail_hash=detail_hash,
        previous=GENESIS if last is None else last.hash,
    )
    entry.hash = entry.sealed()
    return entry


def _moved(shard: str, head: AuditHead | None, last: AuditEntry) -> Write:
    """The head at its new place, if it still is where it was seen."""
    moved: AuditHead = AuditHead.under(
        keys.audit_head(shard), day=last.day, sequence=last.sequence, hash=last.hash, updated_at=clock.now()
    )
    if head is None:
        return put_new(moved, otherwise=Overtaken())
    if head.day == last.day:
        moved.day_before, moved.sequence_before, moved.hash_before = (
            head.day_before,
            head.sequence_before,
            head.hash_before,
        )
    else:
        moved.day_before, moved.sequence_before, moved.hash_before = head.day, head.sequence, head.hash
    unmoved = (AuditHead.sequence == int(head.sequence)) & (AuditHead.hash == head.hash)
    return put(moved, where=unmoved, otherwise=Overtaken())


def today() -> str:
    return clock.now().astimezone(UTC).date().isoformat()


def day_of(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
