"""Registering: a new account, signed in, with everything that makes its name and address unique."""

import re
from dataclasses import dataclass, replace

from chalicelib import clock
from chalicelib.accounts import mail_tokens, names, passwords, pseudonyms, sessions
from chalicelib.accounts.records import User
from chalicelib.accounts.sessions import Device, SignedIn
from chalicelib.errors import FieldError, Invalid, invalid
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.writes import put_new, together
from chalicelib.web.identity import Standing

SYNONYMS = {"child": "student", "teacher": "instructor"}


class PasswordWeak(Invalid):
    """This password is too easy to guess."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody who registers says of themselves, already of the right form."""

    email: str
    password: str
    username: str | None
    first_name: str
    last_name: str
    role: str
    tier: str
    time_zone: str
    language: str


def register(act: Act, wish: Registration, device: Device) -> SignedIn:
    """A new account, signed in, with a mail on its way that verifies the address. One trip."""
    role, kind = _role_of(wish)
    _require_free_tier(wish.tier)
    name = wish.username or _name_from(wish.email)
    require_strong(wish.password, username=name, email=wish.email, name=f"{wish.first_name} {wish.last_name}")
    user = _made(act, wish, name, role, kind)
    standing = _standing(user)
    session, grant = sessions.opened(user, standing, device, act.now)
    token = mail_tokens.new("verify", user.id, act.now)
    fact = replace(act, actor=user.id).fact("user.registered", user.id, audience=[user.id], ver=1, token=token.id)
    account = [*names.claims(user), put_new(user), put_new(standing), pseudonyms.made(user.id)]
    writes = [*account, put_new(session), put_new(token)]
    detail = {"place": session.place, "device": session.device, "username": user.username, "email": user.email}
    return together(act, *writes, fact=fact, detail=detail, result=SignedIn(user, grant))


def _made(act: Act, wish: Registration, name: str, role: str, kind: str) -> User:
    id = clock.new_id("usr")
    user: User = User.under(
        keys.user(id),
        id=id,
        ver=1,
        username=name,
        email=wish.email,
        password_hash=passwords.hashed(wish.password),
        first_name=wish.first_name,
        last_name=wish.last_name,
        roles=[role],
        account_kind=kind,
        tier="free",
        time_zone=wish.time_zone,
        language=wish.language,
        # A name made of the mail address is not shown to strangers before its owner wants that.
        listed=wish.username is not None,
        created_at=act.now,
        updated_at=act.now,
    )
    return user


def _standing(user: User) -> Standing:
    standing: Standing = Standing.under(
        keys.standing(user.id),
        ver=1,
        session_version=1,
        banned=False,
        roles=list(user.roles),
        tier=user.tier,
        revoked={},
        created_at=user.created_at,
    )
    return standing


def _role_of(wish: Registration) -> tuple[str, str]:
    role = SYNONYMS.get(wish.role, wish.role)
    if wish.role == "child":
        raise invalid("role", "not_by_yourself", "A guardian, a teacher or an administrator creates child accounts.")
    if role == "admin":
        raise invalid("role", "not_by_yourself", "Nobody registers as an administrator.")
    if role == "instructor" and not settings.instructors_register_themselves:
        raise invalid("role", "not_by_yourself", "Ask an administrator to become an instructor.")
    return role, "teacher" if wish.role == "teacher" else "standard"


def _require_free_tier(tier: str) -> None:
    if tier != "free":
        raise invalid(
            "tier", "not_by_yourself", "Accounts start free; premium is bought, or granted by an administrator."
        )


def _name_from(email: str) -> str:
    """A username for somebody who gave none: from the mail name, with an ending that makes it unlikely to be taken."""
    local = re.sub(r"[^A-Za-z0-9._-]", "", email.partition("@")[0])[:20] or "learner"
    return f"{local}-{clock.new_id('n')[-5:].lower()}"


def require_strong(password: str, *, username: str, email: str, name: str, field: str = "password") -> None:
    found = passwords.weaknesses(password, username=username, email=email, name=name, minimum=settings.password_minimum)
    if found:
        errors = [FieldError(field, weakness.code, weakness.message) for weakness in found]
        raise PasswordWeak(errors=errors)
