"""Asking for money back: a refund that is requested, and held back from what may still be asked for.

A piece for transactions of the order; `refunds.py` judges who may ask, the worker asks Stripe.
"""

from collections.abc import Mapping

from chalicelib.commerce import books, ids, states
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.records import Refund
from chalicelib.table import keys
from chalicelib.table.writes import put_new


def ask(effects: Effects, lines: Mapping[str, int], *, reason: str) -> Refund | None:
    """At most what is left; None where nothing is, as with what was free."""
    order = effects.after
    amount = min(sum(lines.values()), states.refundable(order))
    place = ids.ordered(order.id)
    if amount <= 0 or place is None:
        return None
    number = int(order.refunds_asked) + 1
    refund: Refund = Refund.under(
        keys.refund(place.user, place.order, number),
        id=ids.refund_of(order.id, number),
        ver=1,
        created_at=effects.act.now,
        updated_at=effects.act.now,
        user_id=order.user_id,
        order_id=order.id,
        number=number,
        amount_minor=amount,
        currency=order.currency,
        lines={line: part for line, part in books.spread_over(amount, lines).items() if part},
        reason=reason,
        asked_by=effects.act.actor,
    )
    order.refunds_asked = number
    order.refunding_minor = int(order.refunding_minor) + amount
    effects.writes.append(put_new(refund))
    effects.tell("refund.requested", refund.id, ver=1, order=order.id, amount_minor=amount, reason=reason)
    return refund
