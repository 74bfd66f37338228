"""Beginning to pay an order, and asking Stripe whether it is paid; the routes of payments call this.

The amount is that of the order. One request at a time asks Stripe for the payment of an order, and whoever asks again,
at once or later, gets the same payment. Its secret passes through and is kept nowhere.
"""

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.catalog.courses import copied
from chalicelib.commerce import ids, looking, orders, payments, states, stripe_gateway, unsettled
from chalicelib.commerce.ending import How
from chalicelib.commerce.records import Intent, Order, Paying
from chalicelib.commerce.stripe_gateway import Payable, StripeRefused
from chalicelib.errors import Conflict, FieldError, PaymentRequired, ProductError
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, alone, change, check, delete, persistently, put_new, together
from chalicelib.web import limits
from chalicelib.web.identity import AccountBanned, Standing

#: Longer than any request lasts, so that only a request that died lets it run out.
HELD = timedelta(seconds=15)
RETRY_AFTER = 2
#: What Stripe says of amounts that it does not charge.
AMOUNTS = ("amount_too_small", "amount_too_large")


class AlreadyPaid(Conflict):
    """This order is paid; there is nothing left to pay."""


class OrderOver(Conflict):
    """This order has expired or was cancelled. Your cart is still there: order it again."""


class PaymentBeingMade(Conflict):
    """Another request is just asking for this payment; ask again after Retry-After."""


class AmountNotTaken(Conflict):
    """Stripe does not charge this amount in this currency; the errors say why. Cancel the order and order otherwise."""


class PaymentDiffers(Conflict):
    """This is not the payment of this order."""


class PaymentDeclined(PaymentRequired):
    """The bank has declined; the errors say why. The payment can be tried again with another card."""


@dataclass(frozen=True, slots=True)
class Begun:
    """`repeated` where the order had its payment before."""

    order: Order
    payable: Payable
    repeated: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    order: Order
    repeated: bool


def begin(act: Act, order_id: str) -> Begun:
    """The payment of an order of the caller's, made where it has none yet."""
    limits.take("checkout", act.actor, act.now)
    order = _still_payable(act, orders.own(act, order_id))
    if order.intent_id is not None:
        return Begun(order, _begun_before(act, order, order.intent_id), repeated=True)
    paying = _held(act, order)
    try:
        payable = stripe_gateway.create_intent(order, deadline=act.deadline)
    except (ProductError, StripeRefused) as refused:
        alone(delete(paying))
        _require_charged(refused)
        raise
    seen = [order]
    return persistently(act, lambda: _begun(act, seen.pop() if seen else orders.known(order_id), payable, paying))


def _require_charged(refused: Exception) -> None:
    """The least that Stripe charges differs by currency and follows the rates, so its word is the last."""
    if isinstance(refused, StripeRefused) and refused.code in AMOUNTS:
        raise AmountNotTaken(errors=[FieldError("total", refused.code, "Order more, or less, at once.")]) from None


def _begun_before(act: Act, order: Order, intent_id: str) -> Payable:
    """The payment that there is; one that is cancelled or unknown at Stripe takes its order with it."""
    payable = stripe_gateway.payable(intent_id, deadline=act.deadline)
    if payable is None or payable.status == "canceled":
        raise _over(act, order, "cancelled")
    return payable


def _still_payable(act: Act, order: Order) -> Order:
    if not int(order.total_minor):
        # Whoever ordered it was cut off before it was bought.
        order = looking.look(act.unanswered(), order)
    if states.is_paid(order):
        raise AlreadyPaid
    if not order.ended and act.now < order.expires_at:
        return order
    raise _over(act, order, "expired")


def _over(act: Act, order: Order, how: How) -> ProductError:
    """It ends now, so that the cart can be ordered anew at once; unless its payment has succeeded meanwhile."""
    is_paid = states.is_paid(looking.give_up(act.unanswered(), order, how))
    return AlreadyPaid() if is_paid else OrderOver()


def _held(act: Act, order: Order) -> Paying:
    """The right to ask Stripe, which runs out by itself."""
    paying: Paying = Paying.under(
        keys.paying(*ids.place_of(order.id)), holder=act.request_id, held_until=act.now + HELD, ttl=act.now + 10 * HELD
    )
    free = (Paying.held_until <= act.now) | (Paying.holder == act.request_id)
    alone(put_new(paying, unless=free, otherwise=PaymentBeingMade(retry_after=RETRY_AFTER)))
    return paying


def _begun(act: Act, order: Order, payable: Payable, paying: Paying) -> Begun:
    if order.intent_id == payable.intent_id:
        return Begun(order, payable, repeated=True)
    _still_payable(act, order)
    after = copied(order, {"intent_id": payable.intent_id, "ver": int(order.ver) + 1, "updated_at": act.now})
    unsettled.file(after, states.due(after, act.now))
    fact = act.fact("order.intended", order.id, audience=[order.user_id], ver=int(after.ver), intent=payable.intent_id)
    return together(
        act, *_noted(act, order, after), delete(paying), fact=fact, result=Begun(after, payable, repeated=False)
    )


def _noted(act: Act, order: Order, after: Order) -> list[Write]:
    """The order knows its payment and the payment its order, unless the buyer was suspended meanwhile."""
    pointer = Intent.under(keys.intent(after.intent_id), intent_id=after.intent_id, order_id=order.id)
    filed = [Order.gsi2pk.set(after.gsi2pk), Order.gsi2sk.set(after.gsi2sk)]
    standing = Standing.under(keys.standing(order.user_id))
    return [
        change(order, Order.intent_id.set(after.intent_id), *filed, now=act.now),
        put_new(pointer, unless=Intent.order_id == order.id),
        check(standing, Standing.banned == False, otherwise=AccountBanned()),  # noqa: E712 - pynamodb's
    ]


def confirm(act: Act, order_id: str, intent_id: str) -> Confirmed:
    """Ask Stripe what has become of the payment, and let it have its effect. What the caller says counts nothing."""
    order = orders.own(act, order_id)
    if order.intent_id != intent_id:
        raise PaymentDiffers
    if states.is_paid(order):
        return Confirmed(order, repeated=True)
    news = stripe_gateway.intent(intent_id, deadline=act.deadline)
    # A refusal is no answer that a repeat should get: the payment may be tried again.
    answered = act if news.captured_minor is not None else act.unanswered()
    order = payments.apply(answered, order_id, news)
    if news.declined and states.status(order) == "pending":
        raise PaymentDeclined(errors=[FieldError("payment", news.declined, "The bank has declined this payment.")])
    return Confirmed(order, repeated=False)
