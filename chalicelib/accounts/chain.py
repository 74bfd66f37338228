"""Proving the audit chain of a day: every entry is as it was written, none is missing, none was added.

A day is compared with itself, with the chain's head, and with the heads that `anchor` locked away: whoever can rewrite
the whole table cannot rewrite those. `schedules/anchor_audit` and the command `infra/verify_audit.py` call it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.accounts.audit import GENESIS, SHARDS, AuditEntry, AuditHead, today
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.facts import DetailRecord


class ChainBroken(RuntimeError):
    """The audit chain is not what was written; the message names the first broken entry."""


@dataclass(frozen=True, slots=True)
class End:
    """The last entry of a chain: its number and its hash."""

    sequence: int
    hash: str


Heads = Mapping[str, End]


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing wrong: the entry, and whether it was changed, is missing, was inserted, or its detail changed."""

    shard: str
    sequence: int
    what: str
    fact_id: str = ""

    def __str__(self) -> str:
        named = f" ({self.fact_id})" if self.fact_id else ""
        return f"shard {self.shard}, entry {self.sequence}{named}: {self.what}"


@dataclass(frozen=True, slots=True)
class Chain:
    """One shard on one day. `erased` counts entries whose personal detail is gone, as an erasure leaves them."""

    shard: str
    entries: int
    erased: int
    end: End | None
    broken: Break | None


@dataclass(frozen=True, slots=True)
class Verification:
    day: str
    anchored: bool
    chains: tuple[Chain, ...]

    @property
    def entries(self) -> int:
        return sum(chain.entries for chain in self.chains)

    @property
    def broken(self) -> tuple[Break, ...]:
        return tuple(chain.broken for chain in self.chains if chain.broken)

    def heads(self) -> dict[str, End]:
        return {chain.shard: chain.end for chain in self.chains if chain.end}


def verify(day: str) -> Verification:
    """Check one day, with the anchored heads of it and of the day before, where they exist."""
    return _verify(day, anchored(day), anchored(_before(day)), lambda: None)


def anchor(day: str, alive: Callable[[], None] = lambda: None) -> Verification:
    """Verify a day that is over and lock its heads away; where that was done before, they must be the same.

    `alive` is called after each chain, for a lease that wants renewing.
    """
    found = _verify(day, None, None, alive)
    if found.broken:
        raise ChainBroken(str(found.broken[0]))
    if day >= today():
        return found  # Its chains still grow: locked now, the heads would never match again.
    heads = found.heads()
    if not _lock_away(day, heads):
        _compare(day, heads)
    return Verification(day, True, found.chains)


def _compare(day: str, heads: Heads) -> None:
    locked = anchored(day) or {}
    for shard in sorted({*heads, *locked}):
        if heads.get(shard) != locked.get(shard):
            raise ChainBroken(f"{day}, shard {shard}: the chain does not end where its anchored head says")


def anchored(day: str) -> dict[str, End] | None:
    try:
        answer = aws.client("s3").get_object(Bucket=settings.audit_heads_bucket, Key=_place(day))
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    document = json.loads(answer["Body"].read())
    return {shard: End(**end) for shard, end in document["heads"].items()}


def _lock_away(day: str, heads: Heads) -> bool:
    """Write the heads once; the bucket keeps them from being changed. False where they are there already."""
    document = {"day": day, "heads": {shard: asdict(end) for shard, end in sorted(heads.items())}}
    try:
        aws.client("s3").put_object(
            Bucket=settings.audit_heads_bucket,
            Key=_place(day),
            Body=json.dumps(document, indent=1).encode(),
            ContentType="application/json",
            ChecksumAlgorithm="SHA256",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
            return False
        raise
    return True


def _place(day: str) -> str:
    return f"heads/{day}.json"


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _verify(day: str, locked: Heads | None, locked_before: Heads | None, alive: Callable[[], None]) -> Verification:
    chains = []
    for shard in map(str, range(SHARDS)):
        walk = _Walk(day, shard, (locked or {}).get(shard), (locked_before or {}).get(shard))
        chains.append(walk.chain())
        alive()
    return Verification(day, locked is not None, tuple(chains))


class _Walk:
    """One pass over one chain of one day."""

    def __init__(self, day: str, shard: str, locked: End | None, locked_before: End | None) -> None:
        self.day, self.shard, self.locked = day, shard, locked
        head = reads.one(AuditHead, keys.audit_head(shard))
        self.start = locked_before or self._start(head)
        self.end = self._end(head)
        self.entries = self.erased = 0

    def chain(self) -> Chain:
        last: AuditEntry | None = None
        broken = None
        for batch in _batches(self._listed()):
            details = reads.many([keys.detail(entry.owner, entry.fact_id) for entry in batch if entry.detail_hash])
            for entry in batch:
                broken = broken or self._wrong(entry, last) or self._detail(entry, details)
                last = entry
                self.entries += 1
        broken = broken or self._wrong_end(last)
        end = End(int(last.sequence), last.hash) if last else self.start
        return Chain(self.shard, self.entries, self.erased, end, broken)

    def _listed(self) -> Iterator[AuditEntry]:
        for record in reads.all_of(keys.audit_of(self.day, self.shard)):
            if isinstance(record, AuditEntry):
                yield record

    def _wrong(self, entry: AuditEntry, last: AuditEntry | None) -> Break | None:
        expected = int(last.sequence) + 1 if last else self.start.sequence + 1 if self.start else int(entry.sequence)
        previous = last.hash if last else self.start.hash if self.start else None
        if entry.sk != keys.audit_entry(self.day, self.shard, int(entry.sequence)).sk or entry.sequence < expected:
            return self._break(entry, "inserted")
        if entry.sequence > expected:
            return Break(self.shard, expected, "missing")
        if self.end and entry.sequence > self.end.sequence:
            return self._break(entry, "inserted after the end of the chain")
        if entry.hash != entry.sealed():
            return self._break(entry, "changed")
        if previous is not None and entry.previous != previous:
            # This entry is whole, and swears that the one before it was another.
            return self._break(last or entry, "changed")
        return None

    def _wrong_end(self, last: AuditEntry | None) -> Break | None:
        reached = int(last.sequence) if last else self.start.sequence if self.start else 0
        if self.end is None or (last is None and self.start is None and self.end.sequence == 0):
            return None
        if reached < self.end.sequence:
            return Break(self.shard, reached + 1, "missing")
        if last and reached > self.end.sequence:
            return Break(self.shard, self.end.sequence + 1, "inserted after the end of the chain")
        found = last.hash if last else self.start.hash if self.start else GENESIS
        return None if found == self.end.hash else self._break(last, "changed")

    def _detail(self, entry: AuditEntry, details: Mapping[keys.Key, object]) -> Break | None:
        if not entry.detail_hash:
            return None
        detail = details.get(keys.detail(entry.owner, entry.fact_id))
        if not isinstance(detail, DetailRecord):
            self.erased += 1
            return None
        return None if detail.hash() == entry.detail_hash else self._break(entry, "its detail was changed")

    def _break(self, entry: AuditEntry | None, what: str) -> Break:
        if entry is None:
            return Break(self.shard, self.start.sequence if self.start else 0, what)
        return Break(self.shard, int(entry.sequence), what, entry.fact_id)

    def _start(self, head: AuditHead | None) -> End | None:
        """The end of the chain before this day, where the table can tell."""
        if head is None:
            return None
        if head.day < self.day:
            return End(int(head.sequence), head.hash)
        if head.day_before < self.day <= head.day:
            return End(int(head.sequence_before), head.hash_before)
        before = reads.span(keys.audit_of(_before(self.day), self.shard), limit=1, newest_first=True).records
        return End(int(before[0].sequence), before[0].hash) if before and isinstance(before[0], AuditEntry) else None

    def _end(self, head: AuditHead | None) -> End | None:
        """Where this day's chain must end: as anchored, or as the head says."""
        if self.locked or head is None:
            return self.locked
        if head.day <= self.day:
            return End(int(head.sequence), head.hash)
        if head.day_before <= self.day:
            return End(int(head.sequence_before), head.hash_before)
        after = reads.span(keys.audit_of(_after(self.day), self.shard), limit=1).records
        first = after[0] if after else None
        return End(int(first.sequence) - 1, first.previous) if isinstance(first, AuditEntry) else None


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _batches(entries: Iterator[AuditEntry], size: int = 100) -> Iterator[Sequence[AuditEntry]]:
    batch: list[AuditEntry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
