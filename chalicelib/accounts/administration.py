"""What administrators do with accounts: find them, change roles and tiers, suspend and readmit."""

from datetime import datetime
from itertools import count
from typing import Any

from chalicelib.accounts import names, people, rights, sessions
from chalicelib.accounts.records import User, UsernameClaim
from chalicelib.errors import Conflict
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor
from chalicelib.table.writes import Write, change, check, persistently, together
from chalicelib.web.identity import RoleMissing, Standing

#: A filter that hardly anybody passes must not walk the whole directory in one request: the page then ends early.
LOOKED_AT = 500


class LastStand(Conflict):
    """Administrators do not take their own role or suspend themselves; ask another one."""


def found(act: Act, *, text: str, role: str, tier: str, size: int, after: str | None) -> Page[User]:
    """People by the beginning of their name, or by their whole mail address, narrowed by role and tier."""
    if "@" in text:
        owner = names.owner(text)
        user = reads.one(User, keys.user(owner)) if owner else None
        return Page([user] if user is not None and _fits(user, role, tier) else [])
    scope = Scope("admin-users", act.actor, f"{text.lower()}|{role}|{tier}")
    people_found: list[User] = []
    for looked in count(size, size):
        page = names.directory(scope, act.now, prefix=text, size=size, after=after, everybody=True)
        people_found += [user for user in _users(page.results) if _fits(user, role, tier)]
        after = page.next_cursor
        if len(people_found) > size:
            after = cursor(scope, people_found[size - 1].username.lower(), act.now)
        if after is None or len(people_found) >= size or looked >= LOOKED_AT:
            break
    return Page(people_found[:size], after)


def _users(claims: list[UsernameClaim]) -> list[User]:
    """Read consistently: an administrator who has just changed somebody must find them changed."""
    wanted = [keys.user(claim.user_id) for claim in claims]
    read = reads.many(wanted)
    return [user for key in wanted if isinstance(user := read.get(key), User)]


def _fits(user: User, role: str, tier: str) -> bool:
    return (not role or role in user.roles) and (not tier or user.tier == tier)


def shown(act: Act, user_id: str) -> User:
    """One person's data read by an administrator, which the audit log remembers."""
    user = people.person(user_id)
    return together(act, fact=act.fact("user.viewed", user.id), result=user)


def change_user(act: Act, user_id: str, roles: list[str] | None, tier: str | None) -> User:
    """Set roles, tier or both, on the person and on their standing at once; both count from the next request on."""
    if user_id == act.actor and roles is not None and "admin" not in roles:
        raise LastStand
    return persistently(act, lambda: _change_user(act, people.person(user_id), roles, tier))


def _change_user(act: Act, user: User, roles: list[str] | None, tier: str | None) -> User:
    changes: dict[str, Any] = {}
    if roles is not None and sorted(user.roles) != sorted(set(roles)):
        changes["roles"] = rights.in_order(roles)
    if tier is not None and tier != user.tier:
        changes["tier"] = tier
    return rights.with_rights(act, user, changes, *_still_admin(act, user)) if changes else user


def _still_admin(act: Act, user: User) -> list[Write]:
    """Two administrators who depose each other at once must not both succeed."""
    if user.id == act.actor:
        return []
    standing = Standing.under(keys.standing(act.actor))
    return [check(standing, Standing.roles.contains("admin"), otherwise=RoleMissing("This takes the role: admin"))]


def ban(act: Act, user_id: str, reason: str) -> User:
    """Suspend an account: every session ends at once. Suspending it again changes nothing."""
    if user_id == act.actor:
        raise LastStand
    return persistently(act, lambda: _set_banned(act, people.person(user_id), act.now, "user.banned", reason))


def unban(act: Act, user_id: str) -> User:
    return persistently(act, lambda: _set_banned(act, people.person(user_id), None, "user.unbanned", ""))


def _set_banned(act: Act, user: User, moment: datetime | None, name: str, reason: str) -> User:
    if (user.banned_at is None) == (moment is None):
        return user
    standing = sessions.standing_of(user.id)
    version = int(standing.session_version) + 1
    mark = User.banned_at.set(moment) if moment else User.banned_at.remove()
    writes = [
        *_still_admin(act, user),
        change(user, mark, now=act.now),
        change(standing, Standing.banned.set(moment is not None), Standing.session_version.set(version), now=act.now),
    ]
    after = people.copied(user, {"banned_at": moment}, act.now)
    fact = act.fact(name, user.id, audience=[user.id], ver=int(after.ver))
    return together(act, *writes, fact=fact, detail={"reason": reason}, result=after)
