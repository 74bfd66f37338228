"""Asking Stripe what has become of an order, and letting it have its effect: the buyer who cancels, the cart that is
ordered anew and the clock all come here. An order is never ended while it could still be paid.
"""

from chalicelib.commerce import ending, payments, states, stripe_gateway
from chalicelib.commerce.ending import How
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order
from chalicelib.table.acts import Act


def give_up(act: Act, order: Order, how: How) -> Order:
    """End a pending order. Where its payment has succeeded meanwhile, it is paid instead."""
    if order.intent_id is not None:
        seen = stripe_gateway.cancel_intent(order.intent_id)
        if seen.captured_minor is not None:
            return payments.apply(act, order.id, seen)
    return ending.end(act, order.id, how)


def look(act: Act, order: Order) -> Order:
    """Finish what can be finished, and end what is over."""
    if not states.is_paid(order):
        return _pending(act, order)
    if order.charge_id is None:
        return order
    return payments.apply(act, order.id, stripe_gateway.charge(order.charge_id))


def _pending(act: Act, order: Order) -> Order:
    if not int(order.total_minor):
        return payments.apply(act, order.id, News(captured_minor=0))
    if order.intent_id is not None:
        order = payments.apply(act, order.id, stripe_gateway.intent(order.intent_id))
    if not states.is_paid(order) and not order.ended and act.now >= order.expires_at:
        return give_up(act, order, "expired")
    return order
