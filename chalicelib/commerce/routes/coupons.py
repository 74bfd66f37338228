"""Codes for less money: teachers give them for their own courses, administrators for any."""

from chalicelib.commerce import coupon_writing, coupons
from chalicelib.commerce.coupon_terms import ScopeNotYours
from chalicelib.commerce.coupon_writing import CodeTaken, CouponChanged, LimitBelowUses
from chalicelib.commerce.coupons import CouponsNotYours, CouponUnknown, Offered
from chalicelib.commerce.schemas.coupons import CouponIn, CouponOut, CouponPatch, CouponsQuery
from chalicelib.table.pages import Page
from chalicelib.web.policies import teacher
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Coupons")


@routes.post(
    "/coupons",
    policy=teacher,
    gives=CouponOut,
    status=201,
    standing="joined",
    errors=(CodeTaken, ScopeNotYours),
    location="/api/v1/coupons/{code}",
)
def create_coupon(ask: Ask[CouponIn, None]) -> Offered:
    """Give out a code

    Teachers give codes for all of their courses or some of them; administrators also for a category and for everything.
    `limit_total` is how many orders may use it, `limit_each` how many of one buyer.
    """
    return coupon_writing.create(ask.act, ask.body.wishes())


@routes.get("/coupons", policy=teacher, lists=CouponOut, standing="joined", errors=(CouponsNotYours,))
def list_coupons(ask: Ask[None, CouponsQuery]) -> Page[Offered]:
    """Your codes, with their uses

    By code. Administrators see those of the platform, or those of the teacher they name.
    """
    query = ask.query
    return coupons.listed(ask.act, query.of(ask.caller), size=query.size, after=query.cursor)


@routes.get("/coupons/{code}", policy=teacher, gives=CouponOut, standing="joined", errors=(CouponUnknown,))
def get_coupon(ask: Ask[None, None], code: str) -> Offered:
    """One code and its uses"""
    return coupons.one(ask.act, code)


@routes.patch(
    "/coupons/{code}",
    policy=teacher,
    gives=CouponOut,
    standing="joined",
    errors=(CouponUnknown, CouponChanged, ScopeNotYours, LimitBelowUses),
)
def patch_coupon(ask: Ask[CouponPatch, None], code: str) -> Offered:
    """Change what a code says, or withdraw it

    `is_active: false` withdraws it. The limit is never below the uses that are taken. The code itself stays.
    """
    return coupon_writing.edit(ask.act, code, ask.body.wishes(), ask.expected_version)


@routes.delete("/coupons/{code}", policy=teacher, standing="joined", errors=(CouponUnknown, CouponChanged))
def delete_coupon(ask: Ask[None, None], code: str) -> None:
    """Delete a code

    One that an order was ever placed with is kept, and withdrawn instead.
    """
    coupon_writing.remove(ask.act, code, ask.expected_version)
