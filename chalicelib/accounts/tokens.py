"""What a token says of itself, for clients that ask whether it is still good."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.accounts import refresh_tokens, refreshing
from chalicelib.accounts.refresh_tokens import RefreshTokenInvalid
from chalicelib.table import keys, reads
from chalicelib.web import identity
from chalicelib.web.identity import Standing


@dataclass(frozen=True, slots=True)
class TokenFacts:
    token_type: str
    user_id: str
    expires_at: datetime


def facts_of(token: str, now: datetime) -> TokenFacts:
    """Refused like any request with it would be: the table is asked, not the token alone."""
    if "~" in token:
        return _refresh_facts(token, now)
    caller = identity.caller_in(token)
    identity.confirmed(caller, reads.one(Standing, keys.standing(caller.id)), now)
    expires = datetime.fromtimestamp(identity.claims_of(token)["exp"], UTC)
    return TokenFacts("access", caller.id, expires)


def _refresh_facts(token: str, now: datetime) -> TokenFacts:
    user_id, session_id, turn = refresh_tokens.parsed(token)
    session, _, _ = refreshing.family(user_id, session_id, now)
    if turn < int(session.turn) - 1:
        raise RefreshTokenInvalid
    return TokenFacts("refresh", user_id, min(session.expires_at, session.ends_at))
