"""People as tests want them: bodies that register them, and items written to the table without asking the API."""

import time
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from chalicelib import clock
from chalicelib.accounts import names, passwords, pseudonyms, sessions
from chalicelib.accounts.records import User
from chalicelib.accounts.sessions import Device, Grant
from chalicelib.table import keys
from chalicelib.table.writes import Write, adjust, alone, commit, put
from chalicelib.web.identity import Standing

PASSWORD = "seven-lean-otters"
PATIENCE_SECONDS = 10.0
_numbers = count(1)


def registration(**changes: Any) -> dict[str, Any]:
    """A body that registers somebody; a field given as None is left out."""
    body = {
        "username": "asha",
        "email": "asha@example.org",
        "password": PASSWORD,
        "first_name": "Asha",
        "last_name": "Rao",
        "role": "student",
        "tier": "free",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


@cache
def password_hash(password: str = PASSWORD) -> str:
    return passwords.hashed(password)


def user(
    username: str = "",
    *,
    email: str = "",
    hash: str = "",
    roles: tuple[str, ...] = ("student",),
    tier: str = "free",
    listed: bool = True,
    first_name: str = "",
    created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC),
) -> User:
    id = clock.new_id("usr")
    name = username or f"person{next(_numbers)}"
    made: User = User.under(
        keys.user(id),
        id=id,
        ver=1,
        username=name,
        email=email or f"{keys.digest(name)[:12]}@example.org",
        password_hash=hash or password_hash(),
        first_name=first_name,
        roles=list(roles),
        tier=tier,
        listed=listed,
        time_zone="Asia/Kolkata",
        created_at=created_at,
        updated_at=created_at,
    )
    if "admin" in roles:
        made.gsi2pk, made.gsi2sk = keys.admins(), id
    return made


def standing(of: User) -> Standing:
    made: Standing = Standing.under(
        keys.standing(of.id),
        ver=1,
        session_version=1,
        banned=False,
        roles=list(of.roles),
        tier=of.tier,
        revoked={},
        created_at=of.created_at,
    )
    return made


def items(of: User) -> list[Write]:
    """All that an account consists of."""
    return [*names.claims(of), put(of), put(standing(of)), pseudonyms.made(of.id)]


def enlisted(username: str = "", **values: Any) -> User:
    """Somebody who has an account, but has never come through the door."""
    made = user(username, **values)
    write(made)
    return made


def signed_in(who: User) -> Grant:
    session, grant = sessions.opened(who, standing(who), Device("198.51.100.7", ""), clock.now())
    alone(put(session))
    return grant


def write(account: User) -> None:
    commit(items(account), time.monotonic() + PATIENCE_SECONDS, token=account.id)


def verified(user_id: str) -> None:
    """This person has followed the link in the mail."""
    mark = User.verified_at.set(datetime(2026, 1, 2, tzinfo=UTC))
    alone(adjust(User.under(keys.user(user_id)), mark, where=User.id.exists()))
