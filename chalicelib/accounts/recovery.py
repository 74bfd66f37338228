"""Proving an address, and getting back in: verification, forgotten and changed passwords.

Asking for a mail does the same work whether or not the address has an account: it records that somebody asked. Only
the mailer, which nobody can time, looks whose address it is.
"""

from contextlib import suppress
from dataclasses import replace

from chalicelib import clock
from chalicelib.accounts import mail_tokens, passwords, people, registering, sessions
from chalicelib.accounts.records import AddressClaim, MailToken, User
from chalicelib.accounts.sessions import Device, SignedIn
from chalicelib.errors import ProductError, invalid
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import AlreadyThere, alone, change, persistently, put, put_new, together
from chalicelib.web import limits

ASKED = {"verify": "auth.verification_requested", "reset": "auth.reset_requested"}


def ask(act: Act, purpose: str, email: str) -> None:
    """Have a mail sent to this address, if it is anybody's."""
    digest = keys.digest(email)
    limits.take("reset" if purpose == "reset" else "resend", digest, act.now)
    together(act, fact=act.fact(ASKED[purpose], clock.new_id("req"), address=digest), result=None)


def asked(fact: Fact, purpose: str) -> tuple[User, MailToken] | None:
    """Whose mail was asked for, and the token to put into it; the mailer calls this as often as it likes."""
    claim = reads.one(AddressClaim, keys.address(fact.payload["address"]))
    user = reads.one(User, keys.user(claim.user_id)) if claim else None
    if user is None or (purpose == "verify" and user.verified_at is not None):
        return None
    token = mail_tokens.new(purpose, user.id, fact.at, id=clock.derived_id("mtk", fact.id))
    with suppress(AlreadyThere):
        alone(put_new(token))
    return user, token


def verify(act: Act, token: str) -> User:
    """The bearer has read mail sent to the address: it is theirs."""
    return persistently(act, lambda: _verify(act, token))


def _verify(act: Act, token: str) -> User:
    user, use_up = mail_tokens.redeem("verify", token, act.now)
    act = replace(act, actor=user.id)
    after = people.copied(user, {"verified_at": act.now}, act.now)
    write = change(user, User.verified_at.set(act.now), now=act.now)
    fact = act.fact("user.verified", user.id, audience=[user.id], ver=int(after.ver))
    return together(act, use_up, write, fact=fact, result=after)


def reset(act: Act, token: str, password: str) -> None:
    """A new password for the bearer of the mail. Every session ends, and nobody is signed in by this."""
    persistently(act, lambda: _reset(act, token, password))


def _reset(act: Act, token: str, password: str) -> None:
    user, use_up = mail_tokens.redeem("reset", token, act.now)
    act = replace(act, actor=user.id)
    _require_strong(user, password, "password")
    standing = sessions.standing_of(user.id)
    verified = [] if user.verified_at else [User.verified_at.set(act.now)]
    new = change(
        user,
        User.password_hash.set(passwords.hashed(password)),
        *verified,
        now=act.now,
    )
    fact = act.fact("user.password_reset", user.id, audience=[user.id], ver=int(user.ver) + 1)
    together(act, use_up, new, sessions.ending_all(standing, act.now), fact=fact, result=None)


def change_password(act: Act, current: str, new: str, device: Device) -> SignedIn:
    """A new password for somebody signed in. All sessions end; the caller gets a new one."""
    user = people.me(act)
    require_password(act, user, current, "current_password")
    _require_strong(user, new, "new_password")
    return persistently(act, lambda: _change_password(act, user, new, device))


def _change_password(act: Act, proven: User, new: str, device: Device) -> SignedIn:
    user = people.person(proven.id)
    if user.password_hash != proven.password_hash:
        # What was proven is no longer the password: somebody else has changed it since.
        raise _wrong("current_password")
    standing = sessions.standing_of(user.id)
    ended = sessions.ending_all(standing, act.now)
    standing.session_version = int(standing.session_version) + 1
    session, grant = sessions.opened(user, standing, device, act.now)
    write = change(user, User.password_hash.set(passwords.hashed(new)), now=act.now)
    fact = act.fact("user.password_changed", user.id, audience=[user.id], ver=int(user.ver) + 1)
    return together(act, ended, write, put(session), fact=fact, result=SignedIn(user, grant))


def require_password(act: Act, user: User, password: str, field: str) -> None:
    """A signed-in person proves once more that it is them; guesses are counted."""
    limits.take("password_check", user.id, act.now)
    if not passwords.verify(password, user.password_hash).matches:
        raise _wrong(field)


def _wrong(field: str) -> ProductError:
    return invalid(field, "wrong", "This is not your password.")


def _require_strong(user: User, password: str, field: str) -> None:
    registering.require_strong(password, username=user.username, email=user.email, name=user.name, field=field)
