"""Sessions: signing in, signing out. A session is one refresh family on one device; `refreshing.py` keeps it alive."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.accounts import names, passwords, refresh_tokens, zones
from chalicelib.accounts.records import Session, User
from chalicelib.accounts.refresh_tokens import RefreshTokenInvalid
from chalicelib.errors import NotFound, Stale, Unauthenticated
from chalicelib.settings import settings
from chalicelib.table import keys as table_keys
from chalicelib.table import reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import (
    AnswerRecorded,
    Piece,
    Write,
    adjust,
    alone,
    change,
    check,
    commit,
    delete,
    persistently,
    put,
    together,
)
from chalicelib.web import attempts, identity, limits
from chalicelib.web.identity import AccountBanned, Caller, Standing
from chalicelib.web.windows import HeldDay


class CredentialsWrong(Unauthenticated):
    """The name or the password is wrong."""


class SessionUnknown(NotFound):
    """You have no such session."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in from, as told by the request."""

    address: str
    agent: str

    def label(self) -> str:
        return self.agent[:200]


@dataclass(frozen=True, slots=True)
class Grant:
    """What the two tokens of an answer are made from, any number of times the same."""

    user_id: str
    session_id: str
    turn: int
    issued_at: str
    jti: str
    session_version: int
    roles: list[str]
    tier: str
    verified: bool
    zone: str
    held_day: HeldDay | None = None

    def access_token(self) -> str:
        caller = Caller(
            id=self.user_id,
            roles=frozenset(self.roles),
            tier=self.tier,
            session=self.session_id,
            session_version=self.session_version,
            verified=self.verified,
            zone=self.zone,
            held_day=self.held_day,
        )
        return identity.access_token(caller, now=datetime.fromisoformat(self.issued_at), id=self.jti)

    def refresh_token(self) -> str:
        return refresh_tokens.token(self.user_id, self.session_id, self.turn)

    def seed(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The outcome of registering, signing in and refreshing."""

    user: User
    grant: Grant


def opened(user: User, standing: Standing, device: Device, now: datetime) -> tuple[Session, Grant]:
    """A new session and its first pair of tokens; the rule that composes it writes the session."""
    id = clock.new_id("ses")
    session: Session = Session.under(
        table_keys.session(user.id, id),
        id=id,
        user_id=user.id,
        version=standing.session_version,
        turn=0,
        rotated_at=now,
        expires_at=now + timedelta(days=settings.refresh_days),
        ends_at=now + timedelta(days=settings.session_days),
        device=device.label(),
        place=limits.network(device.address),
        created_at=now,
        ttl=now + timedelta(days=settings.session_days + 1),
    )
    return session, grant(user, standing, id, 0, now)


def grant(user: User, standing: Standing, session_id: str, turn: int, now: datetime) -> Grant:
    return Grant(
        user_id=user.id,
        session_id=session_id,
        turn=turn,
        issued_at=now.isoformat(),
        jti=clock.new_id("jti"),
        session_version=int(standing.session_version),
        roles=sorted(standing.roles),
        tier=standing.tier,
        verified=user.verified_at is not None,
        zone=user.time_zone,
        held_day=zones.held_day(user, now),
    )


def sign_in(act: Act, identifier: str, password: str, device: Device) -> SignedIn:
    """Four trips: whose name it is, count the attempt, the person, the session. Unknown names cost the same."""
    claimed = names.owner(identifier)
    attempt = attempts.count(claimed or table_keys.digest(identifier.strip().lower()), device.address, act.now)
    user, standing = _person(claimed or "usr_nobody")
    verdict = passwords.verify(password, user.password_hash) if user else passwords.verify_nobody(password)
    if user is None or standing is None or not verdict.matches:
        raise CredentialsWrong
    if standing.banned:
        raise AccountBanned
    session, grant = opened(user, standing, device, act.now)
    writes: list[Piece] = [
        put(session),
        # A ban or a new password that comes between the reading and this write must not be outrun.
        check(standing, Standing.session_version == int(standing.session_version), otherwise=CredentialsWrong()),
        *attempt.refunds(),
    ]
    fact = replace(act, actor=user.id).fact("user.logged_in", user.id, audience=[user.id], session=session.id)
    detail = {"place": session.place, "device": session.device}
    try:
        signed_in = together(act, *writes, fact=fact, detail=detail, result=SignedIn(user, grant))
    except AnswerRecorded:  # The repeat of a sign-in that succeeded is no attempt either.
        commit(attempt.refunds(), act.deadline, token=clock.new_id("rfd"))
        raise
    if verdict.outdated:
        with suppress(Stale):  # Another sign-in has just done it.
            alone(_rehashed(user, password))
    return signed_in


def _person(user_id: str) -> tuple[User | None, Standing | None]:
    found = reads.many([table_keys.user(user_id), table_keys.standing(user_id)])
    user, standing = found.get(table_keys.user(user_id)), found.get(table_keys.standing(user_id))
    alive = isinstance(user, User) and user.erased_at is None
    return (user if alive and isinstance(user, User) else None), (standing if isinstance(standing, Standing) else None)


def _rehashed(user: User, password: str) -> Write:
    fresh = User.password_hash.set(passwords.hashed(password))
    return adjust(user, fresh, where=User.password_hash == user.password_hash)


def ending(session: Session, standing: Standing, now: datetime) -> list[Write]:
    """End one session: no more refreshes, and its living access tokens may no longer write."""
    return [
        delete(session, where=Session.pk.exists()),
        change(standing, Standing.revoked.set(_with_revoked(standing.revoked, session.id, now)), now=now),
    ]


def _with_revoked(revoked: Mapping[str, float], session_id: str, now: datetime) -> dict[str, float]:
    moment = now.timestamp()
    kept = {id: until for id, until in revoked.items() if until > moment}
    return {**kept, session_id: moment + settings.access_seconds + 2 * identity.LEEWAY}


def sign_out(act: Act, user_id: str, session_id: str) -> None:
    """End this session; ending one that has ended already is no error."""
    persistently(act, lambda: _sign_out(replace(act, actor=user_id), session_id))


def _sign_out(act: Act, session_id: str) -> None:
    wanted = table_keys.session(act.actor, session_id), table_keys.standing(act.actor)
    found = reads.many(wanted)
    session, standing = (found.get(key) for key in wanted)
    if isinstance(session, Session) and isinstance(standing, Standing):
        fact = act.fact("user.logged_out", act.actor, audience=[act.actor], session=session_id)
        together(act, *ending(session, standing, act.now), fact=fact, result=None)


def revoke(act: Act, session_id: str) -> None:
    if reads.one(Session, table_keys.session(act.actor, session_id)) is None:
        raise SessionUnknown
    sign_out(act, act.actor, session_id)


def of(user_id: str, version: int, now: datetime) -> list[Session]:
    """The living sessions of a person, newest first."""
    found = reads.all_of(table_keys.user(user_id).pk, prefix="SESSION#")
    living = [
        each
        for each in found
        if isinstance(each, Session) and int(each.version) == version and min(each.expires_at, each.ends_at) > now
    ]
    return sorted(living, key=lambda each: each.created_at or now, reverse=True)


def ending_all(standing: Standing, now: datetime) -> Write:
    """End every session at once: sessions and access tokens of the old version are dead."""
    return change(standing, Standing.session_version.set(int(standing.session_version) + 1), now=now)


def standing_of(user_id: str) -> Standing:
    standing = reads.one(Standing, table_keys.standing(user_id))
    if standing is None:
        raise RefreshTokenInvalid
    return standing
