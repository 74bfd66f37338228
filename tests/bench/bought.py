"""What somebody has bought, written past the API: paid orders in any amount, a refund, and orders that wait."""

from datetime import timedelta

from chalicelib import clock
from chalicelib.commerce import books, ids, states, stripe_gateway, unsettled
from chalicelib.commerce.records import Intent, Order, Quarantined, Receipt, Refund
from chalicelib.table import keys
from chalicelib.table.record import Record, moment_text
from tests.bench import data, till
from tests.bench.goods import SOLD, TEACHER
from tests.factories import people

#: The states of the cart that the orders were made of; the present one is another.
PAID, PENDING, PAYABLE, CHARGED = 1_000, 999, 998, 997
LINES = 2


def ordered(buyer: str, amount: int) -> None:
    """A verified buyer with so many paid orders of two courses each, none newer than a day, and one that is pending."""
    people.verified(buyer)
    data.store([_paid(_order(buyer, PAID + number, number)) for number in range(amount)])
    data.store([_order(buyer, PENDING, 0), _refund(buyer), _receipt(buyer)])


def waiting(buyer: str) -> None:
    """An order of this minute of which the payment was not begun, and one that Stripe has been paid for."""
    payable, charged = _fresh(_order(buyer, PAYABLE, 0)), _fresh(_order(buyer, CHARGED, 0))
    with till.opened():
        charged.intent_id = stripe_gateway.create_intent(charged).intent_id
        till.STRIPE.pay(str(charged.intent_id))
    pointer = Intent.under(keys.intent(str(charged.intent_id)), intent_id=charged.intent_id, order_id=charged.id)
    data.store([payable, charged, pointer])


def doubted(amount: int) -> None:
    """So many events of today that could not be believed."""
    now = clock.now()
    day, moment = now.date().isoformat(), int(now.timestamp())
    known = {"object": "payment_intent", "amount": 3998, "amount_received": 1, "currency": "usd", "created": moment}
    store: list[Record] = []
    for number in range(amount):
        id, order = f"evt_{number:024d}", ids.order_of(f"usr_{number:026d}", 1)
        seen = {**known, "id": f"pi_{number:024d}", "metadata": {"order_id": order}}
        place = keys.quarantined(day, id)
        event = {"event_id": id, "type": "payment_intent.succeeded", "reason": "amount", "order_id": order}
        store.append(Quarantined.under(place, **event, seen=seen, created_at=now))
    data.store(store)


def _fresh(order: Order) -> Order:
    order.expires_at = clock.now() + timedelta(minutes=30)
    order.lines = [{**line, "id": course} for line, course in zip(order.lines, SOLD, strict=False)]
    unsettled.file(order, states.due(order, clock.now()))
    return order


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
