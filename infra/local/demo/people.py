"""The people of the demo: those one signs in as, those who teach, those who learn."""

from typing import Any, NamedTuple

from chalicelib.accounts import people, registering, rights
from chalicelib.accounts.records import User
from chalicelib.accounts.registering import Registration
from chalicelib.accounts.sessions import Device
from chalicelib.table.acts import SYSTEM
from chalicelib.table.writes import change, together
from infra.local.demo.moments import ZONE, act, days_ago
from infra.local.views import PASSWORD

#: Usernames and the ids they got.
Cast = dict[str, str]
#: When they came: before everything else.
ARRIVED = 90


class Part(NamedTuple):
    """`granted` is what the system gives them after they have registered."""

    username: str
    first_name: str
    last_name: str
    role: str = "student"
    granted: dict[str, Any] = {}  # noqa: RUF012 -- nobody changes it


CAST = (
    Part("admin", "Ada", "Admin", granted={"roles": ["student", "admin"]}),
    Part("teacher", "Tara", "Thomas", "teacher"),
    Part("student", "Sami", "Stone"),
    Part("premium", "Priya", "Prakash", granted={"tier": "premium"}),
    Part("guardian", "Gita", "Green"),
    Part("lucia", "Lucía", "Ferrer", "teacher"),
    Part("ravi", "Ravi", "Menon", "teacher"),
    Part("noor", "Noor", "Haddad", "teacher"),
    Part("jonas", "Jonas", "Lindqvist", "teacher"),
    Part("asha", "Asha", "Kulkarni"),
    Part("bilal", "Bilal", "Aziz"),
    Part("chen", "Chen", "Wei"),
    Part("dora", "Dóra", "Szabó"),
    Part("emeka", "Emeka", "Obi"),
    Part("freya", "Freya", "Holm"),
    Part("goran", "Goran", "Petrov"),
    Part("hana", "Hana", "Sato"),
)


def enter(part: Part) -> tuple[str, str]:
    """Registered, verified, and granted what is theirs."""
    user = _verified(_registered(part))
    if part.granted:
        rights.with_rights(act(SYSTEM, days_ago(ARRIVED)), user, part.granted)
    return part.username, user.id


def _registered(part: Part) -> User:
    wish = Registration(
        email=f"{part.username}@learnflow.example",
        password=PASSWORD,
        username=part.username,
        first_name=part.first_name,
        last_name=part.last_name,
        role=part.role,
        tier="free",
        time_zone=ZONE,
        language="en",
    )
    return registering.register(act(SYSTEM, days_ago(ARRIVED)), wish, Device("127.0.0.1", "demo")).user


def _verified(user: User) -> User:
    now = act(SYSTEM, days_ago(ARRIVED))
    after = people.copied(user, {"verified_at": now.now}, now.now)
    fact = now.fact("user.verified", user.id, audience=[user.id], ver=int(after.ver))
    return together(now, change(user, User.verified_at.set(now.now), now=now.now), fact=fact, result=after)
