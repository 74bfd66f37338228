"""The list of orders that somebody must look at again, in parts, by when. `schedules/reconcile_payments` walks it."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.commerce import ids, states
from chalicelib.commerce.records import Order
from chalicelib.errors import Stale
from chalicelib.table import keys, reads
from chalicelib.table.record import moment_text
from chalicelib.table.writes import adjust, alone

SHARDS = 16
LONGEST_PAUSE = timedelta(days=1)


def file(order: Order, due: datetime | None) -> None:
    """Put an order that is about to be written into the list, or take it off."""
    if due is None:
        order.gsi2pk = order.gsi2sk = None
        return
    order.gsi2pk = keys.unsettled(shard_of(order.user_id))
    order.gsi2sk = _listed_under(order, due)


def _listed_under(order: Order, due: datetime) -> str:
    place = ids.place_of(order.id)
    return f"{moment_text(due)}#{place.order}#{place.user}"


def shard_of(user_id: str) -> str:
    return str(hashlib.sha256(user_id.encode()).digest()[0] % SHARDS)


def due_by(shard: int, as_of: datetime) -> Iterator[Order]:
    """Who stands in this part of the list for a moment that has come. It lags; each order is to be read anew."""
    last = f"{moment_text(as_of)}~"
    for record in reads.all_of(keys.unsettled(str(shard)), index="gsi2", between=("0", last)):
        if isinstance(record, Order):
            yield record


def due_of(order: Order) -> datetime | None:
    """For when it stands in the list."""
    return datetime.fromisoformat(str(order.gsi2sk).partition("#")[0]) if order.gsi2sk else None


def put_off(order: Order, now: datetime) -> None:
    """Nothing new was learned: it is looked at again, after a pause that grows. Whatever else moves it comes first."""
    looked = int(order.looked) + 1
    due = next_look(order, looked, now)
    moved = (
        [Order.gsi2pk.remove(), Order.gsi2sk.remove()]
        if due is None
        else [Order.looked.set(looked), Order.gsi2sk.set(_listed_under(order, due))]
    )
    try:
        alone(adjust(order, *moved, where=(Order.ver == int(order.ver)) & Order.gsi2sk.exists()))
    except Stale:
        return


def next_look(order: Order, looked: int, now: datetime) -> datetime | None:
    """While somebody may still pay, the clock asks every few minutes; what sticks afterwards waits longer each time.

    None where time has closed it: after some weeks no bank sends a refund back.
    """
    if not states.is_paid(order) and now < order.expires_at:
        return min(order.expires_at, now + states.PATIENCE)
    pause = states.patience(order, now) if states.is_paid(order) else states.PATIENCE
    if pause is None:
        return None
    return now + min(max(LONGEST_PAUSE, pause), pause * int(2 ** min(looked, 9)))
