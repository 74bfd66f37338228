"""People as they are: finding them, and what they say of themselves. `registering.py` makes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.accounts import records, zones
from chalicelib.accounts.records import User, UsernameClaim
from chalicelib.errors import NotFound, Stale
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, adjust, change, persistently, together

ROLES = ("student", "instructor", "admin")


class PersonUnknown(NotFound):
    """There is no such person."""


class ProfileChanged(Stale):
    """The profile has changed since you read it; read it again."""


def me(act: Act) -> User:
    """The person who asks, read together with their standing."""
    found = act.read([keys.user(act.actor)]).get(keys.user(act.actor))
    if not isinstance(found, User):
        raise PersonUnknown
    return found


def person(user_id: str) -> User:
    user = records.user(user_id)
    if user is None or user.erased_at is not None:
        raise PersonUnknown
    return user


def change_profile(act: Act, wishes: Mapping[str, Any], expected: int | None) -> User:
    """Change what a person says of themselves; only what differs is written, nothing different writes nothing.

    Somebody who names the version they read is refused where it is no longer the present one; others win in turn.
    """
    if expected is None:
        return persistently(act, lambda: _change_profile(act, me(act), wishes))
    user = me(act)
    if int(user.ver) != expected:
        raise ProfileChanged
    return _change_profile(act, user, wishes)


def _change_profile(act: Act, user: User, wishes: Mapping[str, Any]) -> User:
    changes = {name: value for name, value in wishes.items() if getattr(user, name) != value}
    if not changes:
        return user
    before = {name: getattr(user, name) for name in changes}
    written = {**changes, **(zones.holding(user, act.now) if "time_zone" in changes else {})}
    actions = [
        getattr(User, name).set(value) if value is not None else getattr(User, name).remove()
        for name, value in written.items()
    ]
    write = change(user, *actions, now=act.now, otherwise=ProfileChanged())
    writes = [write, *_directory(user, changes)]
    after = copied(user, written, act.now)
    fact = act.fact("user.profile_changed", user.id, audience=[user.id], ver=int(after.ver), fields=sorted(changes))
    return together(act, *writes, fact=fact, detail={"before": before, "after": changes}, result=after)


def _directory(user: User, changes: Mapping[str, Any]) -> list[Write]:
    if "listed" not in changes:
        return []
    claim = UsernameClaim.under(keys.username(user.username.lower()))
    return [adjust(claim, UsernameClaim.listed.set(changes["listed"]), where=UsernameClaim.user_id == user.id)]


def copied(user: User, changes: Mapping[str, Any], now: datetime) -> User:
    """The person as the transaction will leave them; the original serves a second attempt."""
    after: User = User.from_raw_data(user.serialize())
    for name, value in {**changes, "ver": int(user.ver) + 1, "updated_at": now}.items():
        setattr(after, name, value)
    return after
