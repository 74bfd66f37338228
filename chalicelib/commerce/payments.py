"""The one effect of a payment. Whoever learns something of it calls `apply`: the webhook's worker, the buyer's browser,
the clock that asks Stripe, the worker of refunds, and an order for nothing.

One transaction makes everything true that follows from what is new: courses open or close, the books are written, the
event is done. What is known already changes nothing, so news may come late, twice, at once and in any order.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.catalog.courses import copied
from chalicelib.commerce import booking, fulfilment, ids, news
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, StripeEvent
from chalicelib.errors import Conflict, NotFound, Stale
from chalicelib.learning.enrollments import SoldOut
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.writes import alone, persistently, put_new, telling, together


class OrderUnknown(NotFound):
    """There is no such order, or none of yours."""


class PaymentContradicts(Conflict):
    """What is said of this payment cannot be true of this order; nothing was changed."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"It differs in: {reason}" if reason else "")
        self.reason = reason


def apply(act: Act, order_id: str, what: News, *, event: StripeEvent | None = None) -> Order:
    """The order with all that is known now, and everything that follows from it done. `event` is marked as done."""
    place = ids.ordered(order_id)
    if place is None:
        raise OrderUnknown

    def attempt(part: News, event: StripeEvent | None) -> Order:
        return persistently(act, lambda: _applied(act, keys.order(*place), part, event))

    *first, last = news.parts(what)
    for part in first:
        attempt(part, None)
    return attempt(last, event)


def _applied(act: Act, key: Key, what: News, event: StripeEvent | None) -> Order:
    found = reads.many([key, *([event.key] if event else [])])
    order = found.get(key)
    if not isinstance(order, Order):
        raise OrderUnknown
    if event and event.key in found:
        return order
    reason = news.contradiction(order, what)
    if reason is not None:
        raise PaymentContradicts(reason)
    changes = news.learned(order, what)
    if not changes:
        if event:
            alone(put_new(event, unless=StripeEvent.event_id == event.event_id))
        return order
    return _made_true(act, order, changes, what, event)


def _made_true(act: Act, order: Order, changes: Mapping[str, Any], what: News, event: StripeEvent | None) -> Order:
    effects = Effects(act, order, copied(order, changes))
    found = fulfilment.read(effects)
    booking.give_back(effects, found, what)
    fulfilment.deliver(effects, found)
    fulfilment.close_and_open(effects, found)
    booking.book(effects)
    _note(effects)
    first, *more = effects.facts
    marked = [put_new(event, otherwise=Stale())] if event else []
    try:
        return together(
            act,
            effects.order_written(),
            *effects.writes,
            *map(telling, more),
            *marked,
            fact=first,
            result=effects.after,
        )
    except SoldOut as gone:
        # The seat was there when it was read; the next attempt sees that it is not.
        raise Stale from gone


def _note(effects: Effects) -> None:
    """What is worth a word and moves no money."""
    before, order = effects.before, effects.after
    if order.declined is not None and order.declined != before.declined:
        effects.tell("order.declined", reason=order.declined)
    if order.dispute != before.dispute:
        name = "order.disputed" if order.dispute == "open" else "order.dispute_closed"
        effects.tell(name, dispute=order.dispute, amount_minor=int(order.disputed_minor), closed=list(order.closed))
