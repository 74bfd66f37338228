"""A page out, a signed opaque cursor in: a cursor opens only the list, filters and person it was made for."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from chalicelib.errors import Malformed
from chalicelib.keyring import keys

T = TypeVar("T")
SECONDS = 24 * 3600
LONGEST = 2048


class CursorInvalid(Malformed):
    """The cursor is damaged, too old, or belongs to another list."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Results of one page, and the cursor of the next one if there is more."""

    results: list[T]
    next_cursor: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a cursor is bound to."""

    route: str
    person: str
    filters: str = ""

    def bind(self, payload: str) -> str:
        return f"{self.route}\x1f{self.person}\x1f{self.filters}\x1f{payload}"


def cursor(scope: Scope, position: Any, now: datetime) -> str:
    payload = _encoded(json.dumps([int(now.timestamp()) + SECONDS, position], separators=(",", ":")).encode())
    return f"{payload}.{keys().signed('cursor', scope.bind(payload))}"


def position(scope: Scope, text: str, now: datetime) -> Any:
    """Where the cursor stands; refused unless we made it for this scope within the last day."""
    payload, _, signature = text.partition(".")
    if len(text) > LONGEST or not signature.isascii() or not keys().proves("cursor", scope.bind(payload), signature):
        raise CursorInvalid
    try:
        expires, where = json.loads(_decoded(payload))
    except (ValueError, binascii.Error) as cause:
        raise CursorInvalid from cause
    if now.timestamp() >= expires:
        raise CursorInvalid("The cursor is older than a day.")
    return where


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
