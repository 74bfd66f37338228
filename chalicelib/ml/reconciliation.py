"""Compares what was exported with what the table says: which versions of an item are missing, which are there twice.

An item's versions must go on where they stopped on the day it was last active (its head), and reach the version that
it has in the table. So a loss shows, whoever lost it: the stream, the exporter, or a rule that wrote without a fact.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.accounts import pseudonyms
from chalicelib.accounts.pseudonyms import Pseudonym
from chalicelib.errors import ProductError
from chalicelib.ml import truth
from chalicelib.ml.truth import Alive, Truth
from chalicelib.table import reads
from chalicelib.table.writes import adjust, alone

#: How long after a day's end its items are compared with the present. Later, too many facts would have to be read.
FRESH = timedelta(hours=36)

Versions = Mapping[str, Iterable[int]]


#: Stands in the heads of a person who was brought back from a restored table: where their items stood is not known,
#: so each begins at the first version of its next day.
RESTORED = "restored"
#: How often a head is moved again where others move heads of the same person.
ATTEMPTS = 8


class Moved(ProductError):
    """The person's heads are not those that were read, or the person was erased."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """By item, the versions that no row tells of, and those that two rows tell of."""

    missing: dict[str, list[int]]
    double: dict[str, list[int]]

    @property
    def gaps(self) -> int:
        return sum(len(versions) for versions in (*self.missing.values(), *self.double.values()))


@dataclass(frozen=True, slots=True)
class Present:
    """The items of people who still are somebody, their versions now, and those that later facts tell of."""

    living: Collection[str]
    now: Mapping[str, int]
    since: Versions


def judge(dataset: str, day: str, found: Versions, told: Truth, present: Present, before: Versions) -> Verdict:
    """`found` are the versions in the day's rows; `before` those that an earlier verdict missed, which stay missed."""
    missing: dict[str, list[int]] = {}
    double: dict[str, list[int]] = {}
    for item in sorted({*present.living, *found}):
        counted = Counter(found.get(item, ()))
        expected: set[int] = set()
        if item in present.living:
            person = told.people[told.items[dataset][item].owner]
            expected = {*before.get(item, ()), *_expected(person, dataset, day, item, counted, present)}
        if lost := sorted(expected.difference(counted, present.since.get(item, ()))):
            missing[item] = lost
        if twice := sorted(version for version, times in counted.items() if times > 1):
            double[item] = twice
    return Verdict(missing, double)


def _expected(
    person: Pseudonym, dataset: str, day: str, item: str, found: Mapping[int, int], present: Present
) -> Iterable[int]:
    last = max([*found, present.now.get(item, 0)])
    after = _after(person, dataset, day, item)
    return range(min(found, default=1) if after is None else after + 1, last + 1)


def _after(person: Pseudonym, dataset: str, day: str, item: str) -> int | None:
    """The last version before this day; none where it is not known, as where later days have moved the head on."""
    head = _head(person, dataset, item)
    if head is None:
        return None if RESTORED in _heads(person) else 0
    known: int | None = head["ver"] if head["day"] < day else head["after"] if head["day"] == day else None
    return known


def _head(person: Pseudonym, dataset: str, item: str) -> dict[str, Any] | None:
    return _heads(person).get(dataset, {}).get(item)


def _heads(person: Pseudonym) -> dict[str, dict[str, dict[str, Any]]]:
    return dict(person.heads or {})


def present(dataset: str, day: str, told: Truth, alive: Alive) -> Present:
    """What the day's items are now. Of a day too long ago, only its own versions are compared with one another."""
    items = told.items[dataset]
    end = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
    now: dict[str, int] = {}
    since: Versions = {}
    if items and clock.now() - end <= FRESH:
        versions = reads.versions(each.key for each in items.values())
        now = {item: versions[each.key] for item, each in items.items() if each.key in versions}
        # Read after the versions, so that the facts of all of them are there.
        later = truth.between(min(end, clock.now() - truth.MINUTE), clock.now() + truth.MINUTE, alive)
        since = later.versions(dataset)
    # And this last: who was erased meanwhile is left alone.
    people = pseudonyms.known({each.owner for each in items.values()})
    return Present([item for item, each in items.items() if each.owner in people], now, since)


def advance(dataset: str, day: str, found: Versions, told: Truth, alive: Alive) -> None:
    """Note for each item up to where it is verified. What was missing before stands in the day's manifest."""
    for number, (item, place) in enumerate(sorted(told.items[dataset].items())):
        if versions := list(found.get(item, ())):
            _move(told.people[place.owner], place.owner, dataset, item, day, max(versions))
        if number % 500 == 499:
            alive()


def _move(person: Pseudonym, owner: str, dataset: str, item: str, day: str, ver: int) -> None:
    """Others may move heads of the same person meanwhile: it writes over nothing that it has not read."""
    for _ in range(ATTEMPTS):
        heads = _moved(person, dataset, item, day, ver)
        if heads == person.heads:
            return
        try:
            alone(adjust(person, Pseudonym.heads.set(heads), where=Pseudonym.heads == person.heads, otherwise=Moved()))
        except Moved:
            found = pseudonyms.known([owner]).get(owner)
            if found is None:
                return  # Erased, and must not come back.
            person.heads = found.heads
        else:
            person.heads = heads
            return
    raise Moved


def _moved(person: Pseudonym, dataset: str, item: str, day: str, ver: int) -> dict[str, dict[str, Any]]:
    """The heads with this one where it belongs; it never goes back."""
    heads, head = _heads(person), _head(person, dataset, item)
    if head and head["day"] > day:
        return heads
    reached = max(ver, head["ver"]) if head and head["day"] == day else ver
    fresh = {"day": day, "ver": reached, "after": _after(person, dataset, day, item)}
    return {**heads, dataset: {**heads.get(dataset, {}), item: fresh}}
