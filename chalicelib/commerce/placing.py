"""Making an order of a cart: prices are fixed, seats and a use of the code are held until it is paid or has expired.

The order's id follows from the state of the cart, so however often and however much at once somebody presses the
button, one order comes out of it. An older one that is still unpaid is given up first.
"""

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.accounts import verification
from chalicelib.catalog import money
from chalicelib.commerce import books, carts, couponing, ids, looking, orders, payments, quotes, states, unsettled
from chalicelib.commerce.news import News
from chalicelib.commerce.quotes import Found, Quote
from chalicelib.commerce.records import Cart, Order
from chalicelib.errors import Conflict, FieldError, Invalid, Stale
from chalicelib.learning import enrollments
from chalicelib.learning.enrollments import SoldOut
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import Write, adjust, persistently, put_new, together

#: Stripe's own limit: eight digits.
LARGEST_CHARGE_MINOR = 99_999_999


class CartEmpty(Conflict):
    """There is nothing in the cart that could be bought."""


class TotalChanged(Conflict):
    """The total is not what you expected any more; the errors name the present one."""


class TotalTooSmall(Invalid):
    """Stripe does not charge so little; the errors name the least."""


class TotalTooLarge(Invalid):
    """Stripe does not charge so much at once; the errors name the most."""


class LineUnavailable(Conflict):
    """Something in the cart cannot be bought any more; the errors name it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """`is_new` where this very request has made it; otherwise it was there before."""

    order: Order
    is_new: bool

    @property
    def ver(self) -> int:
        return int(self.order.ver)


def place(act: Act, expected_minor: int | None = None) -> Placed:
    """The order of the caller's cart as it is. What costs nothing is bought with it."""
    placed = persistently(act, lambda: _place(act, expected_minor))
    if int(placed.order.total_minor) or states.is_paid(placed.order):
        return placed
    return Placed(payments.apply(act, placed.order.id, News(captured_minor=0)), placed.is_new)


def _place(act: Act, expected_minor: int | None) -> Placed:
    own_items = act.read([keys.cart(act.actor), keys.user(act.actor)])
    verification.require("buying", own_items.get(keys.user(act.actor)))
    cart = own_items.get(keys.cart(act.actor))
    if not isinstance(cart, Cart) or not cart.lines:
        raise CartEmpty
    order_id = ids.order_of(act.actor, int(cart.ver))
    own = orders.key_of(order_id)
    older = _older(cart, order_id)
    found = quotes.read(cart, own, *older)
    there = found.get(own)
    if isinstance(there, Order):
        return _there(act, cart, there, found, expected_minor)
    for key in older:
        _give_up(act, found.get(key))
    quote = quotes.quoted(cart, found, act.now)
    _require(quote, expected_minor)
    return _made(act, cart, order_id, quote, found)


def _older(cart: Cart, order_id: str) -> list[Key]:
    return [orders.key_of(cart.order_id)] if cart.order_id and cart.order_id != order_id else []


def _there(act: Act, cart: Cart, order: Order, found: Found, expected_minor: int | None) -> Placed:
    """The same cart may be ordered again once its order has come to nothing: as a new state of the cart."""
    if states.status(order) == "pending" and act.now >= order.expires_at:
        looking.give_up(act.unanswered(), order, "expired")
        raise Stale
    if order.ended and not states.is_paid(order):
        carts.renew(act, cart)
        raise Stale
    if expected_minor is not None and expected_minor < int(order.total_minor):
        _give_up_for_less(act, order, quotes.quoted(cart, found, act.now), expected_minor)
    _require_total(expected_minor, int(order.total_minor), order.currency)
    return Placed(order, is_new=False)


def _give_up_for_less(act: Act, order: Order, quote: Quote, expected_minor: int) -> None:
    """Where prices have fallen to what the buyer has seen, the cart is ordered anew. A promised total never rises."""
    if quote.total_minor == expected_minor and not any(line.unavailable for line in quote.lines):
        _require_chargeable(quote)
        _give_up(act, order)


def _give_up(act: Act, older: Record | None) -> None:
    """Its seats may be those that this order needs, so they are read again afterwards."""
    if isinstance(older, Order) and states.status(older) == "pending":
        looking.give_up(act.unanswered(), older, "cancelled")
        raise Stale


def _require(quote: Quote, expected_minor: int | None) -> None:
    gone = [FieldError(line.id, line.unavailable, line.title) for line in quote.lines if line.unavailable]
    if gone:
        raise LineUnavailable(errors=gone)
    if quote.coupon_refusal:
        raise LineUnavailable(errors=[FieldError("coupon", quote.coupon_refusal, "The code does not hold any more.")])
    _require_total(expected_minor, quote.total_minor, quote.currency)
    _require_chargeable(quote)


def _require_chargeable(quote: Quote) -> None:
    """By Stripe; nothing is no charge."""
    if 0 < quote.total_minor < settings.smallest_charge_minor:
        least = f"The least is {money.decimal(settings.smallest_charge_minor)} {quote.currency}"
        raise TotalTooSmall(errors=[FieldError("total", "too_small", least)])
    if quote.total_minor > LARGEST_CHARGE_MINOR:
        most = f"The most is {money.decimal(LARGEST_CHARGE_MINOR)} {quote.currency}; order less at once"
        raise TotalTooLarge(errors=[FieldError("total", "too_large", most)])


def _require_total(expected_minor: int | None, total_minor: int, currency: str) -> None:
    if expected_minor not in (None, total_minor):
        now = f"It is {money.decimal(total_minor)} {currency} now"
        raise TotalChanged(errors=[FieldError("expected_total", "changed", now)])


def _made(act: Act, cart: Cart, order_id: str, quote: Quote, found: Found) -> Placed:
    order = _order(act, cart, order_id, quote)
    placed: Write = put_new(order, otherwise=Stale())
    noted = adjust(cart, Cart.order_id.set(order_id), where=Cart.ver == int(cart.ver), otherwise=Stale())
    seats = [enrollments.seat_taken(line["id"]) for line in order.lines if line["limited"]]
    fact = act.fact(
        "order.placed",
        order_id,
        audience=[act.actor],
        ver=1,
        total_minor=quote.total_minor,
        currency=quote.currency,
        teachers=books.teachers(order.lines),
    )
    held = couponing.held(order, found)
    # What costs nothing is answered when it is bought.
    answered = act if quote.total_minor else act.unanswered()
    try:
        return together(answered, placed, noted, *seats, *held, fact=fact, result=Placed(order, is_new=True))
    except SoldOut as gone:
        # The seat was there when it was read; the next attempt says which course is full.
        raise Stale from gone


def _order(act: Act, cart: Cart, order_id: str, quote: Quote) -> Order:
    expires = act.now + timedelta(minutes=settings.reservation_minutes)
    made: Order = Order.under(
        orders.key_of(order_id),
        id=order_id,
        ver=1,
        created_at=act.now,
        updated_at=act.now,
        user_id=act.actor,
        cart_ver=int(cart.ver),
        lines=[books.with_fee(line.kept()) for line in quote.lines],
        subtotal_minor=quote.subtotal_minor,
        discount_minor=quote.discount_minor,
        total_minor=quote.total_minor,
        currency=quote.currency,
        coupon=quote.coupon,
        expires_at=expires,
        lsi1sk=f"{moment_text(act.now)}#{order_id}",
    )
    unsettled.file(made, states.due(made, act.now))
    return made
