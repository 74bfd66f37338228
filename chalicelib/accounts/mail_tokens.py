"""Tokens that travel by mail: `<id>.<signature>`. Nothing secret is stored; the mailer recomputes what it sends.

The signature binds purpose, person and address, so a token is worth nothing for anything or anybody else, and dies
with the address it was sent to. That it is used once is a condition on its item.
"""

from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.accounts.records import MailToken, User
from chalicelib.errors import Invalid
from chalicelib.keyring import keys
from chalicelib.table import keys as table_keys
from chalicelib.table import reads
from chalicelib.table.writes import Write, adjust

LIFE = {"verify": timedelta(hours=24), "reset": timedelta(minutes=30)}
LONGEST = 200


class MailedTokenInvalid(Invalid):
    """This link has been used, has expired, or is not complete."""


def new(purpose: str, user_id: str, now: datetime, *, id: str | None = None) -> MailToken:
    """The item that permits one use. With an `id` derived from a fact, making it twice is making it once."""
    id = id or clock.new_id("mtk")
    expires = now + LIFE[purpose]
    token: MailToken = MailToken.under(
        table_keys.mail_token(id),
        id=id,
        user_id=user_id,
        purpose=purpose,
        expires_at=expires,
        ttl=expires + timedelta(days=1),
    )
    return token


def token(purpose: str, token_id: str, user: User) -> str:
    return f"{token_id}.{keys().signed('mail', _bound(purpose, token_id, user))}"


def redeem(purpose: str, text: str, now: datetime) -> tuple[User, Write]:
    """Whose it is, and the write that uses it up; refused unless it is whole, alive, unused and for this purpose."""
    id, _, signature = text.partition(".")
    if len(text) > LONGEST or not id.replace("_", "").isalnum() or not signature.isascii():
        raise MailedTokenInvalid
    record = reads.one(MailToken, table_keys.mail_token(id))
    if record is None or record.purpose != purpose or record.expires_at <= now or record.used_at is not None:
        raise MailedTokenInvalid
    user = reads.one(User, table_keys.user(record.user_id))
    if user is None or not keys().proves("mail", _bound(purpose, id, user), signature):
        raise MailedTokenInvalid
    unused = MailToken.pk.exists() & MailToken.used_at.does_not_exist()
    return user, adjust(record, MailToken.used_at.set(now), where=unused, otherwise=MailedTokenInvalid())


def unsubscribe_token(user_id: str, kind: str) -> str:
    message = f"{user_id}.{kind}"
    return f"{message}.{keys().signed('unsubscribe', message)}"


def unsubscribe_claim(text: str) -> tuple[str, str]:
    """Who no longer wants which kind of mail; it works without signing in and does not expire."""
    message, _, signature = text.rpartition(".")
    if len(text) > LONGEST or not signature.isascii() or not keys().proves("unsubscribe", message, signature):
        raise MailedTokenInvalid
    user_id, _, kind = message.partition(".")
    return user_id, kind


def _bound(purpose: str, token_id: str, user: User) -> str:
    """A reset is bound to the password it replaces as well: once that has changed, older mails are worth nothing."""
    replaces = table_keys.digest(user.password_hash) if purpose == "reset" else ""
    return f"{purpose}|{token_id}|{user.id}|{user.email}|{replaces}"
