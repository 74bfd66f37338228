"""The flows of buying: cart, order, payment by browser and by event, money back, dispute, reservations that are over.

Stripe's events travel by themselves as soon as the world moves, so whatever a buyer does meets them.
"""

from datetime import timedelta
from typing import Any

from chalicelib import aws
from chalicelib.commerce import payments, receipts, states
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Receipt
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from infra.local.gateway import Reply
from infra.local.stripe import disputes, refunds
from tests.factories import commerce, courses, people
from tests.faults.flows import Cast, flow
from tests.faults.lab import Lab
from tests.faults.people_flows import firing, keyed, settling

PRICE = 2000
#: What follows from a payment of one course.
PAID = {"order.paid": 1, "order.fee_known": 1, "enrollment.created": 1, "cart.changed": 1}


def shopper(lab: Lab, **course: Any) -> Cast:
    """Somebody who may buy, before a course that costs something."""
    me = lab.api.member(lab.named("bea"), email=lab.address("bea"), first_name="Bea")
    people.verified(me.id)
    teacher = lab.api.member(lab.named("tara"), roles=("instructor",))
    made = courses.a_course(teacher.id, 1, price_minor=PRICE, **{"capacity": 2, **course})
    return {"me": me, "teacher": teacher, "course": made.id}


def ready(lab: Lab) -> Cast:
    """The course is in the cart."""
    cast = shopper(lab)
    accepted(fill(lab, cast, None))
    return cast


def ordered(lab: Lab) -> Cast:
    cast = ready(lab)
    return {**cast, "order": accepted(place(lab, cast, None)).json()["id"]}


def paying(lab: Lab) -> Cast:
    """The payment is begun."""
    cast = ordered(lab)
    return {**cast, "intent": accepted(begin(lab, cast, None)).json()["payment_intent_id"]}


def charged(lab: Lab) -> Cast:
    """The buyer has paid; nobody has told us."""
    cast = paying(lab)
    lab.settle()
    lab.till.pay(cast["intent"])
    return cast


def owner(lab: Lab) -> Cast:
    """The order is paid and all has followed from it."""
    cast = charged(lab)
    lab.settle()
    return cast


def bought(lab: Lab) -> Cast:
    """The order is paid, and nothing has followed from it yet."""
    cast = charged(lab)
    accepted(confirm(lab, cast, None))
    return cast


def returned(lab: Lab) -> Cast:
    """The money of a receipt that is printed has gone back, and nothing has followed from that yet."""
    cast = owner(lab)
    order = commerce.order_now(cast["order"])
    with lab.till.stripe.store.lock:
        made = refunds.create(lab.till.stripe.store, {"payment_intent": order.intent_id})
        news = News(intent_id=order.intent_id, refunds={made["id"]: Returned(PRICE)})
    payments.apply(by_system("req_returned"), order.id, news)
    return cast


def wishing(lab: Lab) -> Cast:
    """A refund is asked for, and nobody has worked on it yet."""
    cast = owner(lab)
    accepted(ask_back(lab, cast, None))
    return cast


def disputed(lab: Lab) -> Cast:
    """The buyer's bank asks for the money; nobody has told us."""
    cast = owner(lab)
    with lab.till.stripe.store.lock:
        disputes.open(lab.till.stripe.store, next(lab.till.stripe.store.all("charge", payment_intent=cast["intent"])))
    return cast


def too_late(lab: Lab) -> Cast:
    """The payment was begun, and then nothing for longer than the order holds."""
    cast = paying(lab)
    lab.settle()
    lab.clock.shift(timedelta(minutes=settings.reservation_minutes + 1))
    return cast


def untold(lab: Lab) -> Cast:
    """The buyer has paid, and the event of it got lost."""
    cast = paying(lab)
    lab.settle()
    lab.till.deliveries.plan = "held"
    lab.till.pay(cast["intent"])
    lab.clock.shift(timedelta(minutes=6))
    return cast


def accepted(reply: Reply) -> Reply:
    assert reply.status < 300, reply.body
    return reply


def fill(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.post("/cart/items", {"course_id": cast["course"]}, token=cast["me"].access, **keyed(key))


def place(lab: Lab, cast: Cast, key: str | None) -> Reply:
    body = {"expected_total": "20.00"}
    return lab.api.post("/orders/create-from-cart", body, token=cast["me"].access, **keyed(key))


def begin(lab: Lab, cast: Cast, key: str | None) -> Reply:
    body = {"order_id": cast["order"]}
    return lab.api.post("/payments/create-payment-intent", body, token=cast["me"].access, **keyed(key))


def confirm(lab: Lab, cast: Cast, key: str | None) -> Reply:
    body = {"order_id": cast["order"], "payment_intent_id": cast["intent"]}
    return lab.api.post("/payments/confirm-payment", body, token=cast["me"].access, **keyed(key))


def cancel(lab: Lab, cast: Cast, key: str | None) -> Reply:
    return lab.api.post(f"/orders/{cast['order']}/cancel", token=cast["me"].access, **keyed(key))


def ask_back(lab: Lab, cast: Cast, key: str | None) -> Reply:
    body = {"reason": "changed_my_mind"}
    return lab.api.post(f"/orders/{cast['order']}/refunds", body, token=cast["me"].access, **keyed(key))


def is_now(status: str, *, enrolled: bool = False, charges: int = 0) -> Any:
    """In the table and at Stripe."""

    def holds(lab: Lab, cast: Cast) -> None:
        assert states.status(commerce.order_now(cast["order"])) == status
        assert bool(commerce.enrolled(cast["me"].id, cast["course"])) == enrolled
        assert len(lab.till.charges(cast["order"])) == charges

    return holds


def has_one_receipt(lab: Lab, cast: Cast) -> None:
    """It says what is true of the money, and no older paper is left."""
    order = commerce.order_now(cast["order"])
    receipt = reads.one(Receipt, keys.receipt(order.user_id, receipts.number_of(order)))
    assert receipt is not None
    assert receipts.shows(receipt, order)
    folder = receipts.place(order, 0).rpartition("/")[0]
    found = aws.client("s3").list_objects_v2(Bucket=settings.certificates_bucket, Prefix=f"{folder}/")
    assert [each["Key"] for each in found.get("Contents", [])] == [receipts.place(order, int(receipt.order_ver))]


flow("put a course into the cart", fill, begin=shopper, told={"cart.changed": 1}, once_without_key=True)
flow("place an order", place, begin=ready, told={"order.placed": 1}, once_without_key=True)
flow(
    "begin a payment",
    begin,
    begin=ordered,
    told={"order.intended": 1},
    once_without_key=True,
    holds=is_now("pending"),
)
flow(
    "confirm a payment",
    confirm,
    begin=charged,
    told=PAID,
    once_without_key=True,
    holds=is_now("paid", enrolled=True, charges=1),
)
flow(
    "cancel an order",
    cancel,
    begin=paying,
    told={"order.cancelled": 1},
    once_without_key=True,
    holds=is_now("cancelled"),
)
flow(
    "ask for the money",
    ask_back,
    begin=owner,
    told={
        "order.noted": 1,
        "refund.requested": 1,
        "refund.succeeded": 1,
        "order.refunded": 1,
        "enrollment.cancelled": 1,
    },
    once_without_key=True,
    holds=is_now("refunded", charges=1),
)
flow(
    "an event tells of a payment, and what follows",
    settling,
    begin=charged,
    told=PAID,
    alone=True,
    once_without_key=True,
    holds=is_now("paid", enrolled=True, charges=1),
)
flow(
    "money is given back",
    settling,
    begin=wishing,
    told={"refund.succeeded": 1, "order.refunded": 1, "enrollment.cancelled": 1},
    alone=True,
    once_without_key=True,
    holds=is_now("refunded", charges=1),
)
flow(
    "a receipt is printed",
    settling,
    begin=bought,
    alone=True,
    once_without_key=True,
    holds=has_one_receipt,
)
flow(
    "a receipt is renewed",
    settling,
    begin=returned,
    alone=True,
    once_without_key=True,
    holds=has_one_receipt,
)
flow(
    "a payment is disputed",
    settling,
    begin=disputed,
    told={"order.disputed": 1, "enrollment.cancelled": 1},
    alone=True,
    once_without_key=True,
    holds=is_now("disputed", charges=1),
)
flow(
    "a reservation is over",
    firing("reconcile_payments"),
    begin=too_late,
    told={"order.expired": 1},
    alone=True,
    once_without_key=True,
    holds=is_now("expired"),
)
flow(
    "a payment that nobody told of",
    firing("reconcile_payments"),
    begin=untold,
    told=PAID,
    alone=True,
    once_without_key=True,
    holds=is_now("paid", enrolled=True, charges=1),
)
