"""What the table says of a day: its facts as rows, and the versions that items have. It trusts no stream and no file.

Facts stay in the table for 35 days, so that a day can be read again for that long.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import clock, logs
from chalicelib.accounts.pseudonyms import Pseudonym
from chalicelib.messaging.router import Illegible
from chalicelib.ml import rows
from chalicelib.ml.datasets import DATASETS
from chalicelib.ml.rows import LeftOut, Row, Told
from chalicelib.settings import settings
from chalicelib.table import facts, keys, reads
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key

MINUTE = timedelta(minutes=1)
Alive = Callable[[], None]

log = logging.getLogger("app.ml")


@dataclass(frozen=True, slots=True)
class Item:
    """Something with a version, whose rows are in a dataset."""

    owner: str
    key: Key


@dataclass(slots=True)
class Truth:
    """`rows` by dataset and event, `items` by dataset and their hash, and the people whose they are."""

    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in DATASETS})
    items: dict[str, dict[str, Item]] = field(default_factory=lambda: {name: {} for name in DATASETS})
    people: dict[str, Pseudonym] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=Counter)

    def add(self, told: Sequence[Told]) -> None:
        people = rows.known(told)
        self.people.update(people)
        for each in told:
            for row in rows.of(each, people, self.left_out):
                self.rows[row.dataset][row.event] = row
                item = DATASETS[row.dataset].item
                if item and isinstance(each, Fact) and each.subject_ver is not None and (key := item(each.subject)):
                    self.items[row.dataset][row.item] = Item(each.owner, key)

    def versions(self, dataset: str) -> dict[str, list[int]]:
        """By item, the versions that facts tell of."""
        found: dict[str, list[int]] = {}
        for row in self.rows[dataset].values():
            if row.ver is not None:
                found.setdefault(row.item, []).append(row.ver)
        return found


def of(day: str, alive: Alive) -> Truth:
    """All of one day, up to now. `alive` is called once per hour read, for a lease that wants renewing."""
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    truth = between(begin, min(begin + timedelta(days=1), clock.now() + MINUTE), alive)
    truth.add([each for item in reads.images(keys.tombstones_of(day)) if (each := _legible(item))])
    return truth


def between(begin: datetime, end: datetime, alive: Alive) -> Truth:
    """What the minutes from `begin` on and before `end` tell."""
    truth = Truth()
    for hour in _hours(begin, end):
        truth.add([fact for minute in hour for fact in _of_minute(minute)])
        alive()
    return truth


def _hours(begin: datetime, end: datetime) -> Iterator[list[str]]:
    minutes: list[str] = []
    moment = begin.replace(second=0, microsecond=0)
    while moment < end:
        minutes.append(facts.minute_of(moment))
        moment += MINUTE
        if moment.minute == 0 or moment >= end:
            yield minutes
            minutes = []


def _of_minute(minute: str) -> Iterator[Told]:
    for shard in range(settings.fact_shards):
        for item in reads.images(keys.facts_of(minute, str(shard))):
            if told := _legible(item):
                yield told


def _legible(item: Mapping[str, Any]) -> Told | None:
    """None where it cannot be read, which the exporter has buried with its reason."""
    try:
        return rows.legible(item)
    except Illegible:
        log.warning("unreadable fact", extra=logs.facts(key=item["sk"]["S"]))
        return None
