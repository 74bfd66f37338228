"""Asking Stripe what has become of an order, and letting it have its effect: the buyer who cancels, the cart that is
ordered anew and the clock all come here. An order is never ended while it could still be paid.
"""

from datetime import datetime

from chalicelib.commerce import ending, giving_back, orders, payments, states, stripe_gateway
from chalicelib.commerce.ending import How
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order
from chalicelib.errors import Conflict
from chalicelib.table.acts import Act
from chalicelib.table.writes import persistently


class OrderPaid(Conflict):
    """This order is paid. Ask for the money back: POST /api/v1/orders/{order_id}/refunds"""


def cancel(act: Act, order_id: str) -> Order:
    """What the buyer does. Cancelling twice is no mistake, and neither is cancelling what has expired."""
    order = give_up(act, orders.own(act, order_id), "cancelled")
    if states.is_paid(order):
        raise OrderPaid(f"This order is paid. Ask for the money back: POST /api/v1/orders/{order.id}/refunds")
    return order


def give_up(act: Act, order: Order, how: How, *, told: bool = True) -> Order:
    """End a pending order. Where its payment has succeeded meanwhile, it is paid instead."""
    seen = [order]
    return persistently(act, lambda: _given_up(act, seen.pop() if seen else orders.known(order.id), how, told=told))


def _given_up(act: Act, order: Order, how: How, *, told: bool) -> Order:
    if states.is_paid(order) or order.ended:
        return order
    news = News()
    if order.intent_id is not None:
        news = stripe_gateway.cancel_intent(order.intent_id, deadline=act.deadline)
    if news.captured_minor is not None:
        return payments.apply(act.unanswered(), order.id, news)
    return ending.end(act, order, how, told=told)


def look(act: Act, order: Order, as_of: datetime | None = None) -> Order:
    """Finish what can be finished, end what is over, and ask again for what Stripe was never asked.

    `as_of` is the moment by which it is judged; now, where nobody says.
    """
    if not states.is_paid(order):
        return _pending(act, order, as_of or act.now)
    order, news = giving_back.look(act, order)
    return giving_back.ask_again(act, order, news)


def _pending(act: Act, order: Order, as_of: datetime) -> Order:
    if order.ended:
        return order
    if not int(order.total_minor):
        return payments.apply(act, order.id, News(captured_minor=0))
    if as_of >= order.expires_at:
        return give_up(act, order, "expired")
    if order.intent_id is None:
        return order
    return payments.apply(act, order.id, stripe_gateway.intent(order.intent_id, deadline=act.deadline))
