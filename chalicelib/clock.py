"""The only sources of time and identity."""

import hashlib
import os
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def now() -> datetime:
    return datetime.now(UTC)


def today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def new_id(prefix: str) -> str:
    """A new identity, `<prefix>_<ULID>`: sorts by the millisecond it was made in."""
    return f"{prefix}_{_base32(int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10)))}"


def random_id(prefix: str) -> str:
    """128 random bits in the same shape, which tell nothing of when or for whom they were made."""
    return f"{prefix}_{_base32(int.from_bytes(os.urandom(16)))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same identity for the same parts, in the same shape; its order means nothing."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16]))}"


def _base32(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
