"""Orders as their buyers see them: one of them, and all of them, newest first."""

from chalicelib.commerce import ids
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.records import Order
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key


def key_of(order_id: str) -> Key:
    place = ids.ordered(order_id)
    if place is None:
        raise OrderUnknown
    return keys.order(*place)


def own(act: Act, order_id: str) -> Order:
    """An order of the caller's; that of anybody else is not there."""
    place = ids.ordered(order_id)
    if place is None or place.user != act.actor:
        act.read(())  # Whoever may not act any more is told that first.
        raise OrderUnknown
    order = act.read([keys.order(*place)]).get(keys.order(*place))
    if not isinstance(order, Order):
        raise OrderUnknown
    return order
