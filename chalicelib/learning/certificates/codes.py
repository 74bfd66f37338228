"""Codes of certificates: 120 random bits as six groups of four, readable aloud and from paper. Pure functions."""

import re
import secrets

#: No I, L, O or U: nothing that looks like something else, and no words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, LENGTH = 6, 4
_LOOK_ALIKE = str.maketrans("OIL", "011")
_CODE = re.compile(f"[{ALPHABET}]{{{GROUPS * LENGTH}}}")


def new() -> str:
    """Nobody finds one by trying: a billion guesses a second would need 10**19 years."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(GROUPS * LENGTH)))


def read(text: str) -> str | None:
    """The code as we write it, however somebody typed it; None for what cannot be one."""
    plain = re.sub(r"[\s.-]", "", text).upper().translate(_LOOK_ALIKE)
    return _grouped(plain) if _CODE.fullmatch(plain) else None


def _grouped(plain: str) -> str:
    return "-".join(plain[start : start + LENGTH] for start in range(0, len(plain), LENGTH))
