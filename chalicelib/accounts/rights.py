"""What somebody may do: roles and tier, which stand on the person and on their standing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.accounts import people, sessions
from chalicelib.accounts.people import ROLES
from chalicelib.accounts.records import User
from chalicelib.errors import invalid
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, change, persistently, together
from chalicelib.web.identity import Standing


def add_role(act: Act, role: str) -> User:
    """Take a role that anybody may take; having it already is no error."""
    if role == "instructor" and not settings.instructors_register_themselves:
        raise invalid("role", "not_by_yourself", "Ask an administrator to become an instructor.")

    def attempt() -> User:
        user = people.me(act)
        return user if role in user.roles else with_rights(act, user, {"roles": in_order([*user.roles, role])})

    return persistently(act, attempt)


def in_order(roles: Iterable[str]) -> list[str]:
    return [role for role in ROLES if role in set(roles)]


def with_rights(act: Act, user: User, changes: Mapping[str, Any], *guards: Write) -> User:
    """Set somebody's roles or tier, on the person and on their standing at once. One fact tells of all that changed."""
    standing = sessions.standing_of(user.id)
    writes = [
        *guards,
        change(
            user,
            *(getattr(User, name).set(value) for name, value in changes.items()),
            *(_listed(user, changes["roles"]) if "roles" in changes else ()),
            *([_paid_by(None)] if "tier" in changes else []),
            now=act.now,
        ),
        change(standing, *(getattr(Standing, name).set(value) for name, value in changes.items()), now=act.now),
    ]
    after = people.copied(user, changes, act.now)
    name = "user.role_changed" if "roles" in changes else "user.tier_changed"
    fact = act.fact(name, user.id, audience=[user.id], ver=int(after.ver), **changes)
    detail = {"before": {each: _plain(getattr(user, each)) for each in changes}, "after": dict(changes)}
    return together(act, *writes, fact=fact, detail=detail, result=after)


@dataclass(frozen=True, slots=True)
class TierChange:
    """The pieces of a change of tier, for a transaction that is about something else."""

    writes: list[Write]
    fact: Fact


def tier_changing(
    act: Act, found: Mapping[Key, Record], user_id: str, tier: str, *, order_id: str | None = None
) -> TierChange | None:
    """None for somebody who has this tier already, or who is no more. `found` holds their person and standing.

    `order_id` is the order that pays for it from now on.
    """
    user, standing = found.get(keys.user(user_id)), found.get(keys.standing(user_id))
    if not isinstance(user, User) or not isinstance(standing, Standing) or user.erased_at or user.tier == tier:
        return None
    writes = [
        change(user, User.tier.set(tier), _paid_by(order_id), now=act.now),
        change(standing, Standing.tier.set(tier), now=act.now),
    ]
    fact = act.fact("user.tier_changed", user_id, audience=[user_id], ver=int(user.ver) + 1, tier=tier)
    return TierChange(writes, fact)


def _paid_by(order_id: str | None) -> Action:
    return User.tier_order_id.remove() if order_id is None else User.tier_order_id.set(order_id)


def _listed(user: User, roles: Iterable[str]) -> list[Action]:
    """Administrators stand in a list of their own, for what is sent to all of them."""
    if "admin" in roles:
        return [User.gsi2pk.set(keys.admins()), User.gsi2sk.set(user.id)]
    return [User.gsi2pk.remove(), User.gsi2sk.remove()]


def administrators() -> Iterator[User]:
    """All of them; the list may lag by a moment, the roles are asked again."""
    for record in reads.all_of(keys.admins(), index="gsi2"):
        if isinstance(record, User) and "admin" in record.roles and record.banned_at is None:
            yield record


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value
