"""What a cart costs now: every line at its present price, and why some cannot be bought. The cart shows it, an order
fixes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.accounts.records import User
from chalicelib.catalog.index import gathering
from chalicelib.catalog.index import reading as catalogue
from chalicelib.catalog.records import Gate, Seats
from chalicelib.commerce import couponing, ids, pricing, products, states
from chalicelib.commerce.pricing import Priced, Sum
from chalicelib.commerce.records import Cart, Coupon, Order
from chalicelib.learning import enrollments
from chalicelib.learning.enrollments import Case
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

UNAVAILABLE = {
    "own": "It is your own course.",
    "owned": "You have it already.",
    "not_offered": "It is not offered any more.",
    "sold_out": "Every seat is taken.",
    "currency_changed": "It is paid in another currency now; take it out and put it in again.",
}
Found = Mapping[Key, Record]


@dataclass(frozen=True, slots=True)
class Line:
    """`unavailable` says in a word why it cannot be bought; `before_minor` is the price when it was put in."""

    id: str
    title: str
    price_minor: int
    currency: str
    before_minor: int
    added_at: str
    unavailable: str | None = None
    slug: str | None = None
    instructor_id: str | None = None
    category_id: str | None = None
    limited: bool = False
    discount_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.price_minor - self.discount_minor

    def priced(self) -> Priced:
        return Priced(self.id, self.price_minor, self.currency, self.instructor_id, self.category_id)

    def kept(self) -> dict[str, Any]:
        """As an order keeps it."""
        names = "id title slug instructor_id category_id price_minor discount_minor total_minor limited".split()
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines that cannot be bought are shown and not counted. A code that does not hold takes nothing off.

    `open_order` is the unpaid order that was made of this cart before; the next one takes its place.
    """

    lines: list[Line]
    sum: Sum
    currency: str
    coupon: str | None
    coupon_refusal: str | None
    open_order: str | None = None

    @property
    def subtotal_minor(self) -> int:
        return self.sum.subtotal_minor

    @property
    def discount_minor(self) -> int:
        return self.sum.discount_minor

    @property
    def total_minor(self) -> int:
        return self.sum.total_minor


def read(cart: Cart, *more: Key) -> Found:
    """All that a quote is made of, and `more`, in one trip; a second one where a teacher was not known before."""
    found = reads.many([*more, *wanted(cart)])
    unseen = _teachers_unseen(cart, found)
    return {**found, **reads.many(unseen)} if unseen else found


def _teachers_unseen(cart: Cart, found: Found) -> set[Key]:
    """Whose courses are published and not shown: those are new, or of somebody who is suspended."""
    gates = [found.get(keys.gate(line)) for line in cart.lines if not products.is_product(line)]
    offered = [gate for gate in gates if isinstance(gate, Gate) and gate.is_published]
    teachers = {keys.user(gate.instructor_id) for gate in offered if not catalogue.offers(gate.course_id)}
    return teachers - found.keys()


def wanted(cart: Cart) -> list[Key]:
    own = couponing.wanted(cart.user_id, cart.coupon) if cart.coupon else []
    place = ids.ordered(cart.order_id) if cart.order_id else None
    own += [keys.order(*place)] if place else []
    for line, put_in in cart.lines.items():
        own += [keys.user(cart.user_id)] if products.is_product(line) else _of_course(cart.user_id, line, put_in)
    return own


def _of_course(user_id: str, course_id: str, put_in: Mapping[str, Any]) -> list[Key]:
    """Whether seats are limited is settled when a course is first published, so before it can be put in.

    Of a course that the catalogue does not show, the teacher is asked for too.
    """
    seats = [keys.seats(course_id)] if put_in.get("limited", True) else []
    teacher = put_in.get("instructor_id")
    unseen = [keys.user(teacher)] if teacher and not catalogue.offers(course_id) else []
    return [keys.gate(course_id), keys.enrollment(user_id, course_id), *seats, *unseen]


def quoted(cart: Cart, found: Found, now: datetime) -> Quote:
    lines = [line_of(cart, found, each) for each in cart.lines]
    refusal = _refusal(cart, found, now)
    coupon = found.get(keys.coupon(cart.coupon)) if cart.coupon and refusal is None else None
    total = pricing.summed(
        [line.priced() for line in lines if line.unavailable is None], coupon if isinstance(coupon, Coupon) else None
    )
    if coupon is not None and not total.discount_minor:
        refusal = "for_nothing_here"
    own = _open_order(cart, found)
    return Quote(
        lines=[replace(line, discount_minor=total.discounts.get(line.id, 0)) for line in lines],
        sum=total,
        currency=next(each["currency"] for each in cart.lines.values()),
        coupon=cart.coupon if total.discount_minor else None,
        coupon_refusal=refusal,
        open_order=own.id if own and states.status(own, now) == "pending" else None,
    )


def _refusal(cart: Cart, found: Found, now: datetime) -> str | None:
    if cart.coupon is None:
        return None
    own = _open_order(cart, found)
    holding = int(own is not None and own.coupon == cart.coupon)
    return couponing.refusal(found, cart.user_id, cart.coupon, now, holding=holding)


def _open_order(cart: Cart, found: Found) -> Order | None:
    """What it holds, the next order of the same cart may have."""
    place = ids.ordered(cart.order_id) if cart.order_id else None
    order = found.get(keys.order(*place)) if place else None
    return order if isinstance(order, Order) and states.status(order) == "pending" else None


def line_of(cart: Cart, found: Found, line: str) -> Line:
    put_in = cart.lines[line]
    if products.is_product(line):
        return _product_line(line, put_in, found.get(keys.user(cart.user_id)))
    case = enrollments.case_of(found, cart.user_id, line)
    gate = case.gate
    reason = _why_not(case, _seats_held(cart, found, line), put_in["currency"])
    if gate is not None and reason not in ("own", "owned") and not _teacher_offers(found, gate):
        reason = "not_offered"
    if gate is None or reason == "not_offered":
        return _gone(line, put_in)
    return _line(
        line,
        gate.title,
        put_in,
        int(gate.price_minor),
        gate.currency,
        unavailable=reason,
        slug=gate.slug,
        instructor_id=gate.instructor_id,
        category_id=gate.category_id,
        limited=gate.limited,
    )


def _gone(line: str, put_in: Mapping[str, Any]) -> Line:
    """As it was when it was put in: what its author has written since is no longer for everybody."""
    return _line(
        line, put_in["title"], put_in, int(put_in["price_minor"]), put_in["currency"], unavailable="not_offered"
    )


def _line(id: str, title: str, put_in: Mapping[str, Any], price: int, currency: str, **more: Any) -> Line:
    return Line(id, title, price, currency, int(put_in["price_minor"]), put_in["added_at"], **more)


def _seats_held(cart: Cart, found: Found, line: str) -> int:
    own = _open_order(cart, found)
    return sum(each["id"] == line and each["limited"] for each in own.lines) if own else 0


def _why_not(case: Case, held: int, currency: str) -> str | None:
    gate = case.gate
    if gate is None or gate.is_deleted:
        return "not_offered"
    if gate.instructor_id == case.user_id:
        return "own"
    if case.is_enrolled:
        return "owned"
    if not gate.is_published:
        return "not_offered"
    if gate.limited and not _has_room(case.seats, held):
        return "sold_out"
    return "currency_changed" if gate.currency != currency else None


def _teacher_offers(found: Found, gate: Gate) -> bool:
    """Whoever was not read is shown by the catalogue, so they do."""
    teacher = found.get(keys.user(gate.instructor_id))
    return gathering.offers(teacher if isinstance(teacher, User) else None)


def _has_room(seats: Seats | None, held: int) -> bool:
    return seats is not None and seats.taken - held < seats.capacity


def _product_line(line: str, put_in: Mapping[str, Any], buyer: Record | None) -> Line:
    product = products.product(line)
    if product is None:
        return _gone(line, put_in)
    reason = "currency_changed" if product.currency != put_in["currency"] else None
    if isinstance(buyer, User) and buyer.tier == "premium":
        reason = "owned"
    return _line(line, product.title, put_in, product.price_minor, product.currency, unavailable=reason)
