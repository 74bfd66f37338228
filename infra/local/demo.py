"""The people one meets in the local cloud; everything about them but their ids is the same at each start."""

import time
from typing import Any

from chalicelib import clock
from chalicelib.accounts import people, registering, rights
from chalicelib.accounts.records import User
from chalicelib.accounts.registering import Registration
from chalicelib.accounts.sessions import Device
from chalicelib.table.acts import SYSTEM, Act
from chalicelib.table.writes import change, together
from infra.local.views import PASSWORD

#: username, first name, last name, the role they register with, what the system grants them then
CAST: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("admin", "Ada", "Admin", "student", {"roles": ["student", "admin"]}),
    ("teacher", "Tara", "Thomas", "teacher", {}),
    ("student", "Sami", "Stone", "student", {}),
    ("premium", "Priya", "Prakash", "student", {"tier": "premium"}),
    ("guardian", "Gita", "Green", "student", {}),
)


def seed() -> None:
    for username, first_name, last_name, role, granted in CAST:
        user = _registered(username, first_name, last_name, role)
        verified = _verified(user)
        if granted:
            rights.with_rights(_act(), verified, granted)


def _registered(username: str, first_name: str, last_name: str, role: str) -> User:
    wish = Registration(
        email=f"{username}@learnflow.example",
        password=PASSWORD,
        username=username,
        first_name=first_name,
        last_name=last_name,
        role=role,
        tier="free",
        time_zone="Asia/Kolkata",
        language="en",
    )
    return registering.register(_act(), wish, Device("127.0.0.1", "demo")).user


def _verified(user: User) -> User:
    act = _act()
    after = people.copied(user, {"verified_at": act.now}, act.now)
    fact = act.fact("user.verified", user.id, audience=[user.id], ver=int(after.ver))
    return together(act, change(user, User.verified_at.set(act.now), now=act.now), fact=fact, result=after)


def _act() -> Act:
    return Act(SYSTEM, clock.now(), "demo", time.monotonic() + 20)
