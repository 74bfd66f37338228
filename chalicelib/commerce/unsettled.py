"""The list of orders that somebody must look at again, in parts, by when. `schedules/reconcile_payments` walks it."""

import hashlib
from datetime import datetime

from chalicelib.commerce import ids
from chalicelib.commerce.records import Order
from chalicelib.table import keys
from chalicelib.table.record import moment_text

SHARDS = 16


def file(order: Order, due: datetime | None) -> None:
    """Put an order that is about to be written into the list, or take it off."""
    if due is None:
        order.gsi2pk = order.gsi2sk = None
        return
    place = ids.ordered(order.id)
    assert place is not None  # noqa: S101 - orders have ids of orders
    order.gsi2pk = keys.unsettled(shard_of(order.user_id))
    order.gsi2sk = f"{moment_text(due)}#{place.order}#{place.user}"


def shard_of(user_id: str) -> str:
    return str(hashlib.sha256(user_id.encode()).digest()[0] % SHARDS)
