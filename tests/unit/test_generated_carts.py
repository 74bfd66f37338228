"""Five thousand carts by chance: no body of them sets a price, and each costs what an independent recount says."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.catalog.records import Gate, Seats
from chalicelib.commerce import products, quotes
from chalicelib.commerce.carts import Shown
from chalicelib.commerce.records import Cart, Coupon, CouponSlots, CouponUse
from chalicelib.commerce.schemas.carts import CartItemIn, CartOut
from chalicelib.learning.records import Enrollment
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.web.reading import FieldsInvalid, model_of

CARTS = 5_000
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ME, OTHER = "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6G"
COURSES = [f"crs_01KAKZ6Q8M4T6V1N2B3C4D5E{number:02d}" for number in range(30)]
SHELVES = ("cat_a", "cat_b", None)
CODE = "CODE"
#: What a client would like to say of its own cart.
FORGED = """price price_minor amount amount_minor discount discount_minor total total_minor subtotal subtotal_minor
money percent currency coupon code items lines quantity before_minor price_changed cart_ver expected_total""".split()
Found = dict[Key, Record]


def world(chance: random.Random) -> Found:
    """Courses of three teachers, one of them the buyer: some hidden, full, free, in another currency, or owned."""
    found: Found = {}
    for course in COURSES:
        gate: Gate = Gate.under(
            keys.gate(course),
            course_id=course,
            instructor_id=chance.choice([OTHER, OTHER, "usr_c", ME]),
            title=course,
            slug="slug",
            is_published=chance.random() < 0.9,
            is_deleted=chance.random() < 0.05,
            category_id=chance.choice(SHELVES),
            price_minor=chance.choice([0, 1, 99, 100, 1999, chance.randrange(1, 100_000)]),
            currency=chance.choice(["USD"] * 9 + ["EUR"]),
            limited=chance.random() < 0.2,
        )
        found[gate.key] = gate
        found[keys.seats(course)] = Seats.under(keys.seats(course), capacity=5, taken=chance.randrange(3, 6))
        if chance.random() < 0.1:
            key = keys.enrollment(ME, course)
            found[key] = Enrollment.under(key, status=chance.choice(["active", "cancelled"]))
    return found


def with_code(chance: random.Random, found: Found) -> None:
    scope = chance.choice(["all", "courses", "category", "instructor"])
    is_percent = chance.random() < 0.5
    found[keys.coupon(CODE)] = Coupon.under(
        keys.coupon(CODE),
        code=CODE,
        scope=scope,
        percent=chance.randrange(1, 101) if is_percent else None,
        amount_minor=None if is_percent else chance.choice([1, 100, 777, 1_000_000]),
        currency=None if is_percent else chance.choice(["USD", "USD", "EUR"]),
        courses=chance.sample(COURSES, 15) if scope == "courses" else [],
        category_id="cat_a" if scope == "category" else None,
        instructor_id=OTHER if scope == "instructor" else None,
        is_active=chance.random() < 0.95,
        ends_at=chance.choice([None, None, NOW + timedelta(days=1), NOW]),
        limit_each=chance.choice([None, 1]),
    )
    slots = CouponSlots.under(keys.coupon_slots(CODE), capacity=chance.choice([None, 7]), taken=chance.randrange(8))
    found[keys.coupon_slots(CODE)] = slots
    use = CouponUse.under(keys.coupon_use(ME, CODE), code=CODE, uses=chance.randrange(2))
    found[keys.coupon_use(ME, CODE)] = use


def body(chance: random.Random) -> dict[str, Any]:
    return {"product": "premium"} if chance.random() < 0.05 else {"course_id": chance.choice(COURSES)}


def put_in(chance: random.Random, found: Found, cart: Cart, sent: Mapping[str, Any]) -> None:
    """As the body asks for it, at the price of some time ago."""
    line = model_of(CartItemIn, sent).line
    gate = found.get(keys.gate(line))
    price = int(gate.price_minor) if isinstance(gate, Gate) else settings.premium_price_minor
    before = price + chance.choice([0, 0, 500])
    known = {"title": line, "price_minor": before, "currency": "USD", "added_at": "2026-11-20T08:00:00Z"}
    cart.lines = {**cart.lines, line: known}


def refused(chance: random.Random, sent: Mapping[str, Any]) -> None:
    """The same body with a word about money in it is refused by the name of that word."""
    name = chance.choice(FORGED)
    value: Any = chance.choice([0, 1, -1, "0.00", "1.00", None, True, [], {}, 1999, 0.01])
    with pytest.raises(FieldsInvalid) as caught:
        model_of(CartItemIn, {**sent, name: value})
    assert [(each.field, each.code) for each in caught.value.errors] == [(name, "unknown_field")]


def recounted(cart: Cart, found: Found) -> dict[str, tuple[int, int]]:
    """By line that counts: its price and what is taken off, worked out with fractions and without the product."""
    prices, meant = dict[str, int](), dict[str, int]()
    coupon = found.get(keys.coupon(CODE)) if cart.coupon else None
    for line in cart.lines:
        gate = found.get(keys.gate(line))
        if line == products.PREMIUM:
            prices[line] = settings.premium_price_minor
        elif isinstance(gate, Gate) and _sells(line, gate, found):
            prices[line] = int(gate.price_minor)
            if isinstance(coupon, Coupon) and _holds(coupon, found) and _names(coupon, line, gate):
                meant[line] = prices[line]
    off = _off(coupon, meant) if isinstance(coupon, Coupon) else {}
    return {line: (price, off.get(line, 0)) for line, price in prices.items()}


def _sells(line: str, gate: Gate, found: Found) -> bool:
    seats, row = found[keys.seats(line)], found.get(keys.enrollment(ME, line))
    assert isinstance(seats, Seats)
    owned = isinstance(row, Enrollment) and row.status == "active"
    offered = gate.is_published and not gate.is_deleted and gate.currency == "USD"
    return offered and gate.instructor_id != ME and not owned and not (gate.limited and seats.taken == 5)


def _holds(coupon: Coupon, found: Found) -> bool:
    slots, use = found[keys.coupon_slots(CODE)], found[keys.coupon_use(ME, CODE)]
    assert isinstance(slots, CouponSlots)
    assert isinstance(use, CouponUse)
    spent = coupon.limit_each == 1 and use.uses == 1
    return (
        bool(coupon.is_active)
        and coupon.ends_at != NOW
        and not (slots.capacity == 7 and slots.taken == 7)
        and not spent
    )


def _names(coupon: Coupon, line: str, gate: Gate) -> bool:
    if coupon.currency == "EUR":
        return False
    by_scope = {
        "all": True,
        "courses": line in coupon.courses,
        "category": gate.category_id == "cat_a",
        "instructor": gate.instructor_id == OTHER,
    }
    return by_scope[coupon.scope]


def _off(coupon: Coupon, meant: Mapping[str, int]) -> dict[str, int]:
    if coupon.percent is not None:
        return {line: int(Fraction(price * int(coupon.percent), 100) + Fraction(1, 2)) for line, price in meant.items()}
    whole = sum(meant.values())
    amount = min(whole, int(coupon.amount_minor or 0))
    exact = {line: Fraction(amount * price, whole) for line, price in meant.items() if whole}
    off = {line: int(share) for line, share in exact.items()}
    while sum(off.values()) < amount:
        poorest = min(
            (line for line in exact if off[line] == int(exact[line])), key=lambda each: (off[each] - exact[each], each)
        )
        off[poorest] += 1
    return off


@pytest.mark.row("M15", "B03")
def test_no_body_sets_a_price_and_every_cart_costs_what_a_recount_says() -> None:
    chance = random.Random(6)
    counted = discounted = 0
    for number in range(CARTS):
        if number % 50 == 0:
            found = world(chance)
        with_code(chance, found)
        cart: Cart = Cart.under(keys.cart(ME), user_id=ME, coupon=chance.choice([CODE, CODE, None]))
        for _ in range(chance.randrange(1, 11)):
            sent = body(chance)
            put_in(chance, found, cart, sent)
        refused(chance, sent)
        shown = CartOut.of(Shown(cart, quotes.quoted(cart, found, NOW)))
        recount = recounted(cart, found)
        told = {item.id: (item.price_minor, item.discount_minor) for item in shown.items if item.unavailable is None}
        assert told == recount
        assert shown.subtotal_minor == sum(price for price, _ in recount.values())
        assert shown.discount_minor == sum(off for _, off in recount.values())
        assert 0 <= shown.total_minor == shown.subtotal_minor - shown.discount_minor
        counted, discounted = counted + bool(told), discounted + bool(shown.discount_minor)
    assert counted > CARTS * 0.8
    assert discounted > CARTS * 0.15
