"""Receipts: one's own papers, and the public check that a stranger makes."""

from typing import Any

from chalicelib.commerce import receipt_page, receipts
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.receipts import Link, OrderUnpaid, ReceiptNotPrinted, ReceiptUnknown
from chalicelib.commerce.schemas.receipts import CheckedReceiptOut, ReceiptOut
from chalicelib.web.policies import anyone, signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Orders")


@routes.get(
    "/orders/{order_id}/receipt",
    policy=signed_in,
    gives=ReceiptOut,
    standing="joined",
    cache="no-store",
    errors=(OrderUnknown, OrderUnpaid, ReceiptNotPrinted),
)
def get_receipt(ask: Ask[None, None], order_id: str) -> Link:
    """A link to the receipt as a PDF, good for five minutes

    It is printed some seconds after the payment, and again whenever money was given back.
    """
    return receipts.lend(ask.act, order_id)


@routes.get("/receipts/{code}", policy=anyone, gives=CheckedReceiptOut, errors=(ReceiptUnknown,))
def check_receipt(ask: Ask[None, None], code: str) -> Any:
    """Is the receipt with this code real?

    The code is in the QR code on the paper. A browser gets a page (`Accept: text/html`).
    """
    return receipt_page.shown(ask.exchange, receipts.check(code))
