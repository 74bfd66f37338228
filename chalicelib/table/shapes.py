"""How the items of a kind look on the wire, worked out once for each class; `Record` reads and writes by it.

pynamodb asks each attribute anew, through its descriptors, for every item. What comes out is the same.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

Item = Mapping[str, Mapping[str, Any]]
Step = Callable[[Any], Any]
_json = json.JSONDecoder(strict=False).decode


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute: how a value of it is read and written; `None` where it is the same on both sides."""

    name: str
    wire: str
    attribute: Attribute[Any]
    kind: str
    read: Step | None
    write: Step | None


class Shape:
    """`fields` in the order of pynamodb, which is alphabetical."""

    def __init__(self, kind: type[Model]) -> None:
        self._kind, attributes = kind, kind.get_attributes()
        self.fields = tuple(_field(name, attribute) for name, attribute in attributes.items())
        defaults = {name: each.default for name, each in attributes.items() if each.default is not None}
        self._made = {name: default for name, default in defaults.items() if callable(default)}
        [(self._kind_in, named)] = [
            (n, each) for n, each in attributes.items() if isinstance(each, DiscriminatorAttribute)
        ]
        known = {} if named.get_discriminator(kind) is None else {self._kind_in: kind}
        self._defaults: dict[str, Any] = {**known, **defaults}
        #: What may be set without asking the attribute.
        self.plain = frozenset(each.name for each in self.fields if type(each.attribute).__set__ is Attribute.__set__)

    def defaults(self) -> dict[str, Any]:
        values = self._defaults.copy()
        for name, make in self._made.items():
            values[name] = make()
        return values

    def read(self, item: Item, values: dict[str, Any]) -> None:
        """Put what the item says over the values."""
        for field in self.fields:
            said = item.get(field.wire)
            if said:
                held = said.get(field.kind)
                if held is None:
                    if "NULL" in said:
                        continue
                    held = field.attribute.get_value(said)  # type: ignore[arg-type]
                values[field.name] = held if field.read is None else field.read(held)
        if values.get(self._kind_in, self._kind) is not self._kind:
            raise ValueError(f"The discriminator attribute must be set to the instance type: {self._kind}")

    def written(self, values: Mapping[str, Any], *, null_check: bool) -> dict[str, dict[str, Any]]:
        item = {}
        for field in self.fields:
            value = values.get(field.name)
            if value is not None and field.write is not None:
                value = field.write(value)
            if value is not None:
                item[field.wire] = {field.kind: value}
            elif null_check and not field.attribute.null:
                raise AttributeNullError(field.name)
        return item


def _field(name: str, attribute: Attribute[Any]) -> Field:
    if isinstance(attribute, MapAttribute) or attribute.default_for_new is not None:
        raise TypeError(f"{name} is of a sort that is not read and written here")
    read, write = _reading(attribute), _writing(attribute)
    return Field(name, attribute.attr_name, attribute, attribute.attr_type, read, write)


def _reading(attribute: Attribute[Any]) -> Step | None:
    theirs = type(attribute).deserialize
    if theirs is Attribute.deserialize:
        return None
    if theirs is ListAttribute.deserialize:
        return _texts(attribute) if attribute.element_type is UnicodeAttribute else attribute.deserialize  # type: ignore[attr-defined]
    ours: Step = _READING.get(theirs, attribute.deserialize)
    return ours


def _writing(attribute: Attribute[Any]) -> Step | None:
    theirs = type(attribute).serialize
    return None if theirs is Attribute.serialize else _WRITING.get(theirs, attribute.serialize)


def _texts(attribute: Attribute[Any]) -> Step:
    def read(held: Any) -> Any:
        try:
            return [each["S"] for each in held]
        except KeyError:
            return attribute.deserialize(held)

    return read


def _number(held: str) -> Any:
    try:
        return int(held)
    except ValueError:
        return json.loads(held)


def _number_text(value: Any) -> str:
    return str(value) if type(value) is int else json.dumps(value)


def _end(held: str) -> datetime:
    return datetime.fromtimestamp(_number(held), tz=UTC)


_READING: dict[Any, Step] = {
    NumberAttribute.deserialize: _number,
    JSONAttribute.deserialize: _json,
    BooleanAttribute.deserialize: bool,
    TTLAttribute.deserialize: _end,
}
_WRITING: dict[Any, Step] = {NumberAttribute.serialize: _number_text}
