"""Refresh tokens: `<person>~<session>.<turn>.<signature>`. Nothing secret is stored; the signature proves the rest."""

import re

from chalicelib.errors import Unauthenticated
from chalicelib.keyring import keys

LONGEST = 300


class RefreshTokenInvalid(Unauthenticated):
    """The refresh token is not one of ours, has expired, or its session has ended."""


def token(user_id: str, session_id: str, turn: int) -> str:
    family = f"{user_id}~{session_id}"
    return f"{family}.{turn}.{keys().signed('refresh', f'{family}|{turn}')}"


def parsed(text: str) -> tuple[str, str, int]:
    """Person, session and turn of a refresh token that we signed."""
    family, turn, signature = [*text.split("."), "", ""][:3] if len(text) <= LONGEST else ("", "", "")
    user_id, _, session_id = family.partition("~")
    whole = text.count(".") == 2 and re.fullmatch(r"0|[1-9][0-9]{0,8}", turn) and signature.isascii()
    if not whole or not keys().proves("refresh", f"{family}|{int(turn)}", signature):
        raise RefreshTokenInvalid
    return user_id, session_id, int(turn)
