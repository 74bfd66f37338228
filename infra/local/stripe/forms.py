"""Reads the form-encoded parameters of a request as strictly as Stripe does; `routes` says what each endpoint takes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from infra.local.stripe.refusals import malformed

Reader = Callable[[str, Any], Any]
METADATA_KEYS, METADATA_NAME, METADATA_VALUE = 50, 40, 500


def parsed(text: str) -> dict[str, Any]:
    """`metadata[order_id]=x&expand[0]=y` as a tree; what is a list is a mapping of its positions here."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *folders, last = name.replace("]", "").split("[")
        node = tree
        for folder in folders:
            inner = node.setdefault(folder or str(len(node)), {})
            if not isinstance(inner, dict):
                raise malformed(f"Invalid parameter: {name}", param=name)
            node = inner
        node[last or str(len(node))] = value
    return tree


def fingerprint(given: Mapping[str, Any]) -> str:
    """The same for the same parameters in any order."""
    return json.dumps(given, sort_keys=True)


@dataclass(frozen=True)
class Form:
    """What an endpoint takes: a reader by name, and which names it cannot do without."""

    readers: Mapping[str, Reader]
    needed: tuple[str, ...] = ()

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for name in given:
            if name not in self.readers:
                raise malformed(f"Received unknown parameter: {name}", "parameter_unknown", name)
        for name in self.needed:
            if not given.get(name):
                raise malformed(f"Missing required param: {name}.", "parameter_missing", name)
        return {name: self.readers[name](name, value) for name, value in given.items()}


def text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise malformed("Invalid string", param=name)
    return value


def whole(name: str, value: Any) -> int:
    digits = str(value)
    if not digits.removeprefix("-").isascii() or not digits.removeprefix("-").isdigit():
        raise malformed(f"Invalid integer: {value}", "parameter_invalid_integer", name)
    return int(digits)


def positive(name: str, value: Any) -> int:
    number = whole(name, value)
    if number < 1:
        raise malformed("This value must be greater than or equal to 1.", "parameter_invalid_integer", name)
    return number


def truth(name: str, value: Any) -> bool:
    if value not in ("true", "false"):
        raise malformed(f"Invalid boolean: {value}", "parameter_invalid_boolean", name)
    return bool(value == "true")


def words(name: str, value: Any) -> list[str]:
    if not isinstance(value, dict):
        raise malformed("Invalid array", param=name)
    return [text(name, value[place]) for place in sorted(value, key=lambda place: (len(place), place))]


def folder(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise malformed("Invalid object", param=name)
    return value


def moment(name: str, value: Any) -> Mapping[str, int]:
    """A time as a filter: one second, or bounds."""
    bounds = value if isinstance(value, dict) else {"gte": value, "lte": value}
    if not bounds.keys() <= {"gt", "gte", "lt", "lte"}:
        raise malformed("Invalid object", param=name)
    return {bound: whole(f"{name}[{bound}]", second) for bound, second in bounds.items()}


def metadata(name: str, value: Any) -> dict[str, str]:
    pairs = {key: text(f"{name}[{key}]", each) for key, each in folder(name, value).items()}
    if len(pairs) > METADATA_KEYS or any(len(key) > METADATA_NAME for key in pairs):
        raise malformed("Metadata can have up to 50 keys, with names of up to 40 characters.", param=name)
    for key, each in pairs.items():
        if len(each) > METADATA_VALUE:
            raise malformed("Metadata values can have up to 500 characters.", param=f"{name}[{key}]")
    return {key: each for key, each in pairs.items() if each}
