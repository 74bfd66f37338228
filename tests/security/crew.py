"""The people of the attack tests: made by the product's own rules, with tokens in any state an attacker may hold."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

from chalicelib import clock
from chalicelib.accounts import administration, mail_tokens, records, registering, rights, sessions
from chalicelib.accounts.records import User
from chalicelib.accounts.registering import Registration
from chalicelib.accounts.sessions import Device, Grant
from chalicelib.keyring import keys
from chalicelib.table.acts import ANONYMOUS, Act
from chalicelib.table.writes import alone, put

PASSWORD = "seven-lean-otters"
AGENT = "AgentOfTests/1"


@dataclass(frozen=True)
class Person:
    user: User
    grant: Grant

    @property
    def id(self) -> str:
        return str(self.user.id)

    @property
    def access(self) -> str:
        return self.grant.access_token()

    @property
    def refresh(self) -> str:
        return self.grant.refresh_token()

    @property
    def expired(self) -> str:
        """An access token that was good an hour ago."""
        past = clock.now() - timedelta(hours=1)
        return replace(self.grant, issued_at=past.isoformat()).access_token()


def act(actor: str = ANONYMOUS) -> Act:
    return Act(actor, clock.now(), "req-of-the-crew", time.monotonic() + 8)


def join(
    name: str, *roles: str, email: str = "", first_name: str = "", device: Device | None = None, tier: str = "free"
) -> Person:
    """Somebody new, signed in once."""
    wish = Registration(
        email=email or f"{name}@example.org",
        password=PASSWORD,
        username=name,
        first_name=first_name,
        last_name="",
        role="student",
        tier="free",
        time_zone="Asia/Kolkata",
        language="en",
    )
    signed_in = registering.register(act(), wish, device or Device("203.0.113.7", AGENT))
    person = Person(signed_in.user, signed_in.grant)
    changes: dict[str, object] = {"roles": list(roles)} if roles and roles != ("student",) else {}
    if tier != "free":
        changes["tier"] = tier
    if changes:
        rights.with_rights(act(person.id), person.user, changes)
        person = again(person)
    return person


def again(person: Person, device: Device | None = None) -> Person:
    """The same person with a new session."""
    user, standing = records.user(person.id), records.standing(person.id)
    assert user
    assert standing
    session, grant = sessions.opened(user, standing, device or Device("203.0.113.7", AGENT), clock.now())
    alone(put(session))
    return Person(user, grant)


_ROOTS = count(1)


def by_admin() -> Act:
    """What a new administrator does: the rules ask the table whether whoever does such things is one."""
    return act(join(f"root{next(_ROOTS)}", "admin").id)


def ban(person: Person, reason: str = "", by: Act | None = None) -> None:
    administration.ban(by or by_admin(), person.id, reason)


def unban(person: Person, by: Act | None = None) -> None:
    administration.unban(by or by_admin(), person.id)


def sign_out(person: Person) -> None:
    sessions.sign_out(act(person.id), person.id, person.grant.session_id)


def set_roles(person: Person, roles: Sequence[str]) -> None:
    administration.change_user(by_admin(), person.id, list(roles), None)


def mailed(person: Person, purpose: str) -> str:
    """A token as a mail to this person carries it."""
    user = records.user(person.id)
    assert user
    record = mail_tokens.new(purpose, user.id, clock.now())
    alone(put(record))
    return mail_tokens.token(purpose, record.id, user)


def access_key() -> bytes:
    """What signs access tokens: attacks that are made with it show that more than the signature is looked at."""
    return keys().own_key("access")
