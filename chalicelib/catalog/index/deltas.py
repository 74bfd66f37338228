"""What has changed since the base was made, all of it, in one small object.

Each part says in which publication it came, so that an instance unpacks only what it has not seen. A part replaces the
one before it of the same thing; their order in the object means nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from chalicelib.catalog.index import files
from chalicelib.catalog.index.cards import Entry
from chalicelib.catalog.index.files import Damaged

#: Beyond this a new base is made.
LARGEST = 1_000_000
_END = b"\n"


class Part(NamedTuple):
    """`at` is the sequence of its publication; `read_at` the second in which it was read from the table."""

    at: int
    read_at: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Delta:
    """`categories` are all rows of them, none where they are as in the base; `moved` is when they came."""

    parts: Mapping[str, Part]
    categories: list[list[Any]] | None = None
    moved: int = 0

    def with_(self, entries: Iterable[Entry], at: int, read_at: int) -> "Delta":
        fresh = {entry["id"]: Part(at, read_at, files.packed(entry)) for entry in entries}
        return replace(self, parts={**self.parts, **fresh})

    def with_categories(self, rows: list[list[Any]], at: int) -> "Delta":
        return replace(self, categories=rows, moved=at)

    def since(self, sequence: int) -> list[Entry]:
        """What came after this publication."""
        return [files.unpacked(part.packed) for part in self.parts.values() if part.at > sequence]

    def categories_since(self, sequence: int) -> list[list[Any]] | None:
        return self.categories if self.moved > sequence else None

    def carried(self, since: int, at: int) -> "Delta":
        """What a base lacks that was begun at `since`, as part of the publication `at`."""
        parts = {id: part._replace(at=at) for id, part in self.parts.items() if part.at > since}
        rows = self.categories_since(since)
        return Delta(parts, rows, at if rows is not None else 0)

    @property
    def size(self) -> int:
        return sum(len(part.packed) for part in self.parts.values())

    def text(self) -> bytes:
        listed = [[id, part.at, part.read_at, len(part.packed)] for id, part in self.parts.items()]
        head = {"form": files.FORM, "categories": self.categories, "moved": self.moved, "parts": listed}
        return b"".join([json.dumps(head).encode(), _END, *(part.packed for part in self.parts.values())])


EMPTY = Delta({})


def read(text: bytes) -> Delta:
    head, _, rest = text.partition(_END)
    try:
        said = json.loads(head)
        form, parts, start = said["form"], dict[str, Part](), 0
        for id, at, read_at, size in said["parts"]:
            parts[id] = Part(at, read_at, rest[start : start + size])
            start += size
        categories, moved = said["categories"], said["moved"]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged("no delta") from error
    if form != files.FORM:
        raise Damaged(f"form {form}, wanted {files.FORM}")
    return Delta(parts, categories, moved)
