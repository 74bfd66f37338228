"""DynamoDB's own arithmetic: how large an item is, and how many units reading and writing it takes.

After AWS's pages "Item sizes and formats" and "Capacity unit consumption". `meter` applies it to real requests.
"""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
READ_BLOCK = 4096
WRITE_BLOCK = 1024


def item_size(item: Item) -> int:
    """Bytes of an item in DynamoDB's JSON: names and values; what storage adds per item is not charged on access."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return number_size(held)
    if kind == "B":
        return binary_size(held)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind in ("SS", "NS", "BS"):
        return sum(value_size({kind[0]: each}) for each in held)
    # A list or map takes 3 bytes, and one more for each element.
    if kind == "L":
        return 3 + sum(1 + value_size(each) for each in held)
    return 3 + sum(1 + len(name.encode()) + value_size(each) for name, each in held.items())


def number_size(text: str) -> int:
    """A byte for two significant digits, one more, and one for a minus; zeros at both ends are not significant."""
    digits = Decimal(text).normalize().as_tuple()
    return ceil(len(digits.digits) / 2) + 1 + digits.sign


def binary_size(held: str | bytes) -> int:
    """A request carries bytes as base64, a parsed answer as themselves."""
    return len(held if isinstance(held, bytes) else b64decode(held))


def read_units(items: Iterable[Item], *, consistent: bool) -> float:
    """One read request: the sizes are added up and rounded once; nothing found costs as much as the smallest item."""
    blocks = max(1, ceil(sum(item_size(item) for item in items) / READ_BLOCK))
    return blocks if consistent else blocks / 2


def write_units(*images: Item | None) -> int:
    """One write: the larger of the item before and after, at least one block."""
    return max(1, ceil(max((item_size(image) for image in images if image), default=0) / WRITE_BLOCK))


def index_units(index: tuple[str, str], before: Item | None, after: Item | None) -> int:
    """What a write costs in an index that projects everything: an entry that moves is deleted and written anew."""
    old, new = _entry(index, before), _entry(index, after)
    if old == new:
        return 0
    if old and new and [old[name] for name in index] == [new[name] for name in index]:
        return write_units(old, new)
    return sum(write_units(entry) for entry in (old, new) if entry)


def _entry(index: tuple[str, str], item: Item | None) -> Item | None:
    """An item without the key of an index is not in it."""
    return item if item and all(name in item for name in index) else None
