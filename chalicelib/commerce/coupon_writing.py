"""Giving out codes: making, changing and withdrawing them. Teachers do so for their own courses, admins for any.

A code is three items: what it says, how many orders use it, and its entry in the list of whom it belongs to. One that
an order was ever placed with is not deleted but withdrawn, so that every order finds the slots of its code.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock
from chalicelib.catalog import courses
from chalicelib.catalog.courses import Found, Outdated, actions, copied, edited
from chalicelib.catalog.records import Gate
from chalicelib.commerce import coupon_terms, coupons
from chalicelib.commerce.coupons import PLATFORM, Offered
from chalicelib.commerce.records import Coupon, CouponEntry, CouponSlots
from chalicelib.errors import Conflict, FieldError, Stale, invalid
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.writes import Write, adjust, change, delete, put_new, together
from chalicelib.web.identity import Standing


class CodeTaken(Conflict):
    """There is such a code already, perhaps of somebody else."""


class CouponChanged(Outdated):
    """The code has changed since you read it; read it again."""


class LimitBelowUses(Conflict):
    """More uses than that are taken already."""


def create(act: Act, wishes: Mapping[str, Any]) -> Offered:
    """`wishes` by the record's names. Without a scope it is what is named, or else all that the caller may give for."""
    code = wishes["code"]
    found = act.read([*coupons.wanted(act, code), *_named(wishes)])
    if keys.coupon(code) in found:
        raise _taken()
    owner = PLATFORM if courses.is_admin(act, found) else act.actor
    values = coupon_terms.settled(owner, {"scope": coupon_terms.scope_of(owner, wishes), **wishes})
    _require_known(owner, values, found)
    made = _made(act, owner, values)
    writes = [put_new(made.coupon, otherwise=_taken()), put_new(made.slots), put_new(_entry(made.coupon))]
    return together(act, *writes, fact=_told(act, "coupon.created", made.coupon), result=made)


def _taken() -> CodeTaken:
    return CodeTaken(errors=[FieldError("code", "code_taken", CodeTaken().detail)])


def _named(wishes: Mapping[str, Any]) -> list[Key]:
    """What the wishes name, to be read along."""
    named = [keys.gate(course) for course in wishes.get("courses") or ()]
    if wishes.get("category_id"):
        named.append(keys.category(wishes["category_id"]))
    if wishes.get("instructor_id"):
        named.append(keys.standing(wishes["instructor_id"]))
    return named


def _require_known(owner: str, wishes: Mapping[str, Any], found: Found) -> None:
    """Only what is named anew. A course of somebody else is as unknown to a teacher as one that is not there."""
    for course_id in wishes.get("courses") or ():
        gate = found.get(keys.gate(course_id))
        if not isinstance(gate, Gate) or gate.is_deleted or owner not in (PLATFORM, gate.instructor_id):
            raise invalid("courses", "unknown", f"There is no such course that you may give codes for: {course_id}")
    category = wishes.get("category_id")
    if category and keys.category(category) not in found:
        raise invalid("category_id", "unknown", f"There is no such category: {category}")
    if owner == PLATFORM and wishes.get("instructor_id"):
        teacher = found.get(keys.standing(wishes["instructor_id"]))
        if not isinstance(teacher, Standing) or "instructor" not in teacher.roles:
            raise invalid("instructor_id", "unknown", f"There is no such teacher: {wishes['instructor_id']}")


def _made(act: Act, owner: str, values: Mapping[str, Any]) -> Offered:
    code, times = values["code"], {"created_at": act.now, "updated_at": act.now}
    coupon: Coupon = Coupon.under(
        keys.coupon(code), id=clock.new_id("cpn"), owner_id=owner, ver=1, **times, **dict(values)
    )
    slots: CouponSlots = CouponSlots.under(
        keys.coupon_slots(code), capacity=values.get("limit_total"), created_at=act.now
    )
    return Offered(coupon, slots)


def _entry(coupon: Coupon) -> CouponEntry:
    entry: CouponEntry = CouponEntry.under(
        keys.coupon_entry(coupon.owner_id, coupon.code), code=coupon.code, created_at=coupon.created_at
    )
    return entry


def edit(act: Act, text: str, wishes: Mapping[str, Any], expected: int | None) -> Offered:
    """Change what differs. Orders keep the price that they were placed with."""
    code = coupons.code_of(act, text)
    return edited(act, lambda: _edit(act, code, wishes, expected))


def _edit(act: Act, code: str, wishes: Mapping[str, Any], expected: int | None) -> Offered:
    found = act.read([*coupons.wanted(act, code), *_named(wishes)])
    before = _seen(act, found, code, expected)
    settled = coupon_terms.settled(
        before.coupon.owner_id, {**coupon_terms.terms_of(before.coupon), **coupon_terms.instead(wishes)}
    )
    changes = {name: value for name, value in settled.items() if getattr(before.coupon, name) != value}
    if not changes:
        return before
    _require_known(before.coupon.owner_id, changes, found)
    coupon = copied(before.coupon, {**changes, "ver": before.ver + 1, "updated_at": act.now})
    after = Offered(coupon, copied(before.slots, {"capacity": settled["limit_total"]}))
    writes = [change(before.coupon, *actions(before.coupon, changes), now=act.now), *_limited(before.slots, changes)]
    fact = _told(act, "coupon.changed", coupon, changed=sorted(changes))
    return together(act, *writes, fact=fact, result=after)


def _seen(act: Act, found: Found, code: str, expected: int | None) -> Offered:
    offered = coupons.own(act, found, code)
    if expected is not None and offered.ver != expected:
        raise CouponChanged
    return offered


def _limited(slots: CouponSlots, changes: Mapping[str, Any]) -> list[Write]:
    """A limit is never below what is taken, also when orders come at this moment."""
    if "limit_total" not in changes:
        return []
    limit = changes["limit_total"]
    if limit is None:
        return [adjust(slots, CouponSlots.capacity.remove(), where=CouponSlots.pk.exists(), otherwise=Stale())]
    below = LimitBelowUses(errors=[FieldError("limit_total", "limit_below_uses", LimitBelowUses().detail)])
    return [adjust(slots, CouponSlots.capacity.set(limit), where=CouponSlots.taken <= limit, otherwise=below)]


def remove(act: Act, text: str, expected: int | None) -> None:
    """Delete a code that no order was ever placed with; any other holds no more."""
    code = coupons.code_of(act, text)
    edited(act, lambda: _remove(act, code, expected))


def _remove(act: Act, code: str, expected: int | None) -> None:
    offered = _seen(act, act.read(coupons.wanted(act, code)), code, expected)
    coupon = offered.coupon
    if not int(offered.slots.ever):
        unused = delete(offered.slots, where=CouponSlots.ever == 0, otherwise=Stale())
        gone = delete(coupon, where=Coupon.ver == offered.ver, otherwise=Stale())
        fact = _told(act, "coupon.deleted", coupon, ver=offered.ver + 1)
        together(act, gone, unused, delete(_entry(coupon)), fact=fact, result=None)
    elif coupon.is_active:
        write = change(coupon, Coupon.is_active.set(False), now=act.now)
        after = copied(coupon, {"is_active": False, "ver": offered.ver + 1})
        together(act, write, fact=_told(act, "coupon.changed", after, changed=["is_active"]), result=None)


def _told(act: Act, name: str, coupon: Coupon, *, ver: int | None = None, **payload: Any) -> Fact:
    audience = [] if coupon.owner_id == PLATFORM else [coupon.owner_id]
    return act.fact(name, coupon.id, audience=audience, ver=ver or int(coupon.ver), code=coupon.code, **payload)
