"""What follows from a refund that was requested: `functions/give_refunds` has Stripe give the money back."""

from chalicelib.commerce import giving_back, ids
from chalicelib.commerce.ids import GivenBack
from chalicelib.commerce.payments import PaymentContradicts
from chalicelib.commerce.records import Order, Refund
from chalicelib.messaging.batches import Poison
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact

#: A call may wait for Stripe, look, and ask again.
SECONDS = 45.0


def give_refund(fact: Fact) -> str:
    """What becomes of a refund, in a word. A repeat finds it settled, or asks Stripe again under the same key."""
    order, refund = _read(place_of(fact))
    if refund.status != "requested":
        return str(refund.status)
    try:
        after = giving_back.give(by_system(fact.request_id, seconds=SECONDS), order, refund)
    except PaymentContradicts as wrong:
        raise Poison(str(wrong)) from wrong
    return str(after.answered.get(refund.id, "pending"))


def place_of(fact: Fact) -> GivenBack:
    place = ids.given_back(fact.subject)
    if place is None:
        raise Poison(f"no refund: {fact.subject}")
    return place


def _read(place: GivenBack) -> tuple[Order, Refund]:
    found = reads.many([keys.order(place.user, place.order), keys.refund(*place)])
    order, refund = found.get(keys.order(place.user, place.order)), found.get(keys.refund(*place))
    if not isinstance(order, Order) or not isinstance(refund, Refund):
        raise Poison(f"unknown refund: {place.number} of {place.order}")
    return order, refund
