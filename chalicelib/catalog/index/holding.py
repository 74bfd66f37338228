"""The catalogue that this instance holds: loaded when first asked for, and brought up to date when the pointer moves.

The pointer is looked at once a second at most (at each request without `ENABLE_CACHE`, which changes no answer). What
cannot be loaded is asked for anew, and answered meanwhile from what is held; an instance that holds nothing says so.
A base without its delta is not answered from: it may still show what has been taken back.
"""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib import clock, logs
from chalicelib.catalog.index import deltas, files, objects
from chalicelib.catalog.index.files import Damaged
from chalicelib.catalog.index.shelves import Shelf
from chalicelib.catalog.records import IndexPointer
from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.table import acts, facts, keys, reads, writes
from chalicelib.table.facts import Fact

NAME = "catalog"
LOOK_SECONDS = 1.0
#: How long an instance waits before it asks for another rebuild.
ASK_SECONDS = 20.0
RETRY_SECONDS = 2
ASKED = "catalog.rebuild_asked"

log = logging.getLogger("app.catalogue")


class CatalogueUnavailable(Unavailable):
    """The catalogue is being prepared; try again in a moment."""


@dataclass(slots=True)
class Held:
    shelf: Shelf
    base: str
    sequence: int


class Holder:
    """One for each process; its threads share it."""

    def __init__(self) -> None:
        self.held: Held | None = None
        self.looked = self.asked = float("-inf")
        self.loading = threading.Lock()

    def current(self) -> Held:
        held = self.held
        if held is not None and settings.enable_cache and time.monotonic() - self.looked < LOOK_SECONDS:
            return held
        with self.loading:
            return self._looked_for()

    def _looked_for(self) -> Held:
        if self.held is not None and settings.enable_cache and time.monotonic() - self.looked < LOOK_SECONDS:
            return self.held
        try:
            self.held = self._newest()
        except (Damaged, Unavailable) as error:
            self._make_do(error)
        self.looked = time.monotonic()
        if self.held is None:
            raise CatalogueUnavailable(retry_after=RETRY_SECONDS)
        return self.held

    def _newest(self) -> Held:
        pointer = reads.one(IndexPointer, keys.index_pointer(NAME), consistent=False)
        if pointer is None:
            raise Damaged("no pointer")
        held, sequence = self.held, int(pointer.sequence)
        if held is not None and sequence <= held.sequence:
            return held
        delta = deltas.read(objects.get(pointer.delta)) if pointer.delta else deltas.EMPTY
        if held is None or held.base != pointer.base:
            held = Held(_opened(pointer.base), pointer.base, 0)
        shelf = held.shelf.after(delta.since(held.sequence), delta.categories_since(held.sequence))
        return Held(shelf, pointer.base, sequence)

    def _make_do(self, error: Exception) -> None:
        log.warning("catalogue not loaded", extra=logs.facts(error=str(error), held=self.held is not None))
        if isinstance(error, Damaged) and time.monotonic() - self.asked > ASK_SECONDS:
            self.asked = time.monotonic()
            try:
                ask_for_rebuild(clock.now())
            except Unavailable:
                log.warning("rebuild not asked for")


def _opened(base: str) -> Shelf:
    with objects.fetched(base) as path:
        return Shelf.of(files.opened(path))


def ask_for_rebuild(now: datetime) -> None:
    """A fact, as everything that shall be done: the same one from all instances within a minute."""
    id = clock.derived_id("fct", ASKED, facts.minute_of(now))
    fact = Fact(id=id, name=ASKED, actor=acts.SYSTEM, subject=NAME, at=now, request_id=id)
    with suppress(writes.AlreadyThere):
        writes.alone(writes.put_new(facts.record(fact)))


_holder = Holder()


def current() -> Shelf:
    return _holder.current().shelf


def at_hand() -> Shelf | None:
    """The same for whoever can do without: None where this instance would have to load it first."""
    return current() if _holder.held is not None else None


def held() -> Held:
    return _holder.current()


def forget() -> None:
    """As a new instance begins."""
    _holder.held = None
    _holder.looked = _holder.asked = float("-inf")
