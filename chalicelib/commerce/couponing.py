"""Codes and the orders that use them: whether one holds now, and the uses that orders hold, keep and give back."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.commerce.records import Coupon, CouponSlots, CouponUse, Order
from chalicelib.errors import Stale
from chalicelib.table import keys
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


def refusal(found: Mapping[Key, Record], user_id: str, code: str, now: datetime) -> str | None:
    """Why a code does not hold for this buyer at this moment, in a word."""
    coupon, slots, use = (found.get(key) for key in wanted(user_id, code))
    if not isinstance(coupon, Coupon) or not coupon.is_active:
        return "unknown"
    if coupon.starts_at is not None and now < coupon.starts_at:
        return "not_yet"
    if coupon.ends_at is not None and now >= coupon.ends_at:
        return "over"
    if isinstance(slots, CouponSlots) and slots.capacity is not None and slots.taken >= slots.capacity:
        return "used_up"
    if coupon.limit_each is not None and isinstance(use, CouponUse) and use.uses >= coupon.limit_each:
        return "used_by_you"
    return None


def held(order: Order, found: Mapping[Key, Record]) -> list[Write]:
    """For the transaction that places an order: one use of its code, in all and by this buyer."""
    coupon = found.get(keys.coupon(order.coupon)) if order.coupon else None
    if not isinstance(coupon, Coupon):
        return []
    return [*_slot_taken(coupon), _used_once_more(order.user_id, coupon)]


def freed(order: Order, found: Mapping[Key, Record]) -> list[Write]:
    """For the transaction that ends an order, or gives all of it back. What `wanted` finds no more is not counted."""
    if order.coupon is None:
        return []
    slots, used = found.get(keys.coupon_slots(order.coupon)), found.get(keys.coupon_use(order.user_id, order.coupon))
    pieces: list[Write] = []
    if isinstance(slots, CouponSlots):
        pieces.append(adjust(slots, CouponSlots.taken.add(-1), where=CouponSlots.taken > 0))
    if isinstance(used, CouponUse):
        pieces.append(adjust(used, CouponUse.uses.add(-1), where=CouponUse.uses > 0))
    return pieces


def _slot_taken(coupon: Coupon) -> list[Write]:
    """Every code has its slots; whether they are limited may change."""
    slots: CouponSlots = CouponSlots.under(keys.coupon_slots(coupon.code))
    room = CouponSlots.capacity.does_not_exist() | (CouponSlots.taken < CouponSlots.capacity)
    return [adjust(slots, CouponSlots.taken.add(1), where=CouponSlots.pk.exists() & room, otherwise=Stale())]


def _used_once_more(user_id: str, coupon: Coupon) -> Write:
    """The first use makes the item, which is why all of it is named."""
    used: CouponUse = CouponUse.under(keys.coupon_use(user_id, coupon.code))
    room = CouponUse.uses.does_not_exist()
    each = None if coupon.limit_each is None else room | (CouponUse.uses < int(coupon.limit_each))
    named = (CouponUse.kind.set(CouponUse), CouponUse.code.set(coupon.code), CouponUse.uses.add(1))
    return Write("Update", used, each, named, Stale())
