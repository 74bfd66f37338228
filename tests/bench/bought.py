"""What somebody has bought, written past the API: paid orders in any amount, a refund, and an order that waits."""

from datetime import timedelta

from chalicelib import clock
from chalicelib.commerce import books, ids
from chalicelib.commerce.records import Order, Receipt, Refund
from chalicelib.table import keys
from chalicelib.table.record import moment_text
from tests.bench import data
from tests.bench.goods import TEACHER
from tests.factories import people

#: The states of the cart that the orders were made of; the present one is another.
PAID, PENDING = 1_000, 999
LINES = 2


def ordered(buyer: str, amount: int) -> None:
    """A verified buyer with so many paid orders of two courses each, none newer than a day, and one that is pending."""
    people.verified(buyer)
    data.store([_paid(_order(buyer, PAID + number, number)) for number in range(amount)])
    data.store([_order(buyer, PENDING, 0), _refund(buyer), _receipt(buyer)])


def _order(buyer: str, cart_ver: int, minutes: int) -> Order:
    moment, id = clock.now() - timedelta(days=1, minutes=minutes), ids.order_of(buyer, cart_ver)
    place = ids.ordered(id)
    assert place
    order: Order = Order.under(
        keys.order(*place),
        id=id,
        ver=1,
        user_id=buyer,
        cart_ver=cart_ver,
        lines=[_line(number) for number in range(LINES)],
        subtotal_minor=LINES * 1999,
        total_minor=LINES * 1999,
        currency="USD",
        expires_at=moment + timedelta(minutes=30),
        created_at=moment,
        updated_at=moment,
        lsi1sk=f"{moment_text(moment)}#{id}",
    )
    return order


def _refund(buyer: str) -> Refund:
    """Of the newest paid order: a part that has gone back."""
    id, now = ids.order_of(buyer, PAID), clock.now()
    place = ids.ordered(id)
    assert place
    made: Refund = Refund.under(
        keys.refund(*place, 1),
        id=ids.refund_of(id, 1),
        ver=2,
        user_id=buyer,
        order_id=id,
        number=1,
        amount_minor=100,
        currency="USD",
        lines={f"crs_{8_000:026d}": 100},
        reason="goodwill",
        asked_by="system",
        status="succeeded",
        stripe_id="re_1",
        created_at=now,
        updated_at=now,
        done_at=now,
    )
    return made


def _receipt(buyer: str) -> Receipt:
    id = ids.order_of(buyer, PAID)
    place = ids.ordered(id)
    assert place
    made: Receipt = Receipt.under(keys.receipt(*place), order_id=id, order_ver=3, printed_at=clock.now())
    return made


def _line(number: int) -> dict[str, object]:
    line = {
        "id": f"crs_{8_000 + number:026d}",
        "title": "A course of usual length",
        "slug": f"course-{8_000 + number}",
        "instructor_id": TEACHER,
        "category_id": None,
        "price_minor": 1999,
        "discount_minor": 0,
        "total_minor": 1999,
        "limited": False,
    }
    return books.with_fee(line)


def _paid(order: Order) -> Order:
    order.intent_id, order.charge_id = f"pi_{order.cart_ver}", f"ch_{order.cart_ver}"
    order.captured_minor, order.paid_at, order.fee_minor, order.ver = order.total_minor, order.updated_at, 146, 3
    return order
