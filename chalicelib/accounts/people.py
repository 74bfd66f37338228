"""People: registering, their profiles and roles."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.accounts import mail_tokens, names, passwords, pseudonyms, records, sessions
from chalicelib.accounts.records import User, UsernameClaim
from chalicelib.accounts.sessions import Device, SignedIn
from chalicelib.errors import FieldError, Invalid, NotFound, Stale, invalid
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, adjust, change, persistently, put_new, together
from chalicelib.web.identity import Standing

SYNONYMS = {"child": "student", "teacher": "instructor"}
ROLES = ("student", "instructor", "admin")


class PersonUnknown(NotFound):
    """There is no such person."""


class PasswordWeak(Invalid):
    """This password is too easy to guess."""


class ProfileChanged(Stale):
    """The profile has changed since you read it; read it again."""


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


def me(act: Act) -> User:
    """The person who asks, read together with their standing."""
    found = act.read([keys.user(act.actor)]).get(keys.user(act.actor))
    if not isinstance(found, User):
        raise PersonUnknown
    return found


def person(user_id: str) -> User:
    user = records.user(user_id)
    if user is None or user.erased_at is not None:
        raise PersonUnknown
    return user


def change_profile(act: Act, wishes: Mapping[str, Any], expected: int | None) -> User:
    """Change what a person says of themselves; only what differs is written, nothing different writes nothing.

    Somebody who names the version they read is refused where it is no longer the present one; others win in turn.
    """
    if expected is None:
        return persistently(act, lambda: _change_profile(act, me(act), wishes))
    user = me(act)
    if int(user.ver) != expected:
        raise ProfileChanged
    return _change_profile(act, user, wishes)


def _change_profile(act: Act, user: User, wishes: Mapping[str, Any]) -> User:
    changes = {name: value for name, value in wishes.items() if getattr(user, name) != value}
    if not changes:
        return user
    before = {name: getattr(user, name) for name in changes}
    actions = [
        getattr(User, name).set(value) if value is not None else getattr(User, name).remove()
        for name, value in changes.items()
    ]
    write = change(user, *actions, now=act.now, otherwise=ProfileChanged())
    writes = [write, *_directory(user, changes)]
    after = copied(user, changes, act.now)
    fact = act.fact("user.profile_changed", user.id, audience=[user.id], ver=int(after.ver), fields=sorted(changes))
    return together(act, *writes, fact=fact, detail={"before": before, "after": changes}, result=after)


def _directory(user: User, changes: Mapping[str, Any]) -> list[Write]:
    if "listed" not in changes:
        return []
    claim = UsernameClaim.under(keys.username(user.username.lower()))
    return [adjust(claim, UsernameClaim.listed.set(changes["listed"]), where=UsernameClaim.user_id == user.id)]


def copied(user: User, changes: Mapping[str, Any], now: datetime) -> User:
    """The person as the transaction will leave them; the original serves a second attempt."""
    after: User = User.from_raw_data(user.serialize())
    for name, value in {**changes, "ver": int(user.ver) + 1, "updated_at": now}.items():
        setattr(after, name, value)
    return after


def add_role(act: Act, role: str) -> User:
    """Take a role that anybody may take; having it already is no error."""
    if role == "instructor" and not settings.instructors_register_themselves:
        raise invalid("role", "not_by_yourself", "Ask an administrator to become an instructor.")

    def attempt() -> User:
        user = me(act)
        return user if role in user.roles else with_rights(act, user, {"roles": in_order([*user.roles, role])})

    return persistently(act, attempt)


def in_order(roles: Iterable[str]) -> list[str]:
    return [role for role in ROLES if role in set(roles)]


def with_rights(act: Act, user: User, changes: Mapping[str, Any], *guards: Write) -> User:
    """Set somebody's roles or tier, on the person and on their standing at once. One fact tells of all that changed."""
    standing = sessions.standing_of(user.id)
    writes = [
        *guards,
        change(user, *(getattr(User, name).set(value) for name, value in changes.items()), now=act.now),
        change(standing, *(getattr(Standing, name).set(value) for name, value in changes.items()), now=act.now),
    ]
    after = copied(user, changes, act.now)
    name = "user.role_changed" if "roles" in changes else "user.tier_changed"
    fact = act.fact(name, user.id, audience=[user.id], ver=int(after.ver), **changes)
    detail = {"before": {each: _plain(getattr(user, each)) for each in changes}, "after": dict(changes)}
    return together(act, *writes, fact=fact, detail=detail, result=after)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value
