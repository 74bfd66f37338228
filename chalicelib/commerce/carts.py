"""The cart: one per person, kept until it is bought or emptied. Nothing is in it twice, nothing that the buyer has.

It holds no price, no seat and no code: it is priced anew whenever somebody looks. What is held, an order holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.catalog.courses import CourseUnknown, actions, copied
from chalicelib.commerce import couponing, products, quotes
from chalicelib.commerce.quotes import Line, Quote
from chalicelib.commerce.records import Cart, Order
from chalicelib.errors import Conflict, FieldError, NotFound, ProductError, Stale
from chalicelib.learning.enrollments import SoldOut
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import Write, change, persistently, put_new, together
from chalicelib.web import limits

R = TypeVar("R")
MOST = 10
#: How something is put in before its price is known.
UNPRICED = {"added_at": "", "title": "", "price_minor": 0, "currency": ""}


class CartFull(Conflict):
    """Ten things fit into a cart; order these first."""


class OneCurrency(Conflict):
    """Everything in a cart is paid in one currency."""


class AlreadyYours(Conflict):
    """You have this already."""


class OwnCourse(Conflict):
    """This is your own course; you need not buy it."""


class CostsNothing(Conflict):
    """What costs nothing needs no cart: POST /api/v1/enrollments"""


class NotInCart(NotFound):
    """This is not in your cart."""


class CouponRefused(Conflict):
    """This code does not hold; the errors say why."""


REFUSALS: Mapping[str, type[ProductError]] = {
    "own": OwnCourse,
    "owned": AlreadyYours,
    "not_offered": CourseUnknown,
    "sold_out": SoldOut,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A cart with what it costs now; `quote` is None where it is empty.

    `line` is what was to be put in, and `is_new` says that it was not in before.
    """

    cart: Cart
    quote: Quote | None
    line: str | None = None
    is_new: bool = False

    @property
    def id(self) -> str:
        return id_of(self.cart.user_id)

    @property
    def ver(self) -> int:
        return int(self.cart.ver or 0)

    @property
    def added(self) -> Line:
        lines = self.quote.lines if self.quote else []
        return next(each for each in lines if each.id == self.line)


def id_of(user_id: str) -> str:
    return f"crt_own-{user_id.removeprefix('usr_')}"


def shown(act: Act) -> Shown:
    return _priced(act, _read(act))


def add(act: Act, line: str) -> Shown:
    """Put something in. What is in already stays as it was."""
    return persistently(act, lambda: _add(act, line))


def remove(act: Act, line: str) -> Shown:
    return persistently(act, lambda: _remove(act, line))


def clear(act: Act) -> None:
    """What is empty stays empty."""

    def attempt() -> None:
        cart = _read(act)
        if cart.lines or cart.coupon:
            _written(act, cart, {"lines": {}, "coupon": None}, result=None)

    persistently(act, attempt)


def use_coupon(act: Act, code: str) -> Shown:
    """One that does not hold is refused with the reason. Tries are counted: codes are words that people can guess."""
    limits.take("coupon", act.actor, act.now)
    return persistently(act, lambda: _with_coupon(act, code))


def drop_coupon(act: Act) -> Shown:
    return persistently(act, lambda: _with_coupon(act, None))


def renew(act: Act, cart: Cart) -> None:
    """The same cart as a new state of it, out of which another order may come."""
    _written(act.unanswered(), cart, {"lines": cart.lines}, result=None)


def bought(act: Act, cart: Record | None, order: Order) -> tuple[list[Write], Fact] | None:
    """The pieces that take out what was bought, and its code; None where nothing of it is in."""
    lines = {line["id"] for line in order.lines}
    if not isinstance(cart, Cart) or lines.isdisjoint(cart.lines):
        return None
    left = {line: put_in for line, put_in in cart.lines.items() if line not in lines}
    changes = {"lines": left, "coupon": None if cart.coupon == order.coupon else cart.coupon}
    return [_write(act, cart, changes)], _told(act, cart, changes)


def _read(act: Act) -> Cart:
    """An empty one where there is none yet."""
    found = act.read([keys.cart(act.actor)]).get(keys.cart(act.actor))
    return found if isinstance(found, Cart) else Cart.under(keys.cart(act.actor), user_id=act.actor)


def _priced(act: Act, cart: Cart, line: str | None = None) -> Shown:
    if not cart.lines:
        return Shown(cart, None)
    return Shown(cart, quotes.quoted(cart, quotes.read(cart), act.now), line)


def _add(act: Act, line: str) -> Shown:
    cart = _read(act)
    if line in cart.lines:
        return _priced(act, cart, line)
    wish = copied(cart, {"lines": {**cart.lines, line: UNPRICED}})
    found = quotes.read(wish)
    entering = quotes.line_of(wish, found, line)
    _require_buyable(entering, cart)
    changes = {"lines": {**cart.lines, line: _put_in(act, entering)}}
    after = _after(act, cart, changes)
    quote = quotes.quoted(after, found, act.now)
    return _written(act, cart, changes, result=Shown(after, quote, line, is_new=True))


def _put_in(act: Act, line: Line) -> dict[str, Any]:
    known = {
        "title": line.title,
        "price_minor": line.price_minor,
        "currency": line.currency,
        "limited": line.limited,
        "instructor_id": line.instructor_id,
    }
    return {"added_at": moment_text(act.now), **known}


def _require_buyable(line: Line, cart: Cart) -> None:
    refused = _refusal(line, cart)
    if refused is not None:
        field = "product" if products.is_product(line.id) else "course_id"
        raise refused(errors=[FieldError(field, refused.code(), refused().detail)])


def _refusal(line: Line, cart: Cart) -> type[ProductError] | None:
    refused = REFUSALS.get(line.unavailable or "")
    if refused is not None:
        return refused
    if not line.price_minor:
        return CostsNothing
    if len(cart.lines) >= MOST:
        return CartFull
    mixed = any(other["currency"] != line.currency for other in cart.lines.values())
    return OneCurrency if mixed else None


def _remove(act: Act, line: str) -> Shown:
    cart = _read(act)
    if line not in cart.lines:
        raise NotInCart
    changes = {"lines": {name: put_in for name, put_in in cart.lines.items() if name != line}}
    return _written(act, cart, changes, result=_priced(act, _after(act, cart, changes)))


def _with_coupon(act: Act, code: str | None) -> Shown:
    cart = _read(act)
    after = _priced(act, _after(act, cart, {"coupon": code}))
    if code is not None:
        refusal = after.quote.coupon_refusal if after.quote else "for_nothing_here"
        if refusal:
            raise CouponRefused(errors=[FieldError("code", refusal, couponing.REFUSALS[refusal])])
    if cart.coupon == code:
        return Shown(cart, after.quote)
    return _written(act, cart, {"coupon": code}, result=after)


def _written(act: Act, cart: Cart, changes: Mapping[str, Any], *, result: R) -> R:
    return together(act, _write(act, cart, changes), fact=_told(act, cart, changes), result=result)


def _after(act: Act, cart: Cart, changes: Mapping[str, Any]) -> Cart:
    moments = {"created_at": cart.created_at or act.now, "updated_at": act.now}
    return copied(cart, {**changes, **moments, "ver": int(cart.ver or 0) + 1})


def _write(act: Act, cart: Cart, changes: Mapping[str, Any]) -> Write:
    if cart.ver is None:
        return put_new(_after(act, cart, changes), otherwise=Stale())
    return change(cart, *actions(cart, changes), now=act.now)


def _told(act: Act, cart: Cart, changes: Mapping[str, Any]) -> Fact:
    ver = int(cart.ver or 0) + 1
    lines = list(changes.get("lines", cart.lines))
    return act.fact(
        "cart.changed", id_of(cart.user_id), audience=[cart.user_id], ver=ver, changed=list(changes), lines=lines
    )
