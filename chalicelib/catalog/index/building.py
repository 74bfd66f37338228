"""Publishes the catalogue: what has changed into the delta, a new base where the delta has grown or something is lost.

`functions/index_catalog` and the operator's commands call it. A publication is a new object and then the pointer, moved
only from where it was seen before the courses were read; so of two builders at once one reads and publishes again, and
nothing older ever replaces something newer.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import clock, logs
from chalicelib.catalog import own
from chalicelib.catalog.index import deltas, files, gathering, objects
from chalicelib.catalog.index.deltas import Delta
from chalicelib.catalog.index.files import Damaged
from chalicelib.catalog.index.holding import NAME
from chalicelib.catalog.records import Indexed, IndexPointer
from chalicelib.errors import Stale
from chalicelib.table import facts, keys, reads, writes
from chalicelib.table.reads import StoreUnavailable

log = logging.getLogger("app.catalogue")
KEY = keys.index_pointer(NAME)
#: A counter that was read so long after a fact has it.
COUNTED_SECONDS = 5
#: Over so many partitions are the entries of what a rebuild looks at; it reads them one after the other.
SHARDS = 16


class Overtaken(Stale):
    """Another builder has moved the pointer."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What facts say has changed. `counted` are courses of which only numbers did, with the second of the fact."""

    things: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    shelves: bool = False
    counted: dict[str, int] = field(default_factory=dict)
    anew: bool = False

    def __or__(self, other: "Changes") -> "Changes":
        newest = {id: max(at, self.counted.get(id, 0)) for id, at in other.counted.items()}
        return Changes(
            self.things | other.things,
            self.people | other.people,
            self.categories | other.categories,
            self.shelves or other.shelves,
            self.counted | newest,
            self.anew or other.anew,
        )


@dataclass(frozen=True, slots=True)
class Published:
    """`entries` is how many things were read from the table for it."""

    sequence: int
    entries: int
    rebuilt: bool = False


def publish(changes: Changes, deadline: float) -> Published:
    """Repeat until nobody else was faster, or time is up."""
    for _ in writes.pauses(deadline):
        try:
            return _publish(changes)
        except Overtaken:
            continue
        except Damaged as damaged:
            log.warning("catalogue damaged", extra=logs.facts(error=str(damaged)))
            _note(changes.things)
            return rebuild()
    raise StoreUnavailable(retry_after=1)


def _publish(changes: Changes) -> Published:
    pointer = _pointer()
    if pointer is None:
        raise Damaged("no pointer")
    if changes.anew and not _is_sound(pointer):
        raise Damaged("asked for")
    delta, sequence = _delta(pointer), int(pointer.sequence) + 1
    things, now = _asked(changes, pointer, delta), clock.now()
    _note(things - delta.parts.keys())
    read = list(gathering.entries(things, now))
    delta = delta.with_(read, sequence, int(now.timestamp()))
    if changes.shelves:
        delta = delta.with_categories(gathering.category_rows(gathering.categories().values()), sequence)
    if not read and not changes.shelves:
        return Published(sequence - 1, 0)
    _move(pointer, pointer.base, objects.put(objects.DELTAS, delta.text()), now)
    if delta.size > deltas.LARGEST:
        return merge()
    return Published(sequence, len(read))


def _asked(changes: Changes, pointer: IndexPointer, delta: Delta) -> set[str]:
    """The things to read. What was counted before it was last read needs no other reading."""
    things = set(changes.things)
    for person in changes.people:
        things |= set(own.everything(person))
    if changes.categories:
        things |= _in_categories(changes.categories, pointer, delta)
    for id, at in changes.counted.items():
        part = delta.parts.get(id)
        if part is None or part.read_at < at + COUNTED_SECONDS:
            things.add(id)
    return things


def _in_categories(categories: Iterable[str], pointer: IndexPointer, delta: Delta) -> set[str]:
    wanted = set(categories)
    found = {entry["id"] for entry in delta.since(0) if entry.get("facts", {}).get("category") in wanted}
    with objects.fetched(pointer.base) as path:
        connection = files.opened(path)
        for category in wanted:
            found |= {id for (id,) in connection.execute("SELECT id FROM thing WHERE category = ?", (category,))}
        connection.close()
    return found


def merge() -> Published:
    """A new base of the present one and its delta, without reading the table."""
    pointer = _pointer()
    if pointer is None:
        raise Damaged("no pointer")
    delta = _delta(pointer)
    with objects.fetched(pointer.base) as path:
        connection = files.opened(path)
        with connection:
            files.put_all(connection, delta.since(0))
            if delta.categories is not None:
                files.put_categories(connection, delta.categories)
        files.finish(connection)
        sequence = _install(objects.put_file(objects.BASES, path), pointer)
    return Published(sequence, 0)


def rebuild(things: Iterable[str] | None = None, alive: Callable[[], None] = lambda: None) -> Published:
    """A new base from the table: of everything the catalogue has ever looked at, or of these."""
    started, now, count = _pointer(), clock.now(), 0
    wanted = set(known()) if things is None else set(things)
    with objects.scratch() as path:
        connection = files.create(path)
        with connection:
            for entry in gathering.entries(wanted, now):
                files.put(connection, entry)
                count += 1
                if count % 500 == 0:
                    alive()
            files.put_categories(connection, gathering.category_rows(gathering.categories().values()))
        files.finish(connection)
        sequence = _install(objects.put_file(objects.BASES, path), started)
    log.info("catalogue rebuilt", extra=logs.facts(entries=count, sequence=sequence))
    return Published(sequence, count, rebuilt=True)


def known() -> list[str]:
    """One query for each shard."""
    found = (each for shard in range(SHARDS) for each in reads.all_of(keys.indexed_of(str(shard))))
    return [each.thing for each in found if isinstance(each, Indexed)]


def note(things: Iterable[str]) -> None:
    """So that the next rebuild finds them."""
    _note(things)


def _note(things: Iterable[str]) -> None:
    for id in sorted(things):
        writes.alone(writes.put(Indexed.under(keys.indexed(facts.shard_of(id, SHARDS), id), thing=id)))


def _install(base: str, started: IndexPointer | None) -> int:
    """Point to a new base, and carry over what was published since its making began."""
    since = int(started.sequence) if started else 0
    for _ in writes.pauses(time.monotonic() + 30):
        pointer, now = _pointer(), clock.now()
        if _base(pointer) != _base(started):
            return int(pointer.sequence) if pointer else 0  # another has made one meanwhile
        try:
            carried = _carried(pointer, since)
            return _move(pointer, base, objects.put(objects.DELTAS, carried.text()) if carried else None, now)
        except Overtaken:
            continue
    raise StoreUnavailable(retry_after=1)


def _carried(pointer: IndexPointer | None, since: int) -> Delta | None:
    if pointer is None or int(pointer.sequence) == since:
        return None
    try:
        carried = _delta(pointer).carried(since, int(pointer.sequence) + 1)
    except Damaged:
        return None
    return carried if carried.parts or carried.categories is not None else None


def _base(pointer: IndexPointer | None) -> str | None:
    return None if pointer is None else str(pointer.base)


def _move(seen: IndexPointer | None, base: str, delta: str | None, now: datetime) -> int:
    """A first pointer begins with the millisecond of its making: nobody takes it for older than one that was lost."""
    sequence = int(seen.sequence) + 1 if seen else int(now.timestamp() * 1000)
    fresh: IndexPointer = IndexPointer.under(KEY, sequence=sequence, base=base, delta=delta, built_at=now)
    unmoved = IndexPointer.sequence == int(seen.sequence) if seen else IndexPointer.pk.does_not_exist()
    # Our own move, whose acknowledgement was lost: no two publications have objects of one name.
    same = IndexPointer.delta.does_not_exist() if delta is None else IndexPointer.delta == delta
    ours: Any = (IndexPointer.sequence == sequence) & (IndexPointer.base == base) & same
    writes.alone(writes.put(fresh, where=unmoved | ours, otherwise=Overtaken()))
    return sequence


def _pointer() -> IndexPointer | None:
    return reads.one(IndexPointer, KEY)


def _delta(pointer: IndexPointer) -> Delta:
    return deltas.read(objects.get(pointer.delta)) if pointer.delta else deltas.EMPTY


def _is_sound(pointer: IndexPointer) -> bool:
    """Whether its files can be read: another builder may have mended them since somebody asked."""
    try:
        _delta(pointer).since(0)
        with objects.fetched(pointer.base) as path:
            files.opened(path).close()
    except Damaged:
        return False
    return True
