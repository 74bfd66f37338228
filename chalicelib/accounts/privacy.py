"""Everything held of a person, in one call; and its erasure, after a time to think again.

Whatever lies in a person's partition is exported and erased without being named here. A domain that keeps things of
people elsewhere is a `Holder`; `insight/holders.py` lists them, and whoever exports or erases hands them in. What must
outlive the person says so on its record class.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts import feed, people, pseudonyms, recovery, sessions
from chalicelib.accounts.records import AddressClaim, User, UsernameClaim
from chalicelib.errors import Conflict
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import adjust, alone, change, delete, persistently, put, together
from chalicelib.web import idempotency
from chalicelib.web.identity import Standing


class ErasureNotAsked(Conflict):
    """Nobody has asked to erase this account."""


@dataclass(frozen=True, slots=True)
class Export:
    """All that is held of one person, by kind of item."""

    user_id: str
    made_at: datetime
    items: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Holder:
    """A domain that holds something of people: what of it they get to see, and how it goes.

    `erase` may be called again at any point and finishes what was begun.
    """

    held: Callable[[str], Iterable[Record]]
    erase: Callable[[Act, str], None]


def export(act: Act, holders: Sequence[Holder] = ()) -> Export:
    """Reading all of it is recorded, like every reading of personal data in bulk."""
    user = people.me(act)
    items: dict[str, list[dict[str, Any]]] = {}
    elsewhere = (record for holder in holders for record in holder.held(user.id))
    for record in (*_own(user.id), *feed.held(user.id), *elsewhere):
        items.setdefault(_kind(record), []).append(_plain(record.exported()))
    fact = act.fact("user.exported", user.id, audience=[user.id])
    return together(act, fact=fact, result=Export(user.id, act.now, items))


def _own(user_id: str) -> Iterator[Record]:
    """The person's own partition."""
    return reads.all_of(keys.user(user_id).pk)


def _held(user_id: str) -> Iterator[Record]:
    """Everything of a person that can go, answers kept for repeats included."""
    yield from _own(user_id)
    yield from feed.held(user_id)
    yield from idempotency.held(user_id)


def _kind(record: Record) -> str:
    kind: str = record.serialize()["kind"]["S"]
    return kind


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: moment_text(v) if isinstance(v, datetime) else v for name, v in values.items()}


def ask_erasure(act: Act, password: str) -> User:
    """Start the grace period. Every session ends; signing in again is possible, and so is changing one's mind."""
    user = people.me(act)
    recovery.require_password(act, user, password, "password")
    return persistently(act, lambda: _ask_erasure(act, people.person(user.id)))


def _ask_erasure(act: Act, user: User) -> User:
    if user.erasure_due is not None:
        return user
    due = act.now + timedelta(days=settings.erasure_grace_days)
    standing = sessions.standing_of(user.id)
    mark = change(
        user,
        User.erasure_due.set(due),
        User.gsi1pk.set(keys.erasures()),
        User.gsi1sk.set(f"{moment_text(due)}~{user.id}"),
        now=act.now,
    )
    after = people.copied(user, {"erasure_due": due}, act.now)
    fact = act.fact("user.erasure_requested", user.id, audience=[user.id], ver=int(after.ver), due=moment_text(due))
    return together(act, mark, sessions.ending_all(standing, act.now), fact=fact, result=after)


def cancel_erasure(act: Act) -> User:
    return persistently(act, lambda: _cancel_erasure(act, people.me(act)))


def _cancel_erasure(act: Act, user: User) -> User:
    if user.erasure_due is None:
        raise ErasureNotAsked
    unmark = change(user, User.erasure_due.remove(), User.gsi1pk.remove(), User.gsi1sk.remove(), now=act.now)
    after = people.copied(user, {"erasure_due": None}, act.now)
    fact = act.fact("user.erasure_cancelled", user.id, audience=[user.id], ver=int(after.ver))
    return together(act, unmark, fact=fact, result=after)


def due(now: datetime) -> Iterator[str]:
    """Whose grace period is over, oldest first. The index may lag: `erase` asks the person's own item."""
    for record in reads.all_of(keys.erasures(), index="gsi1", between=("0", f"{moment_text(now)}~~")):
        if isinstance(record, User):
            yield record.id


def erase(act: Act, user_id: str, *, as_of: datetime, holders: Sequence[Holder] = ()) -> bool:
    """Erase one person; may be called again at any point and finishes what was begun. False where it is not due."""
    user = reads.one(User, keys.user(user_id))
    if user is None or (user.erased_at is None and not _is_due(user, as_of)):
        return False
    if user.erased_at is None:
        _blank(act, user)
    for holder in holders:
        holder.erase(act, user_id)
    for record in _held(user_id):
        if not record.kept_on_erasure and not isinstance(record, User):
            alone(delete(record))
    done = User.under(keys.user(user_id))
    alone(adjust(done, User.gsi1pk.remove(), User.gsi1sk.remove(), where=User.erased_at.exists()))
    return True


def _is_due(user: User, now: datetime) -> bool:
    return user.erasure_due is not None and user.erasure_due <= now


def _blank(act: Act, user: User) -> None:
    """The moment of erasure: name, address, password and pseudonym are gone, and the claims on them are free.

    The item stays in the index until all the rest is deleted too, so that a killed run is taken up again.
    """
    blank: User = User.under(
        keys.user(user.id),
        id=user.id,
        ver=int(user.ver) + 1,
        username=user.id.lower().replace("_", "-"),
        email=f"{user.id.lower()}@erased.invalid",
        password_hash="erased",  # noqa: S106 - matches no password
        roles=[],
        time_zone=settings.default_zone,
        created_at=user.created_at,
        updated_at=act.now,
        erased_at=act.now,
        listed=False,
        gsi1pk=user.gsi1pk,
        gsi1sk=user.gsi1sk,
    )
    name = UsernameClaim.under(keys.username(user.username.lower()))
    address = AddressClaim.under(keys.address(keys.digest(user.email)))
    fact = act.fact("user.erased", user.id, ver=int(blank.ver))
    together(
        act,
        put(blank, where=Record.ver == int(user.ver)),
        delete(Standing.under(keys.standing(user.id))),
        delete(name, where=UsernameClaim.user_id == user.id),
        delete(address, where=AddressClaim.user_id == user.id),
        *pseudonyms.cut(user.id, int(blank.ver), act.now),
        fact=fact,
        result=None,
    )
