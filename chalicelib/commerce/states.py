"""What an order is, worked out from what is known of it. Pure; the order in which things became known does not matter.

What is known only grows, so no news can take an order back: a late "declined" changes nothing that is paid, an early
refund waits and counts when the payment is known.
"""

from datetime import datetime, timedelta
from typing import Literal

from chalicelib.commerce.records import Order

Status = Literal["pending", "paid", "partially_refunded", "refunded", "disputed", "expired", "cancelled"]
#: A dispute goes from left to right; its two ends are as far as each other.
DISPUTES = {"none": 0, "open": 1, "won": 2, "lost": 2}
#: How long after a payment was begun, or something was asked of Stripe, we ask what has become of it.
PATIENCE = timedelta(minutes=10)


def is_paid(order: Order) -> bool:
    return order.captured_minor is not None


def refunded(order: Order) -> int:
    """What has been given back, which is never more than was taken."""
    failed = set(order.failed_refunds)
    given = sum(int(amount) for refund, amount in order.refunds.items() if refund not in failed)
    return min(given, int(order.captured_minor or 0))


def refundable(order: Order) -> int:
    """What may still be asked back: refunds under way are taken off."""
    return max(0, int(order.captured_minor or 0) - refunded(order) - int(order.refunding_minor))


def status(order: Order) -> Status:
    if not is_paid(order):
        return order.ended or "pending"  # type: ignore[return-value]
    if order.dispute in ("open", "lost"):
        return "disputed"
    back = refunded(order)
    if not back:
        return "paid"
    return "refunded" if back >= int(order.captured_minor or 0) else "partially_refunded"


def closed_lines(order: Order) -> list[str]:
    """What the buyer may not use: all of it in a dispute that is open or lost, else what was given back whole."""
    if order.dispute in ("open", "lost"):
        return [line["id"] for line in order.lines]
    return [line["id"] for line in order.lines if 0 < line["total_minor"] <= order.allotted.get(line["id"], 0)]


def due(order: Order, now: datetime) -> datetime | None:
    """When somebody is to look at it again; never, where nothing is open any more."""
    if not is_paid(order):
        if order.ended:
            return None
        return min(order.expires_at, now + PATIENCE) if order.intent_id else order.expires_at
    waits_for_fee = order.fee_minor is None and int(order.captured_minor or 0) > 0
    return now + PATIENCE if waits_for_fee or order.refunding_minor else None
