"""Orders as administrators see them: those that something is still open of, or all of one buyer.

What is open stands in the list that the clock walks over, so no index of its own is needed. `GET /admin/orders` asks.
"""

from collections.abc import Iterator

from chalicelib.commerce import orders, states, unsettled
from chalicelib.commerce.orders import Seen
from chalicelib.commerce.records import Order
from chalicelib.commerce.states import Status
from chalicelib.errors import invalid
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position

#: Orders of these stand in the list for as long as they are it. Of disputes, those that are not decided.
ALWAYS_LISTED = ("pending", "disputed")
AT_ONCE = 25


def listed(act: Act, status: Status | None, buyer: str | None, *, size: int, after: str | None) -> Page[Seen]:
    """Of a buyer, newest first; otherwise what is open, of any status or of this one, by no particular order."""
    if buyer is not None:
        return orders.listed(act, status, size=size, after=after, buyer=buyer)
    if status not in (None, *ALWAYS_LISTED):
        raise invalid("status", "needs_user", "Orders of this status are listed by buyer: name the `user`.")
    scope = Scope("admin-orders", act.actor, status or "")
    mark: str = position(scope, after, act.now) if after else ""
    found: list[Seen] = []
    for looked, (place, order) in enumerate(_open(mark, max(size + 1, AT_ONCE))):
        if len(found) == size or looked == orders.MOST_LOOKED_AT:
            return Page(found, cursor(scope, mark, act.now))
        seen = Seen(order, act.now)
        if states.is_open(order) and status in (None, seen.status):
            found.append(seen)
        mark = place
    return Page(found)


def _open(mark: str, batch: int) -> Iterator[tuple[str, Order]]:
    """Each with the place to go on after it."""
    first, _, after = mark.partition(" ")
    for shard in range(int(first or 0), unsettled.SHARDS):
        between = (f"{after}~" if after else "0", "~")
        for record in reads.all_of(keys.unsettled(str(shard)), index="gsi2", between=between, limit=batch):
            if isinstance(record, Order):
                yield f"{shard} {record.gsi2sk}", record
        after = ""
