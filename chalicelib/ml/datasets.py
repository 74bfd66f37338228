"""Every dataset for machine learning, on one screen: which facts it is made of and which columns it has.

A row has the columns of `COMMON` and those of its dataset, nothing else: what is not named here is never exported.
A new dataset is one entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.accounts.people import ROLES
from chalicelib.table import keys
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key

#: Of every row. `event` is the same for the same change, `item` for the same thing of the same person.
COMMON = ("event", "pseudonym", "item", "ver", "what", "occurred")
#: Only in the raw zone: where in the stream the change stood (none where it was read from the table), and the export.
RAW = ("sequence", "exported")

Column = Callable[[Mapping[str, Any]], Any]


def word(name: str, allowed: tuple[str, ...]) -> Column:
    """A value of the payload that is one of these words."""
    return lambda payload: value if (value := payload.get(name)) in allowed else None


def word_list(name: str, allowed: tuple[str, ...]) -> Column:
    """Those of these words that a list of the payload has."""

    def chosen(payload: Mapping[str, Any]) -> list[str] | None:
        values = payload.get(name)
        return [each for each in allowed if each in values] if isinstance(values, list) else None

    return chosen


@dataclass(frozen=True, slots=True)
class Dataset:
    """`facts` are beginnings of names; `scope` is what a person's pseudonym must allow for their rows to go in here.

    Where each version of an item leaves one row, `item` tells where the item of a subject lies: each night the rows are
    compared with the version that it has.
    """

    name: str
    facts: tuple[str, ...]
    scope: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    item: Callable[[str], Key] | None = None

    def takes(self, fact: Fact) -> bool:
        return fact.name.startswith(self.facts)


TOMBSTONES = Dataset("tombstones", facts=(), scope="")

DATASETS: Mapping[str, Dataset] = {
    each.name: each
    for each in (
        Dataset(
            "account_activity",
            facts=("user.",),
            scope="account",
            columns={"roles": word_list("roles", ROLES), "tier": word("tier", ("free", "premium"))},
            item=keys.user,
        ),
        TOMBSTONES,
    )
}
