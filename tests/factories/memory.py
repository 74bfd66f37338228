"""A table in memory that runs the transactions of rules, for properties that need thousands of them.

It knows the conditions and actions that the rules of goals and of payments use. Between the read and the write of one
device, and in the midst of a read of several items, it lets another device act: `meanwhile` is asked each time.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import AddAction

from chalicelib.catalog import courses
from chalicelib.errors import Stale
from chalicelib.table import reads, writes
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write

Item = dict[str, dict[str, Any]]
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Memory:
    """`items` as they would lie in the table; `committed` counts transactions, `refused` those that came too late."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.items: dict[Key, Item] = {}
        self.meanwhile = meanwhile
        self.committed = self.refused = self.asked = 0

    def instead(self, monkeypatch: pytest.MonkeyPatch) -> "Memory":
        """In the place of the table for the rest of the test."""
        monkeypatch.setattr(reads, "many", self.many)
        monkeypatch.setattr(reads, "one", lambda _, key: self.many([key]).get(key))
        monkeypatch.setattr(writes, "commit", self.commit)
        for module in (writes, courses):
            monkeypatch.setattr(module, "pauses", lambda _: range(1_000))
        return self

    def put(self, *records: Record) -> None:
        self.items |= {record.key: record.serialize() for record in records}

    def of(self, *kinds: type[Record]) -> Iterator[Any]:
        names = {kind.kind.get_discriminator(kind) for kind in kinds}
        return (Record.from_raw_data(each) for each in self.items.values() if each["kind"]["S"] in names)

    def many(self, keys: Iterable[Key]) -> dict[Key, Record]:
        """Some of the items may be older than others, each some of the time."""
        wanted, self.asked = list(keys), self.asked + 1
        first = {key: self.items.get(key) for place, key in enumerate(wanted) if self.asked >> place & 1}
        self.meanwhile()
        found = {key: self.items.get(key) for key in wanted} | first
        return {key: Record.from_raw_data(item) for key, item in found.items() if item is not None}

    def commit(self, pieces: Iterable[Any], _: float, **__: Any) -> None:
        """All of them or none."""
        self.meanwhile()
        wanted: list[Write] = list(pieces)
        for write in wanted:
            if write.where is not None and not _holds(write.where, self.items.get(write.record.key, {})):
                self.refused += 1
                raise write.otherwise or Stale()
        self.committed += 1
        for write in wanted:
            self._do(write)

    def _do(self, write: Write) -> None:
        key = write.record.key
        if write.operation == "Put":
            self.items[key] = write.record.serialize()
        elif write.operation == "Delete":
            self.items.pop(key, None)
        elif write.operation == "Update":
            changed = dict(self.items.get(key) or {"pk": {"S": key.pk}, "sk": {"S": key.sk}})
            for action in write.actions:
                path, *value = action.values
                before = changed.pop(_name(path), {"N": "0"})
                changed |= {_name(path): each.values[0] for each in value}
                if isinstance(action, AddAction):
                    changed[_name(path)] = {"N": str(_number(before) + _number(changed[_name(path)]))}
            self.items[key] = changed


def _holds(condition: Condition, item: Item) -> bool:
    sign, values = condition.operator, condition.values
    if sign in ("AND", "OR"):
        return (all if sign == "AND" else any)(_holds(each, item) for each in values)
    held = item.get(_name(values[0]))
    if sign == "attribute_not_exists":
        return held is None
    if sign == "attribute_exists":
        return held is not None
    if sign == "=":
        return bool(held == values[1].values[0])
    other = item.get(_name(values[1])) if isinstance(values[1], Path) else values[1].values[0]
    return held is not None and other is not None and COMPARED[sign](_number(held), _number(other))


def _number(value: dict[str, Any]) -> int:
    return int(value["N"])


def _name(path: Any) -> str:
    assert isinstance(path, Path)
    return str(path.path[0])
