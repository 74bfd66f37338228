"""Orders that come to nothing: what they held is free again, in the transaction that ends them.

Whoever ends one has made sure before that it cannot be paid any more: `looking.py` cancels the payment at Stripe first.
"""

from typing import Literal

from chalicelib.catalog.courses import copied
from chalicelib.commerce import couponing, states, unsettled
from chalicelib.commerce.records import Order
from chalicelib.learning import leaving
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, change, together

How = Literal["expired", "cancelled"]


def end(act: Act, order: Order, how: How, *, told: bool = True) -> Order:
    """End this order as it was read. Raises `Stale` where it has changed since: a payment may have been begun.

    An order that is paid, or has ended before, stays as it is. One whose time is up has expired, whoever ends it: so it
    was shown before. `told` is off where the buyer is no more.
    """
    if states.is_paid(order) or order.ended:
        return order
    if act.now >= order.expires_at:
        how = "expired"
    seats = [leaving.seat_freed(line["id"]) for line in order.lines if line["limited"]]
    ver = int(order.ver) + 1
    fact = act.fact(f"order.{how}", order.id, audience=[order.user_id] if told else [], ver=ver)
    after = copied(order, {"ended": how, "ended_at": act.now, "ver": ver, "updated_at": act.now})
    unsettled.file(after, None)
    return together(act, _ended(act, order, how), *seats, *couponing.freed(order), fact=fact, result=after)


def _ended(act: Act, order: Order, how: How) -> Write:
    return change(
        order,
        Order.ended.set(how),
        Order.ended_at.set(act.now),
        Order.gsi2pk.remove(),
        Order.gsi2sk.remove(),
        now=act.now,
    )
