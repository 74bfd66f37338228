"""Codes as those see them who give them out: teachers their own, administrators all. `coupon_writing` changes them.

What administrators make belongs to the platform, so that each of them sees it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.catalog import courses
from chalicelib.commerce.records import Coupon, CouponEntry, CouponSlots
from chalicelib.errors import Forbidden, NotFound
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.record import Record

PLATFORM = "platform"
CODE = r"[A-Za-z0-9_-]{3,40}"


class CouponUnknown(NotFound):
    """There is no such code, or none of yours."""


class CouponsNotYours(Forbidden):
    """Only administrators see the codes of others."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A code and how many orders hold or have used it."""

    coupon: Coupon
    slots: CouponSlots

    @property
    def ver(self) -> int:
        return int(self.coupon.ver)


def code_of(act: Act, text: str) -> str:
    """A code from a path, in the case in which it is kept."""
    if not re.fullmatch(CODE, text):
        act.read(())  # Whoever may not act any more is told that first.
        raise CouponUnknown
    return text.upper()


def wanted(act: Act, code: str) -> list[Key]:
    return [keys.standing(act.actor), keys.coupon(code), keys.coupon_slots(code)]


def own(act: Act, found: Mapping[Key, Record], code: str) -> Offered:
    """The code among what was read, if the caller may manage it. That of another teacher is not there."""
    coupon, slots = found.get(keys.coupon(code)), found.get(keys.coupon_slots(code))
    if not isinstance(coupon, Coupon) or not isinstance(slots, CouponSlots):
        raise CouponUnknown
    if coupon.owner_id != act.actor and not courses.is_admin(act, found):
        raise CouponUnknown
    return Offered(coupon, slots)


def one(act: Act, text: str) -> Offered:
    code = code_of(act, text)
    return own(act, act.read(wanted(act, code)), code)


def listed(act: Act, owner: str, *, size: int, after: str | None) -> Page[Offered]:
    """By code. Whether the caller may see them is asked in the same trip as the codes themselves."""
    scope = Scope("coupons", act.actor, owner)
    mark = position(scope, after, act.now) if after else ""
    entries = reads.span(keys.coupons_of(owner), after=mark, limit=size + 1).records
    codes = [each.code for each in entries[:size] if isinstance(each, CouponEntry)]
    each_of = [key for code in codes for key in (keys.coupon(code), keys.coupon_slots(code))]
    found = act.read([keys.standing(act.actor), *each_of])
    if owner != act.actor and not courses.is_admin(act, found):
        raise CouponsNotYours
    there = [code for code in codes if keys.coupon(code) in found]
    return Page([own(act, found, code) for code in there], _next(act, scope, codes) if len(entries) > size else None)


def _next(act: Act, scope: Scope, codes: list[str]) -> str:
    return cursor(scope, codes[-1], act.now)
