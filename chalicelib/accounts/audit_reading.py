"""Reading the audit log: newest first, by person, by action, by day. The chain itself is `audit.py`'s."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge
from typing import Any

from chalicelib.accounts import audit
from chalicelib.accounts.audit import Audited, AuditEntry
from chalicelib.errors import NotFound
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import DetailRecord, shard_of
from chalicelib.table.pages import Page, Scope, cursor, position

#: A filter that hardly anything passes must not read the whole log in one request: the page then ends early.
LOOKED_AT = 1000
BATCH = 100


class EntryUnknown(NotFound):
    """There is no such entry in the audit log."""


@dataclass(frozen=True, slots=True)
class Filters:
    actor: str | None = None
    subject: str | None = None
    action: str = ""
    day: date | None = None

    @property
    def sift(self) -> bool:
        """Whether entries are read that may not fit; otherwise a page needs no more than itself."""
        return bool(self.action) or None not in (self.actor, self.subject)

    def admit(self, entry: AuditEntry) -> bool:
        return (
            entry.name.startswith(self.action)
            and self.actor in (None, entry.actor)
            and self.subject in (None, entry.subject)
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry, with the personal values of its change where they are asked for and still exist."""

    entry: AuditEntry
    detail: dict[str, Any] | None = None


def entries(act: Act, filters: Filters, *, size: int, after: str | None) -> Page[Shown]:
    day = filters.day or act.now.date()
    scope = Scope("audit", act.actor, f"{filters.actor}|{filters.subject}|{filters.action}|{filters.day or day}")
    marks: dict[str, Any] = position(scope, after, act.now) if after else {}
    found: list[Shown] = []
    batch = BATCH if filters.sift else size + 1
    for looked, entry in enumerate(_newest_first(filters, day, dict(marks), batch)):
        if len(found) == size or looked == LOOKED_AT:
            return Page(found, cursor(scope, marks, act.now))
        if filters.admit(entry):
            found.append(Shown(entry))
        marks = {**marks, entry.shard: int(entry.sequence), "moment": entry.gsi1sk}
    return Page(found)


def one(id: str) -> Shown:
    """One entry by the id of its fact."""
    place = reads.one(Audited, keys.audited(id))
    shard = shard_of(id, audit.SHARDS)
    entry = reads.one(AuditEntry, keys.audit_entry(place.day, shard, int(place.sequence))) if place else None
    if entry is None:
        raise EntryUnknown
    detail = reads.one(DetailRecord, keys.detail(entry.owner, id))
    return Shown(entry, None if detail is None else dict(detail.values))


def _newest_first(filters: Filters, day: date, marks: dict[str, Any], batch: int) -> Iterator[AuditEntry]:
    """Everything that may fit, from where the last page ended: by person over all days, else the day's four shards."""
    if filters.subject is not None:
        return _of_person("gsi2", keys.audit_on(filters.subject), filters.day, marks.get("moment"), batch)
    if filters.actor is not None:
        return _of_person("gsi1", keys.audit_by(filters.actor), filters.day, marks.get("moment"), batch)
    shards = [_of_shard(day, str(shard), marks.get(str(shard)), batch) for shard in range(audit.SHARDS)]
    return merge(*shards, key=lambda entry: entry.gsi1sk, reverse=True)


def _of_person(index: str, partition: str, day: date | None, mark: str | None, batch: int) -> Iterator[AuditEntry]:
    low = day.isoformat() if day else "0"
    high = (day + timedelta(days=1)).isoformat() if day else "~"
    high = min(high, mark) if mark else high
    for record in reads.all_of(partition, index=index, between=(low, high), newest_first=True, limit=batch):
        if isinstance(record, AuditEntry) and record.gsi1sk != mark:
            yield record


def _of_shard(day: date, shard: str, mark: int | None, batch: int) -> Iterator[AuditEntry]:
    """Within a shard entries stand in the order of writing, which is nearly that of their moments."""
    last = f"{mark - 1:012d}" if mark is not None else "9" * 12
    partition = keys.audit_of(day.isoformat(), shard)
    for record in reads.all_of(partition, between=("0" * 12, last), newest_first=True, limit=batch):
        if isinstance(record, AuditEntry):
            yield record
