"""What things cost together. Pure, in whole hundredths: halves are rounded up, shares go by largest remainder.

The cart shows it and an order fixes it; nobody else adds up prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.commerce import books
from chalicelib.commerce.records import Coupon


@dataclass(frozen=True, slots=True)
class Priced:
    """A line that can be bought, at its present price."""

    id: str
    price_minor: int
    currency: str
    instructor_id: str | None = None
    category_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    subtotal_minor: int
    #: By line.
    discounts: Mapping[str, int]

    @property
    def discount_minor(self) -> int:
        return sum(self.discounts.values())

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor - self.discount_minor


def summed(lines: Sequence[Priced], coupon: Coupon | None) -> Sum:
    """A discount is never more than what it is taken off."""
    discounts = _discounts([line for line in lines if coupon is not None and is_meant(coupon, line)], coupon)
    return Sum(sum(line.price_minor for line in lines), {line.id: discounts.get(line.id, 0) for line in lines})


def is_meant(coupon: Coupon, line: Priced) -> bool:
    """Whether a code takes something off this line. Codes are for courses: our own products have no teacher."""
    if line.instructor_id is None or (coupon.instructor_id and coupon.instructor_id != line.instructor_id):
        return False
    if coupon.amount_minor is not None and coupon.currency != line.currency:
        return False
    if coupon.scope == "courses":
        return line.id in coupon.courses
    if coupon.scope == "category":
        return line.category_id is not None and line.category_id == coupon.category_id
    return True


def _discounts(lines: Sequence[Priced], coupon: Coupon | None) -> dict[str, int]:
    if coupon is None:
        return {}
    if coupon.percent is not None:
        return {line.id: books.part(line.price_minor, int(coupon.percent), 100) for line in lines}
    return books.spread_over(int(coupon.amount_minor or 0), {line.id: line.price_minor for line in lines})
