"""What an order is, worked out from what is known of it. Pure; the order in which things became known does not matter.

What is known only grows, so no news can take an order back: a late "declined" changes nothing that is paid, an early
refund waits and counts when the payment is known.
"""

from datetime import datetime, timedelta
from typing import Literal, get_args

from chalicelib.commerce.records import Order
from chalicelib.settings import settings

Status = Literal["pending", "paid", "partially_refunded", "refunded", "disputed", "expired", "cancelled"]
STATUSES: tuple[Status, ...] = get_args(Status)
#: A dispute goes from left to right. One that was lost may be won on appeal; what is won stays won.
DISPUTES = {"none": 0, "open": 1, "lost": 2, "won": 3}
DECIDED = ("lost", "won")
#: How long after a payment was begun, or something was asked of Stripe, we ask what has become of it. The clock that
#: asks strikes every five minutes, so what is stuck is finished within ten.
PATIENCE = timedelta(minutes=5)
#: The same for a dispute, which takes weeks.
DISPUTE_PATIENCE = timedelta(days=1)
#: The same for a refund that was made: for so long, the bank may still send it back.
RETURN_PATIENCE = timedelta(days=7)
SENT_BACK_WITHIN = timedelta(days=30)


def is_paid(order: Order) -> bool:
    return order.captured_minor is not None


def captured(order: Order) -> int:
    return int(order.captured_minor or 0)


def refunded(order: Order) -> int:
    """What has been given back, which is never more than was taken."""
    failed = set(order.failed_refunds)
    given = sum(int(amount) for refund, amount in order.refunds.items() if refund not in failed)
    return min(given, captured(order))


def charged_back(order: Order) -> int:
    """What the buyer's bank took back in a dispute that we lost."""
    if order.dispute != "lost":
        return 0
    return min(int(order.disputed_minor), captured(order) - refunded(order))


def returned(order: Order) -> int:
    """What the buyer has again, one way or the other."""
    return refunded(order) + charged_back(order)


def refundable(order: Order) -> int:
    """What may still be asked back: refunds under way are taken off, and Stripe gives nothing back while disputing."""
    if is_disputed(order):
        return 0
    return max(0, captured(order) - refunded(order) - int(order.refunding_minor))


def is_owed(order: Order) -> bool:
    """Whether money of it is still ours that could be given back."""
    return returned(order) < captured(order) and not is_disputed(order)


def is_disputed(order: Order) -> bool:
    return order.dispute in ("open", "lost")


def status(order: Order, at: datetime | None = None) -> Status:
    """`at` is the moment for which it is asked; without one, an order is pending until somebody has ended it."""
    if not is_paid(order):
        if order.ended:
            return "cancelled" if order.ended == "cancelled" else "expired"
        return "expired" if at is not None and _is_over(order, at) else "pending"
    if is_disputed(order):
        return "disputed"
    back = refunded(order)
    if not back:
        return "paid"
    return "refunded" if back >= captured(order) else "partially_refunded"


def _is_over(order: Order, at: datetime) -> bool:
    """Its time is up and nobody can pay it any more. Where a payment was begun, only Stripe knows that."""
    return at >= order.expires_at and order.intent_id is None and int(order.total_minor) > 0


def closed_lines(order: Order) -> list[str]:
    """What the buyer may not use: all of it in a dispute that is open or lost, else what was given back whole.

    Where disputes close nothing, what the bank has taken back in the end is given back like anything else.
    """
    if is_disputed(order) and settings.dispute_closes_access:
        return [line["id"] for line in order.lines]
    return [line["id"] for line in order.lines if 0 < line["total_minor"] <= order.allotted.get(line["id"], 0)]


def waits_for_fees(order: Order) -> bool:
    """Stripe's for the payment is known within minutes, for a dispute when that is decided."""
    if order.dispute in DECIDED and order.dispute_fee_minor is None:
        return True
    return order.fee_minor is None and captured(order) > 0


def due(order: Order, now: datetime) -> datetime | None:
    """When somebody is to look at it again; never, where nothing is open any more."""
    if not is_paid(order):
        if order.ended:
            return None
        is_begun = order.intent_id is not None or not int(order.total_minor)
        return min(order.expires_at, now + PATIENCE) if is_begun else order.expires_at
    pause = patience(order, now)
    return None if pause is None else now + pause


def patience(order: Order, now: datetime) -> timedelta | None:
    """How long a paid order is left alone before somebody looks at it; None where nothing can come any more."""
    if waits_for_fees(order) or order.refunding_minor:
        return PATIENCE
    if order.dispute == "open":
        return DISPUTE_PATIENCE
    may_come_back = refunded(order) and order.returned_at is not None and now < order.returned_at + SENT_BACK_WITHIN
    return RETURN_PATIENCE if may_come_back else None


def is_open(order: Order) -> bool:
    """Whether something is to be waited for; that a bank may send money back is only looked at."""
    if not is_paid(order):
        return order.ended is None
    return waits_for_fees(order) or bool(order.refunding_minor) or order.dispute == "open"
