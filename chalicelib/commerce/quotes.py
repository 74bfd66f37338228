"""What a cart costs now: every line at its present price, and why some cannot be bought. The cart shows it, an order
fixes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.accounts.records import User
from chalicelib.catalog.records import Course, Seats
from chalicelib.commerce import couponing, pricing, products
from chalicelib.commerce.pricing import Priced, Sum
from chalicelib.commerce.records import Cart, Coupon
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.record import Record


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
    """Lines that cannot be bought are shown and not counted. A code that does not hold takes nothing off."""

    lines: list[Line]
    sum: Sum
    currency: str
    coupon: str | None
    coupon_refusal: str | None

    @property
    def subtotal_minor(self) -> int:
        return self.sum.subtotal_minor

    @property
    def discount_minor(self) -> int:
        return self.sum.discount_minor

    @property
    def total_minor(self) -> int:
        return self.sum.total_minor


def wanted(cart: Cart) -> list[Key]:
    """All that a quote is made of, in one trip."""
    own = couponing.wanted(cart.user_id, cart.coupon) if cart.coupon else []
    for line in cart.lines:
        own += [keys.user(cart.user_id)] if products.is_product(line) else _of_course(cart.user_id, line)
    return own


def _of_course(user_id: str, course_id: str) -> list[Key]:
    return [keys.course(course_id), keys.seats(course_id), keys.enrollment(user_id, course_id)]


def quoted(cart: Cart, found: Mapping[Key, Record], now: datetime) -> Quote:
    lines = [line_of(cart, found, each) for each in cart.lines]
    counted = [line.priced() for line in lines if line.unavailable is None]
    refusal = couponing.refusal(found, cart.user_id, cart.coupon, now) if cart.coupon else None
    coupon = found.get(keys.coupon(cart.coupon)) if cart.coupon and refusal is None else None
    held = coupon if isinstance(coupon, Coupon) else None
    total = pricing.summed(counted, held)
    if held is not None and not total.discount_minor:
        held, refusal = None, "for_nothing_here"
    discounted = [replace(line, discount_minor=total.discounts.get(line.id, 0)) for line in lines]
    return Quote(discounted, total, _currency(lines), cart.coupon if held else None, refusal)


def _currency(lines: list[Line]) -> str:
    return lines[0].currency


def line_of(cart: Cart, found: Mapping[Key, Record], line: str) -> Line:
    put_in = cart.lines[line]
    if products.is_product(line):
        return _product_line(line, put_in, found.get(keys.user(cart.user_id)))
    course, seats, enrollment = (found.get(key) for key in _of_course(cart.user_id, line))
    if not isinstance(course, Course) or not course.is_published:
        title = course.title if isinstance(course, Course) and course.deleted_at is None else "Not offered any more"
        return _line(line, title, put_in, int(put_in["price_minor"]), put_in["currency"], unavailable="not_offered")
    return _line(
        line,
        course.title,
        put_in,
        int(course.price_minor),
        course.currency,
        unavailable=_why_not(course, seats, enrollment, put_in["currency"]),
        slug=course.slug,
        instructor_id=course.instructor_id,
        category_id=course.category_id,
        limited=isinstance(seats, Seats),
    )


def _line(id: str, title: str, put_in: Mapping[str, Any], price: int, currency: str, **more: Any) -> Line:
    return Line(id, title, price, currency, int(put_in["price_minor"]), put_in["added_at"], **more)


def _why_not(course: Course, seats: Record | None, enrollment: Record | None, currency: str) -> str | None:
    if isinstance(enrollment, Enrollment) and enrollment.status == "active":
        return "owned"
    if isinstance(seats, Seats) and seats.taken >= seats.capacity:
        return "sold_out"
    return "currency_changed" if course.currency != currency else None


def _product_line(line: str, put_in: Mapping[str, Any], buyer: Record | None) -> Line:
    product = products.product(line)
    if product is None:
        return _line(line, line, put_in, 0, put_in["currency"], unavailable="not_offered")
    owned = isinstance(buyer, User) and buyer.tier == "premium"
    return _line(
        line, product.title, put_in, product.price_minor, product.currency, unavailable="owned" if owned else None
    )
