"""Who is asking: a bearer token becomes a `Caller`, and a caller's standing says whether the token may still act.

The token's roles and tier are hints, at most 15 minutes old. The standing item is the truth; writing and
administrative routes read it in their first trip to the table.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import jwt
from jwt.utils import base64url_decode
from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.errors import Forbidden, Unauthenticated
from chalicelib.keyring import keys
from chalicelib.settings import settings
from chalicelib.table.acts import ANONYMOUS
from chalicelib.table.record import Record, words

AUDIENCE = "learnflow-api"
LEEWAY = 30
LONGEST = 4096
_SUBJECT = re.compile(r"[A-Za-z0-9_-]{1,80}")
REQUIRED = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid"]


class TokenMissing(Unauthenticated):
    """Sign in and send the access token as `Authorization: Bearer <token>`."""


class TokenInvalid(Unauthenticated):
    """The access token is not one of ours, or not an access token."""


class TokenExpired(Unauthenticated):
    """The access token has expired; refresh it and try again."""


class SessionEnded(Unauthenticated):
    """This session has been signed out; sign in again."""


class AccountBanned(Forbidden):
    """This account has been suspended."""


class RoleMissing(Forbidden):
    """Your account does not have the role that this takes."""


@dataclass(frozen=True, slots=True)
class Caller:
    id: str
    roles: frozenset[str] = frozenset()
    tier: str = "free"
    session: str = ""
    session_version: int = 0
    verified: bool = False
    zone: str = settings.default_zone
    #: The day and the second of its end, where quotas count by a zone that was left lately.
    held_day: tuple[str, int] | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.id == ANONYMOUS


NOBODY = Caller(ANONYMOUS)


class Standing(Record, discriminator="standing"):
    """Written by accounts, read at the door."""

    session_version = NumberAttribute()
    banned = BooleanAttribute()
    roles = words()
    tier = UnicodeAttribute()
    #: Sessions signed out so lately that their access tokens may still be alive: {session: when they all are dead}.
    revoked = JSONAttribute()


def access_token(caller: Caller, *, now: datetime, id: str) -> str:
    issued = int(now.timestamp())
    ring = keys()
    return jwt.encode(
        {
            "iss": settings.issuer,
            "aud": AUDIENCE,
            "sub": caller.id,
            "jti": id,
            "sid": caller.session,
            "iat": issued,
            "nbf": issued,
            "exp": issued + settings.access_seconds,
            "sv": caller.session_version,
            "roles": sorted(caller.roles),
            "tier": caller.tier,
            "verified": caller.verified,
            "zoneinfo": caller.zone,
            **({} if caller.held_day is None else {"held_day": caller.held_day}),
        },
        ring.own_key("access"),
        algorithm="HS256",
        headers={"kid": ring.current, "typ": "at+jwt"},
    )


def caller_of(authorization: str | None) -> Caller:
    """The caller named by an `Authorization` header; nobody where there is none."""
    if not authorization:
        return NOBODY
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenInvalid("The Authorization header must be of the form: Bearer <token>")
    return caller_in(token.strip())


def caller_in(token: str) -> Caller:
    claims = claims_of(token)
    try:
        return Caller(
            id=claims["sub"],
            roles=frozenset(claims["roles"]),
            tier=claims["tier"],
            session=claims["sid"],
            session_version=claims["sv"],
            verified=claims["verified"],
            zone=claims["zoneinfo"],
            held_day=tuple(claims["held_day"]) if "held_day" in claims else None,
        )
    except (KeyError, TypeError) as cause:
        raise TokenInvalid from cause


def claims_of(token: str) -> Mapping[str, Any]:
    """The claims of an access token that is ours, of the right type, and alive."""
    if not token or len(token) > LONGEST:
        raise TokenInvalid
    header = _header(token)
    kid = header.get("kid")
    key = keys().key(kid, "access") if isinstance(kid, str) else None
    if key is None or header.get("typ") != "at+jwt" or "crit" in header:
        raise TokenInvalid
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=settings.issuer,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
    except jwt.ExpiredSignatureError as cause:
        raise TokenExpired from cause
    except (jwt.InvalidTokenError, ValueError, RecursionError) as cause:
        raise TokenInvalid from cause
    if not _SUBJECT.fullmatch(claims["sub"]) or not _says_each_thing_once(token):
        raise TokenInvalid
    return claims


def _header(token: str) -> Mapping[str, Any]:
    """What the token says of itself, before anything of it is checked; `jwt.decode` reads it again, and strictly."""
    try:
        header = json.loads(base64url_decode(token.partition(".")[0]))
    except (ValueError, RecursionError) as cause:
        raise TokenInvalid from cause
    return header if isinstance(header, dict) else {}


def _says_each_thing_once(token: str) -> bool:
    """Readers of JSON differ in which of two equal names they believe, so a token with two is nobody's."""
    for part in token.split(".")[:2]:
        pairs = json.loads(base64url_decode(part), object_pairs_hook=list)
        if len({name for name, _ in pairs}) != len(pairs):
            return False
    return True


def confirmed(caller: Caller, standing: Record | None, now: datetime) -> Caller:
    """The caller as the table knows it now; refused where the token may no longer act."""
    if not isinstance(standing, Standing):
        raise SessionEnded("This account no longer exists.")
    if standing.banned:
        raise AccountBanned
    dead_at = standing.revoked.get(caller.session, 0)
    if int(standing.session_version) != caller.session_version or dead_at > now.timestamp():
        raise SessionEnded
    return replace(caller, roles=frozenset(standing.roles), tier=standing.tier)
