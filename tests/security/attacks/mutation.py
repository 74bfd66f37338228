"""Wounds for texts: what an attacker who holds something good would try with it."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chalicelib.errors import ProductError
from tests.security.attacks.table import Tally

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to three wounds; never the text itself."""
    out = text
    while out == text:
        for _ in range(chance.randint(1, 3)):
            out = _wounded(out, chance)
    return out


def _wounded(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1) if text else 0
    kind = chance.randrange(6)
    if kind == 0 and at < len(text):
        return text[:at] + chr(ord(text[at]) ^ 1 << chance.randrange(7)) + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + chance.choice(LETTERS) + text[at:]
    if kind == 3:
        return text[:at]
    if kind == 4:
        return text[:at] + chance.choice(LETTERS) + text[at + 1 :]
    return text[at:] + text[:at]


def mutations(text: str, number: int, chance: random.Random | None = None) -> Iterator[str]:
    chance = chance or random.Random(20260101)
    return (mutated(text, chance) for _ in range(number))


def require_refused(tally: Tally, what: str, check: Callable[[str], Any], texts: Iterable[str]) -> None:
    """Each text must be refused as the product refuses: by an error of its own."""
    for text in texts:
        try:
            check(text)
        except ProductError:
            tally.count(True, "")
        except Exception as error:  # noqa: BLE001 -- any other exception is the finding
            tally.count(False, f"{what}: {error!r}: {text[:80]!r}")
        else:
            tally.count(False, f"{what} accepted: {text[:120]!r}")
