"""What follows from the facts of accounts, besides the change itself; `chalicelib/reactions.py` says from which.

Each reaction reads its person anew: a fact may be hours old. None means that there is nobody to write to any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.accounts import audit, feed, letters, mail_tokens, records, recovery
from chalicelib.accounts.records import User
from chalicelib.messaging.letters import Letter
from chalicelib.messaging.mailer import Outgoing
from chalicelib.settings import settings
from chalicelib.table.facts import Fact

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def verify_address(fact: Fact) -> Outgoing | None:
    """For a new account: the token that was made with it."""
    user = _person(fact)
    if user is None or user.verified_at is not None:
        return None
    return _verify(user, fact.payload["token"])


def verify_address_again(fact: Fact) -> Outgoing | None:
    """For whoever asked: the fact names an address, here we learn whose it is."""
    found = recovery.asked(fact, "verify")
    return None if found is None else _verify(found[0], found[1].id)


def reset_password(fact: Fact) -> Outgoing | None:
    found = recovery.asked(fact, "reset")
    if found is None:
        return None
    user, token = found
    text = mail_tokens.token("reset", token.id, user)
    minutes = mail_tokens.LIFE["reset"] // MINUTE
    return _to(user, letters.ResetPassword(name=user.name, link=_link("auth/password/reset", text), minutes=minutes))


def welcome(fact: Fact) -> Outgoing | None:
    user = _person(fact)
    kind = letters.Welcome.refusable_as
    if user is None or kind in user.refused_mail:
        return None
    stop = _link("mail/unsubscribe", mail_tokens.unsubscribe_token(user.id, kind))
    letter = letters.Welcome(name=user.name, link=settings.web_url, unsubscribe=stop)
    return Outgoing(letter, user.email, unsubscribe=stop)


def password_changed(fact: Fact) -> Outgoing | None:
    user = _person(fact)
    return None if user is None else _to(user, letters.PasswordChanged(name=user.name, moment=_moment(fact.at)))


def strange_sign_in(fact: Fact) -> Outgoing | None:
    user = _person(fact)
    return None if user is None else _to(user, letters.StrangeSignIn(name=user.name, moment=_moment(fact.at)))


def account_banned(fact: Fact) -> Outgoing | None:
    user = _person(fact)
    return None if user is None else _to(user, letters.AccountBanned(name=user.name, moment=_moment(fact.at)))


def erasure_scheduled(fact: Fact) -> Outgoing | None:
    user = _person(fact)
    if user is None or user.erasure_due is None:
        return None
    return _to(user, letters.ErasureScheduled(name=user.name, due=_date(user.erasure_due)))


def erasure_cancelled(fact: Fact) -> Outgoing | None:
    user = _person(fact)
    return None if user is None else _to(user, letters.ErasureCancelled(name=user.name))


def keep(facts: Sequence[Fact]) -> None:
    """History: the audit chain, and the feeds of the people concerned. May be called twice with the same facts."""
    audit.append(facts)
    feed.append(facts)


def _person(fact: Fact) -> User | None:
    user = records.user(fact.subject)
    return None if user is None or user.erased_at is not None else user


def _verify(user: User, token_id: str) -> Outgoing:
    link = _link("auth/email/verify", mail_tokens.token("verify", token_id, user))
    return _to(user, letters.VerifyAddress(name=user.name, link=link, hours=mail_tokens.LIFE["verify"] // HOUR))


def _to(user: User, letter: Letter) -> Outgoing:
    return Outgoing(letter, user.email)


def _link(path: str, token: str) -> str:
    return f"{settings.public_url}/api/v1/{path}?token={token}"


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_date(moment)} at {moment:%H:%M} UTC"
