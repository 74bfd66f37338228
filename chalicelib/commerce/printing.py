"""Printing the receipt of an order, and taking it away. The workers' part: the API has neither fonts nor printer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib import aws
from chalicelib.accounts.records import User
from chalicelib.commerce import ids, paper, receipts, states
from chalicelib.commerce.ids import Ordered
from chalicelib.commerce.paper import Line, Said
from chalicelib.commerce.records import Order, Receipt
from chalicelib.errors import Stale
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import alone, put_new


def keep(order_id: str, now: datetime) -> str:
    """Bring the paper in line with the order; returns what was done. Repeating it changes nothing."""
    place = ids.ordered(order_id)
    if place is None:
        return "no order"
    found = reads.many([keys.order(*place), keys.receipt(*place), keys.user(place.user)])
    order = found.get(keys.order(*place))
    if not isinstance(order, Order) or not states.is_paid(order):
        return "not paid"
    buyer = _living(found, place)
    if buyer is None:
        return _forgotten(order)
    receipt = found.get(keys.receipt(*place))
    if isinstance(receipt, Receipt) and receipts.shows(receipt, order):
        # Whoever printed it may have died before the older ones were gone.
        receipts.clear(order, range(1, int(receipt.order_ver)))
        return "there already"
    return _print(order, buyer, place, now)


def _living(found: Mapping[Key, Record], place: Ordered) -> User | None:
    user = found.get(keys.user(place.user))
    return user if isinstance(user, User) and user.erased_at is None else None


def _print(order: Order, buyer: User, place: Ordered, now: datetime) -> str:
    page = paper.drawn(said(order, buyer))
    ver = int(order.ver)
    aws.client("s3").put_object(
        Bucket=settings.certificates_bucket, Key=receipts.place(order, ver), Body=page, ContentType="application/pdf"
    )
    if not _marked(order, place, now):
        receipts.clear(order, [ver])
        return "overtaken"
    receipts.clear(order, range(1, ver))
    # Who is erased meanwhile may have been passed over: the mark was not there yet.
    if _living(reads.many([keys.user(place.user)]), place) is None:
        return _forgotten(order)
    return "printed"


def _marked(order: Order, place: Ordered, now: datetime) -> bool:
    """Printed, unless the paper of a later state of the order is there."""
    receipt: Receipt = Receipt.under(
        keys.receipt(*place),
        order_id=order.id,
        order_ver=int(order.ver),
        returned=order.allotted,
        printed_at=now,
        created_at=now,
    )
    try:
        alone(put_new(receipt, unless=Receipt.order_ver <= int(order.ver), otherwise=Stale()))
    except Stale:
        return False
    return True


def _forgotten(order: Order) -> str:
    """Nobody is there any more whose name could stand on it."""
    receipts.clear(order, range(1, int(order.ver) + 1))
    return "taken away"


def said(order: Order, buyer: User) -> Said:
    """What stands on the paper."""
    paid = order.paid_at.astimezone(ZoneInfo(buyer.time_zone))
    return Said(
        number=receipts.number_of(order),
        paid_on=f"{paid.day} {paid:%B %Y, %H:%M} ({buyer.time_zone})",
        buyer=buyer.name,
        currency=order.currency,
        lines=[_line(order, line) for line in order.lines],
        subtotal_minor=int(order.subtotal_minor),
        discount_minor=int(order.discount_minor),
        coupon=order.coupon or "",
        total_minor=int(order.total_minor),
        refunded_minor=states.refunded(order),
        charged_back_minor=states.charged_back(order),
        address=receipts.check_address(order.id),
    )


def _line(order: Order, line: Mapping[str, Any]) -> Line:
    return Line(
        title=line["title"],
        price_minor=int(line["price_minor"]),
        discount_minor=int(line["discount_minor"]),
        total_minor=int(line["total_minor"]),
        returned_minor=int(order.allotted.get(line["id"], 0)),
    )
