"""Orders as their buyers see them: one of them, and all of them, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.commerce import ids, states
from chalicelib.commerce.payments import OrderUnknown
from chalicelib.commerce.records import Order
from chalicelib.commerce.states import Status
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.pages import Page, Scope, cursor, position

LAST = "~"
#: So many are looked at for one page: where a filter leaves few, a page may be short and say where to go on.
MOST_LOOKED_AT = 500
AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as it is at a moment: its time may be up before anybody has ended it."""

    order: Order
    at: datetime

    @property
    def ver(self) -> int:
        return int(self.order.ver)

    @property
    def status(self) -> Status:
        return states.status(self.order, self.at)


def key_of(order_id: str) -> Key:
    place = ids.ordered(order_id)
    if place is None:
        raise OrderUnknown
    return keys.order(*place)


def known(order_id: str) -> Order:
    """For whoever acts for the product itself, or administers it."""
    order = reads.one(Order, key_of(order_id))
    if order is None:
        raise OrderUnknown
    return order


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


def seen(act: Act, order_id: str) -> Seen:
    """What its buyer is shown."""
    return Seen(own(act, order_id), act.now)


def listed(act: Act, status: Status | None, *, size: int, after: str | None, buyer: str | None = None) -> Page[Seen]:
    """The caller's own, newest first, or those of a buyer for whoever may see them."""
    scope = Scope("orders", act.actor, f"{status or ''}|{buyer or ''}")
    mark: str | None = position(scope, after, act.now) if after else None
    found: list[Seen] = []
    for looked, order in enumerate(_newest_first(buyer or act.actor, mark, max(size + 1, AT_ONCE))):
        if len(found) == size or looked == MOST_LOOKED_AT:
            return Page(found, cursor(scope, mark, act.now))
        shown = Seen(order, act.now)
        if status in (None, shown.status):
            found.append(shown)
        mark = order.lsi1sk
    return Page(found)


def _newest_first(user_id: str, mark: str | None, batch: int) -> Iterator[Order]:
    bounds = ("0", mark or LAST)
    for each in reads.all_of(keys.buyer(user_id), index="lsi1", between=bounds, newest_first=True, limit=batch):
        if isinstance(each, Order) and each.lsi1sk != mark:
            yield each
