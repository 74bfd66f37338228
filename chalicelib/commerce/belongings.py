"""What commerce holds of a person, for their export and their erasure: see `accounts/privacy.py`.

Orders and the books outlive the person, by id alone. The cart, the counts of used codes and the receipts go;
what is not paid yet is given up.
"""

from collections.abc import Iterator

from chalicelib.commerce import coupon_writing, looking, receipts
from chalicelib.commerce.records import Coupon, CouponEntry, Order
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import alone, delete


def held(user_id: str) -> Iterator[Record]:
    """All that lies in the buyer's partition, what somebody has earned, and the codes that they give out."""
    yield from reads.all_of(keys.buyer(user_id))
    yield from reads.all_of(keys.earnings_of(user_id))
    yield from _codes(user_id)


def erase(act: Act, user_id: str) -> None:
    """Codes of somebody who is gone hold no more. Repeatable at any point."""
    orders = reads.all_of(keys.buyer(user_id), prefix="ORDER#")
    receipts.clear_all(each for each in orders if isinstance(each, Order))
    for record in reads.all_of(keys.buyer(user_id)):
        if isinstance(record, Order):
            looking.give_up(act, record, "cancelled", told=False)
        if not record.kept_on_erasure:
            alone(delete(record))
    for coupon in _codes(user_id):
        coupon_writing.remove(act, coupon.code, None)


def _codes(user_id: str) -> Iterator[Coupon]:
    entries = [each for each in reads.all_of(keys.coupons_of(user_id)) if isinstance(each, CouponEntry)]
    for found in reads.many(keys.coupon(each.code) for each in entries).values():
        if isinstance(found, Coupon):
            yield found
