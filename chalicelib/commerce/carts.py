"""The cart: one per person, kept until it is bought or emptied. Nothing is in it twice, nothing that the buyer has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.catalog.courses import CourseUnknown, actions, copied
from chalicelib.commerce import couponing, quotes
from chalicelib.commerce.quotes import Line, Quote
from chalicelib.commerce.records import Cart
from chalicelib.errors import Conflict, FieldError, NotFound, Stale
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import Write, change, persistently, put_new, together

R = TypeVar("R")
MOST = 10


class CartFull(Conflict):
    """Ten things fit into a cart; order these first."""


class OneCurrency(Conflict):
    """Everything in a cart is paid in one currency."""


class AlreadyYours(Conflict):
    """You have this already."""


class CourseNotOffered(Conflict):
    """This course is not sold at the moment."""


class CostsNothing(Conflict):
    """What costs nothing needs no cart: POST /api/v1/enrollments"""


class NotInCart(NotFound):
    """This is not in your cart."""


class CouponRefused(Conflict):
    """This code does not hold; the errors say why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cart with what it costs now; `quote` is None where it is empty."""

    cart: Cart
    quote: Quote | None
    is_new: bool = False

    @property
    def ver(self) -> int:
        return int(self.cart.ver or 0)


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


def renew(act: Act, cart: Cart) -> None:
    """The same cart as a new state of it, out of which another order may come."""
    _written(act.unanswered(), cart, {"lines": cart.lines}, result=None)


def bought(act: Act, cart: Record | None, lines: Sequence[str]) -> tuple[list[Write], Fact] | None:
    """The pieces that take out what was bought; None where nothing of it is in."""
    if not isinstance(cart, Cart) or not any(line in cart.lines for line in lines):
        return None
    left = {line: put_in for line, put_in in cart.lines.items() if line not in lines}
    return [_write(act, cart, {"lines": left, "coupon": None})], _told(act, cart, ["lines"])


def _read(act: Act) -> Cart:
    """An empty one where there is none yet."""
    found = act.read([keys.cart(act.actor)]).get(keys.cart(act.actor))
    return found if isinstance(found, Cart) else Cart.under(keys.cart(act.actor), user_id=act.actor)


def _priced(act: Act, cart: Cart, *, is_new: bool = False) -> Shown:
    if not cart.lines:
        return Shown(cart, None, is_new)
    return Shown(cart, quotes.quoted(cart, reads.many(quotes.wanted(cart)), act.now), is_new)


def _add(act: Act, line: str) -> Shown:
    cart = _read(act)
    if line in cart.lines:
        return _priced(act, cart)
    wish = copied(cart, {"lines": {**cart.lines, line: _put_in(act, 0, "")}})
    found = reads.many(quotes.wanted(wish))
    entering = quotes.line_of(wish, found, line)
    _require_buyable(entering, cart)
    after = copied(cart, {"lines": {**cart.lines, line: _put_in(act, entering.price_minor, entering.currency)}})
    return _written(act, cart, {"lines": after.lines}, result=Shown(after, quotes.quoted(after, found, act.now), True))


def _put_in(act: Act, price_minor: int, currency: str) -> dict[str, Any]:
    return {"added_at": moment_text(act.now), "price_minor": price_minor, "currency": currency}


def _require_buyable(line: Line, cart: Cart) -> None:
    if line.unavailable == "owned":
        raise AlreadyYours
    if line.unavailable == "not_offered":
        raise CourseUnknown
    if not line.price_minor:
        raise CostsNothing
    if len(cart.lines) >= MOST:
        raise CartFull
    if any(other["currency"] != line.currency for other in cart.lines.values()):
        raise OneCurrency


def _remove(act: Act, line: str) -> Shown:
    cart = _read(act)
    if line not in cart.lines:
        raise NotInCart
    left = {name: put_in for name, put_in in cart.lines.items() if name != line}
    after = copied(cart, {"lines": left})
    return _written(act, cart, {"lines": left}, result=_priced(act, after))


def use_coupon(act: Act, code: str | None) -> Shown:
    """Put a code on the cart, or take it off (None). One that does not hold is refused with the reason."""
    return persistently(act, lambda: _use_coupon(act, code))


def _use_coupon(act: Act, code: str | None) -> Shown:
    cart = _read(act)
    after = _priced(act, copied(cart, {"coupon": code}))
    if code is not None:
        refusal = after.quote.coupon_refusal if after.quote else "for_nothing_here"
        if refusal:
            raise CouponRefused(errors=[FieldError("code", refusal, couponing.REFUSALS[refusal])])
    return after if cart.coupon == code else _written(act, cart, {"coupon": code}, result=after)


def _written(act: Act, cart: Cart, changes: Mapping[str, Any], *, result: R) -> R:
    return together(act, _write(act, cart, changes), fact=_told(act, cart, list(changes)), result=result)


def _write(act: Act, cart: Cart, changes: Mapping[str, Any]) -> Write:
    if cart.ver is None:
        made = copied(cart, {**changes, "ver": 1, "created_at": act.now, "updated_at": act.now})
        return put_new(made, otherwise=Stale())
    return change(cart, *actions(cart, changes), now=act.now)


def _told(act: Act, cart: Cart, changed: list[str]) -> Fact:
    ver = int(cart.ver or 0) + 1
    return act.fact("cart.changed", id_of(cart.user_id), audience=[cart.user_id], ver=ver, changed=changed)
