"""Money back: asking for it, and how far it is."""

from chalicelib.commerce import refunds
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.records import Refund
from chalicelib.commerce.refunds import (
    AmountNotYours,
    NothingLeft,
    NothingPaid,
    NotOfThisOrder,
    OrderDisputed,
    OrderUnpaid,
    RefundNotOffered,
    RefundTooLarge,
    RefundUnknown,
    TooManyRefunds,
)
from chalicelib.commerce.schemas.refunds import RefundIn, RefundOut
from chalicelib.table.pages import Page
from chalicelib.web.policies import admin, signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Orders")
PLACE = "/api/v1/refunds/{id}"
REFUSALS = (
    OrderUnknown,
    OrderUnpaid,
    OrderDisputed,
    NotOfThisOrder,
    NothingLeft,
    NothingPaid,
    RefundTooLarge,
    TooManyRefunds,
)


@routes.post(
    "/orders/{order_id}/refunds",
    policy=signed_in,
    gives=RefundOut,
    status=202,
    repeats=200,
    standing="joined",
    errors=(*REFUSALS, RefundNotOffered, AmountNotYours),
    location=PLACE,
)
def ask_for_refund(ask: Ask[RefundIn, None], order_id: str) -> Reply:
    """Ask for your money back

    For the courses that are named, or for the whole order: within 30 days, and where less than 30 % of a course are
    done. Stripe is asked at once and by itself; a course closes when its money has gone back. Who asks again gets the
    refund that is under way, with 200.
    """
    asked = refunds.ask(ask.act, order_id, ask.body.wish)
    return Reply(asked, repeated=not asked.is_new)


@routes.post(
    "/admin/orders/{order_id}/refunds",
    policy=admin,
    gives=RefundOut,
    status=202,
    repeats=200,
    standing="joined",
    errors=REFUSALS,
    location=PLACE,
)
def refund_order(ask: Ask[RefundIn, None], order_id: str) -> Reply:
    """Give money back to a buyer

    At any time, also a part: an amount is shared out over the courses that are named, or over the order. A course
    closes when all that was paid for it is back. A part is given back as often as it is asked for: send an
    `Idempotency-Key`, so that a second click is not a second part.
    """
    asked = refunds.ask(ask.act, order_id, ask.body.wish, anybodys=True)
    return Reply(asked, repeated=not asked.is_new)


@routes.get("/orders/{order_id}/refunds", policy=signed_in, lists=RefundOut, standing="offered", errors=(OrderUnknown,))
def list_refunds(ask: Ask[None, None], order_id: str) -> Page[Refund]:
    """What was asked back of an order"""
    found = refunds.of_order(ask.act, order_id)
    return Page(found, count=len(found))


@routes.get("/refunds/{refund_id}", policy=signed_in, gives=RefundOut, standing="offered", errors=(RefundUnknown,))
def get_refund(ask: Ask[None, None], refund_id: str) -> Refund:
    """One refund, and how far it is"""
    return refunds.one(ask.act, refund_id)
