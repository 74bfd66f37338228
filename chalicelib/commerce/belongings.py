"""What commerce holds of a person, for their export and their erasure: see `accounts/privacy.py`.

Orders and the books outlive the person, by id alone. The cart and the counts of used codes go.
"""

from collections.abc import Iterator

from chalicelib.commerce import coupon_writing
from chalicelib.commerce.records import Coupon, CouponEntry
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import alone, delete


def held(user_id: str) -> Iterator[Record]:
    """All that lies in the buyer's partition, and the codes that somebody gives out."""
    yield from reads.all_of(keys.buyer(user_id))
    yield from _codes(user_id)


def erase(act: Act, user_id: str) -> None:
    """Codes of somebody who is gone hold no more. Repeatable at any point."""
    for record in reads.all_of(keys.buyer(user_id)):
        if not record.kept_on_erasure:
            alone(delete(record))
    for coupon in _codes(user_id):
        coupon_writing.remove(act, coupon.code, None)


def _codes(user_id: str) -> Iterator[Coupon]:
    entries = [each for each in reads.all_of(keys.coupons_of(user_id)) if isinstance(each, CouponEntry)]
    for found in reads.many(keys.coupon(each.code) for each in entries).values():
        if isinstance(found, Coupon):
            yield found
