"""Codes and the orders that use them: whether one holds now, and the uses that orders hold, keep and give back.

An order takes a use when it is placed and keeps it for good once it is paid. The use is free again when the order comes
to nothing or when all of its money was given back.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.commerce import states
from chalicelib.commerce.records import Coupon, CouponSlots, CouponUse, Order
from chalicelib.errors import Stale
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, adjust

REFUSALS = {
    "unknown": "There is no such code.",
    "not_yet": "This code does not hold yet.",
    "over": "This code does not hold any more.",
    "used_up": "Every use of this code is taken.",
    "used_by_you": "You have used this code as often as you may.",
    "for_nothing_here": "This code takes nothing off what is in the cart.",
}


def wanted(user_id: str, code: str) -> list[Key]:
    return [keys.coupon(code), keys.coupon_slots(code), keys.coupon_use(user_id, code)]


def refusal(found: Mapping[Key, Record], user_id: str, code: str, now: datetime, *, holding: int = 0) -> str | None:
    """Why a code does not hold for this buyer at this moment, in a word.

    `holding` is how many uses the buyer's own open order holds: they are free for the next order, which replaces it.
    """
    coupon, slots, use = (found.get(key) for key in wanted(user_id, code))
    if not isinstance(coupon, Coupon) or not coupon.is_active:
        return "unknown"
    if coupon.starts_at is not None and now < coupon.starts_at:
        return "not_yet"
    if coupon.ends_at is not None and now >= coupon.ends_at:
        return "over"
    if isinstance(slots, CouponSlots) and slots.capacity is not None and slots.taken - holding >= slots.capacity:
        return "used_up"
    if coupon.limit_each is not None and isinstance(use, CouponUse) and use.uses - holding >= coupon.limit_each:
        return "used_by_you"
    return None


def holds(order: Order) -> bool:
    """Whether an order as it is counts among the uses of its code."""
    if order.coupon is None:
        return False
    if not states.is_paid(order):
        return order.ended is None
    return not int(order.captured_minor) or states.refunded(order) < int(order.captured_minor)


def held(order: Order, found: Mapping[Key, Record]) -> list[Write]:
    """For the transaction that places an order: one use of its code, in all and by this buyer."""
    coupon = found.get(keys.coupon(order.coupon)) if order.coupon else None
    if not isinstance(coupon, Coupon):
        return []
    room = CouponSlots.capacity.does_not_exist() | (CouponSlots.taken < CouponSlots.capacity)
    once_more = (CouponSlots.taken.add(1), CouponSlots.ever.add(1))
    slot = adjust(_slots(coupon.code), *once_more, where=CouponSlots.pk.exists() & room, otherwise=Stale())
    return [slot, _used_once_more(order.user_id, coupon.code, coupon.limit_each)]


def moved(before: Order, after: Order) -> list[Write]:
    """For the transaction that learns something of a payment.

    One that was given up and is paid in the end has its use, whether there is room or not: the price was promised.
    """
    if holds(before) == holds(after):
        return []
    if not holds(after):
        return freed(after)
    taken = adjust(_slots(after.coupon), CouponSlots.taken.add(1), where=CouponSlots.pk.exists())
    return [taken, _used_once_more(after.user_id, after.coupon, None)]


def freed(order: Order) -> list[Write]:
    """For the transaction that ends an order, or gives all of it back. Who is erased has no uses any more."""
    if order.coupon is None:
        return []
    free = adjust(_slots(order.coupon), CouponSlots.taken.add(-1), where=CouponSlots.taken > 0)
    used = reads.one(CouponUse, keys.coupon_use(order.user_id, order.coupon))
    if used is None or not int(used.uses):
        return [free]
    return [free, adjust(used, CouponUse.uses.add(-1), where=CouponUse.uses > 0)]


def _slots(code: str) -> CouponSlots:
    """Every code has its slots; whether they are limited may change."""
    slots: CouponSlots = CouponSlots.under(keys.coupon_slots(code))
    return slots


def _used_once_more(user_id: str, code: str, limit: float | None) -> Write:
    """The first use makes the item, which is why all of it is named."""
    used: CouponUse = CouponUse.under(keys.coupon_use(user_id, code))
    room = None if limit is None else CouponUse.uses.does_not_exist() | (CouponUse.uses < int(limit))
    named = (CouponUse.kind.set(CouponUse), CouponUse.code.set(code), CouponUse.uses.add(1))
    return Write("Update", used, room, named, Stale())
