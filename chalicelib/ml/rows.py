"""From facts and tombstones to rows: the allow-listed columns under the person's pseudonym, nothing else.

The exporter and the reconciliation make the same row of the same fact, so that either can do the other's work.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from chalicelib import clock
from chalicelib.accounts import pseudonyms
from chalicelib.accounts.pseudonyms import Pseudonym, Tombstone
from chalicelib.messaging import router
from chalicelib.messaging.router import DAMAGED, Illegible
from chalicelib.ml.datasets import DATASETS, TOMBSTONES, Dataset
from chalicelib.table.facts import Fact

#: What the stream and the table tell.
Told = Fact | Tombstone
People = Mapping[str, Pseudonym]
#: How many rows of a dataset were not made, and why.
LeftOut = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One change in one dataset, filed under the day on which it happened, whenever it is exported."""

    dataset: str
    event: str
    pseudonym: str
    item: str
    ver: int | None
    what: str
    occurred: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> str:
        return self.occurred[:10]

    def columns(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "pseudonym": self.pseudonym,
            "item": self.item,
            "ver": self.ver,
            "what": self.what,
            "occurred": self.occurred,
            **self.values,
        }


def legible(image: Mapping[str, Any]) -> Told:
    """What an image of the stream or the table tells; raises `Illegible` for anything else."""
    try:
        return _tombstone(image) if image["kind"]["S"] == "tombstone" else router.legible(image)
    except Illegible:
        raise
    except DAMAGED as error:
        raise Illegible(f"unreadable: {type(error).__name__}: {error}") from error


def _tombstone(image: Mapping[str, Any]) -> Tombstone:
    found: Tombstone = Tombstone.from_raw_data(dict(image))
    if not found.pseudonym or not found.subject_ver:
        raise Illegible("unreadable: no pseudonym, no version")
    date.fromisoformat(found.day)
    return found


def known(told: Iterable[Told]) -> People:
    """The people of these changes who have a pseudonym, in one trip per hundred."""
    return pseudonyms.known({each.owner for each in told if isinstance(each, Fact) and any(_taking(each))})


def of(told: Told, people: People, left_out: LeftOut) -> list[Row]:
    """The rows of one change, one per dataset that takes it; `left_out` counts those that must not be made."""
    if isinstance(told, Tombstone):
        return [_buried(told)]
    rows = []
    for dataset in _taking(told):
        person = people.get(told.owner)
        if person is None:
            left_out[dataset.name, "unmapped"] += 1
        elif dataset.scope not in person.scopes:
            left_out[dataset.name, "withheld"] += 1
        else:
            rows.append(_row(dataset, told, person))
    return rows


def _taking(fact: Fact) -> Iterator[Dataset]:
    return (dataset for dataset in DATASETS.values() if dataset.takes(fact))


def _row(dataset: Dataset, fact: Fact, person: Pseudonym) -> Row:
    return Row(
        dataset=dataset.name,
        # Ids of facts tell the millisecond, and lead to the person in the audit log; whoever reads rows gets neither.
        event=clock.derived_id("evt", person.salt, fact.id),
        pseudonym=person.pseudonym,
        item=item_of(person.pseudonym) if fact.subject == fact.owner else _thing(person, fact.subject),
        ver=fact.subject_ver,
        what=fact.name,
        occurred=_hour(fact.at),
        values={name: column(fact.payload) for name, column in dataset.columns.items()},
    )


def item_of(pseudonym: str) -> str:
    """The person as an item, which a tombstone can name as well. Never made of the person's id, which can be tried."""
    return clock.derived_id("itm", pseudonym, "")


def _thing(person: Pseudonym, subject: str) -> str:
    """A thing of a person's. Others may know its id, and readers of rows the pseudonym: only the salt is a secret."""
    return clock.derived_id("itm", person.salt, subject)


def _hour(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")


def _buried(told: Tombstone) -> Row:
    return Row(
        dataset=TOMBSTONES.name,
        event=clock.derived_id("evt", told.pseudonym),
        pseudonym=told.pseudonym,
        item=item_of(told.pseudonym),
        ver=int(told.subject_ver),
        what="person.erased",
        occurred=f"{told.day}T00:00:00Z",
    )
