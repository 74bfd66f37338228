"""Every dataset for machine learning, on one screen: which facts it is made of and which columns it has.

A row has the columns of `COMMON` and those of its dataset, nothing else: what is not named here is never exported.
A new dataset is one entry.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.accounts.people import ROLES
from chalicelib.catalog.ids import ULID
from chalicelib.learning import ids
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


def thing(name: str, form: str) -> Column:
    """The id of something that is nobody's, such as a course."""
    whole = re.compile(form)
    return lambda payload: value if isinstance(value := payload.get(name), str) and whole.fullmatch(value) else None


def number(name: str, most: int) -> Column:
    """A number from 0 to `most`."""

    def chosen(payload: Mapping[str, Any]) -> int | float | None:
        value = payload.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        return value if 0 <= value <= most else None

    return chosen


def learned(subject: str) -> Key | None:
    """Where an enrollment lies, or the progress in a lesson that belongs to no course."""
    if enrolled := ids.enrolled(subject):
        return keys.enrollment(*enrolled)
    step = ids.lone_step(subject)
    return keys.lone_progress(*step) if step else None


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
    item: Callable[[str], Key | None] | None = None

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
        Dataset(
            "lesson_interactions_raw",
            facts=("enrollment.", "lesson.completed", "lesson.reopened"),
            scope="account",
            columns={
                "course": thing("course", rf"crs_{ULID}"),
                "lesson": thing("lesson", rf"les_{ULID}(-\d{{1,4}})?"),
                "ordinal": number("ordinal", 9999),
                "percentage": number("percentage", 100),
                "via": word("via", ("free", "order", "grant")),
            },
            item=learned,
        ),
        TOMBSTONES,
    )
}
