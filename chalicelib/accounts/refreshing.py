"""Refreshing with rotation: each use of the newest token of a session makes the next one.

The token before the newest stays good until the newest is first used and 20 seconds longer, because honest clients
lose answers and open several tabs. Anything older can only be a copy, and ends the session.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.accounts import refresh_tokens, sessions
from chalicelib.accounts.records import Session, User
from chalicelib.accounts.refresh_tokens import RefreshTokenInvalid
from chalicelib.accounts.sessions import SignedIn
from chalicelib.errors import Stale, Unauthenticated
from chalicelib.settings import settings
from chalicelib.table import keys as table_keys
from chalicelib.table import reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import adjust, alone, persistently, together
from chalicelib.web.identity import AccountBanned, Standing

GRACE = timedelta(seconds=20)


class RefreshTokenReused(Unauthenticated):
    """This refresh token had been replaced; its session has been ended for safety."""


def refresh(act: Act, text: str) -> SignedIn:
    """The next pair of tokens; two tabs that ask at once get the same pair's refresh token."""
    user_id, session_id, turn = refresh_tokens.parsed(text)

    def attempt() -> SignedIn | None:
        session, user, standing = family(user_id, session_id, act.now)
        newest = _rotated(session, turn, act.now)
        if newest is None:
            _end_reused(act, session, standing)
            return None
        return SignedIn(user, sessions.grant(user, standing, session_id, newest, act.now))

    outcome = persistently(act, attempt)
    if outcome is None:
        raise RefreshTokenReused
    return outcome


def family(user_id: str, session_id: str, now: datetime) -> tuple[Session, User, Standing]:
    wanted = table_keys.session(user_id, session_id), table_keys.user(user_id), table_keys.standing(user_id)
    found = reads.many(wanted)
    session, user, standing = (found.get(key) for key in wanted)
    if not (isinstance(session, Session) and isinstance(user, User) and isinstance(standing, Standing)):
        raise RefreshTokenInvalid
    if session.version != standing.session_version or min(session.expires_at, session.ends_at) <= now:
        raise RefreshTokenInvalid
    if standing.banned:
        raise AccountBanned
    return session, user, standing


def _rotated(session: Session, turn: int, now: datetime) -> int | None:
    """The turn whose token the caller gets; none where the presented one is a copy of something long replaced."""
    newest = int(session.turn)
    if turn == newest:
        alone(
            adjust(
                session,
                Session.turn.set(newest + 1),
                Session.rotated_at.set(now),
                Session.expires_at.set(min(now + timedelta(days=settings.refresh_days), session.ends_at)),
                where=Session.turn == newest,
                otherwise=Stale(),
            )
        )
        return newest + 1
    if turn == newest - 1 or (turn == newest - 2 and now - session.rotated_at <= GRACE):
        return newest
    return None


def _end_reused(act: Act, session: Session, standing: Standing) -> None:
    act = replace(act.unanswered(), actor=session.user_id)
    fact = act.fact("user.token_reused", session.user_id, audience=[session.user_id], session=session.id)
    together(act, *sessions.ending(session, standing, act.now), fact=fact, result=None)
