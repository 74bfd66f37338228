"""Having Stripe give money back that was asked for: `refund_worker` does it, and the clock for what was lost.

Stripe is asked under a key that follows from the refund, so asking twice gives back once. But to a key that it knows
Stripe repeats its first answer, which may be old by then, and after a day it has forgotten it; so whoever does not come
at once looks first whether the refund is there already.
"""

from datetime import timedelta

from chalicelib.commerce import ids, payments, states, stripe_gateway
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, Refund
from chalicelib.commerce.stripe_gateway import StripeRefused
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act

#: So soon after a refund was asked for, its worker is the first to ask Stripe.
AT_ONCE = timedelta(minutes=2)
#: Stripe will never give this back. Whatever else it refuses is a mistake of ours, or the balance is empty: then asking
#: again helps, or a person.
FINAL = frozenset({"charge_already_refunded", "charge_disputed", "charge_not_refundable", "refund_disputed_payment"})


def give(act: Act, order: Order, refund: Refund) -> Order:
    """The order with what Stripe said to it. Raises what Stripe has refused where that need not be its last word."""
    if act.now - (refund.created_at or act.now) > AT_ONCE:
        order, news = look(act, order)
        if refund.id in order.answered or knows(news, refund):
            return order
    try:
        return payments.apply(act, order.id, stripe_gateway.refund(refund, order, deadline=act.deadline))
    except StripeRefused as refused:
        return _refused(act, order, refund, refused)


def _refused(act: Act, order: Order, refund: Refund, refused: StripeRefused) -> Order:
    """Somebody may have given it back at Stripe meanwhile, or we ourselves, long ago; only then it is settled."""
    order, news = look(act, order)
    if refund.id in order.answered or knows(news, refund):
        return order
    left = states.captured(order) - given(news)
    if refused.code not in FINAL and int(refund.amount_minor) <= left:
        raise refused
    return payments.apply(act, order.id, News(refused=frozenset({refund.id})))


def look(act: Act, order: Order) -> tuple[Order, News]:
    """All that Stripe knows of a payment that it has taken, and the order with that."""
    if order.charge_id is None and order.intent_id is not None:
        order = payments.apply(act, order.id, stripe_gateway.intent(order.intent_id, deadline=act.deadline))
    if order.charge_id is None:
        return order, News()
    known = bool(order.refunds_asked or order.refunds)
    news = stripe_gateway.charge(order.charge_id, with_refunds=known, deadline=act.deadline)
    return payments.apply(act, order.id, news), news


def ask_again(act: Act, order: Order, news: News) -> Order:
    """What was requested and never reached Stripe, or whose answer never reached us."""
    for refund in _waiting(order):
        if not knows(news, refund):
            order = give(act, order, refund)
    return order


def _waiting(order: Order) -> list[Refund]:
    place = ids.ordered(order.id)
    if place is None or not int(order.refunding_minor):
        return []
    numbers = range(1, int(order.refunds_asked) + 1)
    found = reads.many(keys.refund(place.user, place.order, number) for number in numbers).values()
    return [each for each in found if isinstance(each, Refund) and each.status == "requested"]


def knows(news: News, refund: Refund) -> bool:
    return any(each.refund_id == refund.id for each in news.refunds.values())


def given(news: News) -> int:
    """How much Stripe has given back, or is about to."""
    return sum(each.amount_minor for each in news.refunds.values() if not each.has_failed)
