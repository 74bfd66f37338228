"""Carts and codes as tests want them, made by the product's own rules and without asking the API."""

import time
from itertools import count
from typing import Any

from chalicelib import clock
from chalicelib.catalog.records import Course
from chalicelib.commerce import coupon_writing
from chalicelib.commerce.records import Cart, Coupon, CouponSlots, CouponUse
from chalicelib.table import keys, reads
from chalicelib.table.acts import SYSTEM, Act
from tests.factories import courses

_numbers = count(1)
PRICE = 1999


def act(actor: str = SYSTEM) -> Act:
    return Act(actor, clock.now(), "req-of-a-factory", time.monotonic() + 20)


def sold(instructor_id: str, price_minor: int = PRICE, **changes: Any) -> Course:
    """A published course with one lesson that costs something."""
    return courses.a_course(instructor_id, 1, price_minor=price_minor, **changes)


def a_code(owner: str = SYSTEM, **wishes: Any) -> Coupon:
    """Ten percent off, unless the wishes say otherwise. Without an owner it is the platform's."""
    worth = {} if "amount_minor" in wishes else {"percent": 10}
    return coupon_writing.create(act(owner), {"code": f"CODE-{next(_numbers)}", **worth, **wishes}).coupon


def cart_now(user_id: str) -> Cart | None:
    return reads.one(Cart, keys.cart(user_id))


def slots_of(code: str) -> tuple[int, int]:
    """How many orders hold or have used a code, and how many were ever placed with it."""
    slots = reads.one(CouponSlots, keys.coupon_slots(code))
    assert slots
    return int(slots.taken), int(slots.ever)


def uses_of(user_id: str, code: str) -> int:
    use = reads.one(CouponUse, keys.coupon_use(user_id, code))
    return int(use.uses) if use else 0
