"""The clock that asks Stripe: what webhooks and queues have lost is finished, voided or asked again within minutes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.catalog.records import Seats
from chalicelib.commerce import (
    looking,
    payments,
    placing,
    reconciling,
    refunds,
    states,
    stripe_gateway,
    stripe_reading,
    unsettled,
)
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, Refund
from chalicelib.commerce.refunds import Wish
from chalicelib.messaging import metrics
from chalicelib.messaging.jobs import Job
from chalicelib.table import keys, reads
from infra.local.stripe import disputes, intents
from infra.local.stripe import refunds as desk
from infra.local.stripe.server import Stripe
from schedules import reconcile_payments
from tests.conftest import House
from tests.factories import commerce, courses, gateway
from tests.factories.courses import act, told
from tests.faults.clock import Clock
from tests.faults.injector import Injector
from tests.packaging.stacks import stack

pytestmark = pytest.mark.row("B02")
START = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def traveller() -> Iterator[Clock]:
    moving = Clock()
    with moving.running(START):
        yield moving


@pytest.fixture
def server(clean: House, monkeypatch: pytest.MonkeyPatch) -> Stripe:
    return gateway.connected(monkeypatch)


@pytest.fixture
def buyer() -> str:
    return str(commerce.a_buyer().id)


def at(traveller: Clock, minutes: float) -> None:
    """It is so many minutes after the start, and the clock strikes."""
    traveller.move_to(START + timedelta(minutes=minutes))
    strike()


def strike() -> dict[str, object]:
    class Context:
        aws_request_id = "req-clock"

    return reconcile_payments.handler({"scheduled_at": clock.now().isoformat()}, Context())


def status(order: Order) -> str:
    return str(states.status(commerce.order_now(order.id)))


def seats_taken(course: str) -> int:
    found = reads.one(Seats, keys.seats(course))
    assert found
    return int(found.taken)


def test_a_payment_that_nobody_told_us_of_is_finished_within_ten_minutes(
    server: Stripe, buyer: str, traveller: Clock
) -> None:
    order = gateway.begun(buyer, commerce.a_priced_course())
    gateway.charged(server, order)
    at(traveller, 10)
    assert (status(order), told("order.paid")) == ("paid", {"order.paid": 1})
    assert int(commerce.order_now(order.id).fee_minor or 0) == 88


def test_a_reservation_that_is_over_is_voided_at_stripe_first(server: Stripe, buyer: str, traveller: Clock) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = gateway.begun(buyer, course)
    at(traveller, 29)
    assert (status(order), seats_taken(course)) == ("pending", 1)
    at(traveller, 30)
    assert (status(order), seats_taken(course)) == ("expired", 0)
    assert server.store.find("payment_intent", str(order.intent_id))["status"] == "canceled"
    assert commerce.order_now(order.id).gsi2sk is None


def test_what_was_paid_in_the_last_second_is_never_voided(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.begun(buyer, commerce.a_priced_course())
    traveller.move_to(START + timedelta(minutes=29, seconds=59))
    gateway.charged(server, order)
    at(traveller, 31)
    assert (status(order), told("order.expired")) == ("paid", {"order.expired": 0})


def test_an_order_without_a_payment_expires_without_stripe(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = commerce.a_pending_order(buyer, commerce.a_priced_course())
    server.troubles.mood = lambda *_: "unavailable"
    at(traveller, 30)
    assert status(order) == "expired"


def test_a_payment_that_is_begun_while_the_clock_looks_is_not_orphaned(
    server: Stripe, buyer: str, traveller: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = commerce.a_pending_order(buyer, commerce.a_priced_course())
    traveller.move_to(START + timedelta(minutes=31))
    gateway.charged(server, gateway.pay_begun(order))
    assert looking.look(act(), order).paid_at is not None, "it was read before the payment was begun"
    assert status(order) == "paid"


def test_an_order_for_nothing_that_was_cut_off_is_finished(
    server: Stripe, buyer: str, traveller: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = commerce.a_stored_record(buyer, commerce.a_line(commerce.a_priced_course(), 0))
    at(traveller, 31)
    assert status(order) == "paid"


def test_a_fee_that_was_not_known_yet_is_learned(server: Stripe, buyer: str, traveller: Clock) -> None:
    server.store.books_at_once = False
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    assert commerce.order_now(order.id).fee_minor is None
    server.book_fees()
    at(traveller, 10)
    after = commerce.order_now(order.id)
    assert int(after.fee_minor or 0) == 88
    assert after.gsi2sk is None
    assert commerce.balances(after)["stripe"] == 88


def asked(order: Order) -> Refund:
    return refunds.ask(act(order.user_id), order.id, Wish()).refund


def test_a_refund_whose_message_was_lost_is_asked_again(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    asked(order)
    at(traveller, 10)
    assert [each["amount"] for each in gateway.given_back(server, order)] == [2000]
    assert (status(order), int(commerce.order_now(order.id).refunding_minor)) == ("refunded", 0)


def test_a_refund_whose_answer_was_lost_is_found_and_not_asked_again(
    server: Stripe, buyer: str, traveller: Clock
) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    stripe_gateway.refund(asked(order), commerce.order_now(order.id))
    traveller.move_to(START + timedelta(days=3))
    strike()
    assert len(gateway.given_back(server, order)) == 1
    assert status(order) == "refunded"


def test_a_refund_that_the_bank_sent_back_is_learned(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course(), card="pm_card_pendingRefund")
    refund = asked(order)
    stripe_gateway.refund(refund, commerce.order_now(order.id))
    server.settle_refund(gateway.given_back(server, order)[0]["id"], "failed")
    at(traveller, 10)
    assert commerce.refunds_of(order)[0].status == "failed"
    assert (status(order), len(gateway.given_back(server, order))) == ("paid", 1)


def test_a_refund_that_takes_the_bank_days_is_only_looked_at(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course(), card="pm_card_pendingRefund")
    stripe_gateway.refund(asked(order), commerce.order_now(order.id))
    calls: list[str] = []
    server.troubles.mood = lambda method, path: calls.append(f"{method} {path.rpartition('/')[0]}")
    at(traveller, 10)
    assert calls == ["GET /v1/charges", "GET /v1"]
    assert int(commerce.order_now(order.id).looked) == 1


def test_a_dispute_that_was_decided_is_learned_within_a_day(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course(), card="pm_card_createDispute")
    payments.apply(act(), order.id, stripe_gateway.charge(str(order.charge_id)))
    assert status(order) == "disputed"
    with server.store.lock:
        disputes.close(server.store, next(server.store.all("dispute"))["id"], "won")
    traveller.move_to(START + timedelta(days=1, minutes=1))
    strike()
    assert (status(order), commerce.order_now(order.id).closed) == ("paid", [])


def test_what_stays_open_is_looked_at_less_and_less(server: Stripe, buyer: str, traveller: Clock) -> None:
    server.store.books_at_once = False
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    minutes, pauses = 0.0, []
    for _ in range(12):
        due = unsettled.due_of(commerce.order_now(order.id))
        assert due
        pauses.append((due - START).total_seconds() / 60 - minutes)
        minutes += pauses[-1]
        at(traveller, minutes)
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440]
    server.book_fees()
    at(traveller, minutes + 1440)
    assert int(commerce.order_now(order.id).looked) == 0


def test_while_somebody_may_pay_the_pause_does_not_grow(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.begun(buyer, commerce.a_priced_course())
    for minutes in (5, 10, 15, 20, 25):
        at(traveller, minutes)
    gateway.charged(server, order)
    at(traveller, 30)
    assert status(order) == "paid"


def test_stripe_that_is_down_ends_the_walk_and_the_next_one_goes_on(
    server: Stripe, traveller: Clock, faults: Injector
) -> None:
    orders = [gateway.begun(commerce.a_buyer().id, commerce.a_priced_course()) for _ in range(6)]
    for order in orders:
        gateway.charged(server, order)
    calls: list[str] = []

    def down(_: str, path: str) -> str:
        calls.append(path)
        return "unavailable"

    server.troubles.mood = down
    at(traveller, 10)
    assert len(calls) == 3
    assert {status(order) for order in orders} == {"pending"}
    server.troubles.mood = lambda *_: None
    for minutes in (15, 20):
        at(traveller, minutes)
    assert {status(order) for order in orders} == {"paid"}


def test_one_order_that_fails_stops_nobody(server: Stripe, traveller: Clock) -> None:
    orders = [gateway.begun(commerce.a_buyer().id, commerce.a_priced_course()) for _ in range(5)]
    for order in orders:
        gateway.charged(server, order)
    wrong = server.store.find("payment_intent", str(orders[2].intent_id))
    wrong["currency"] = "inr"
    at(traveller, 10)
    assert [status(order) for order in orders] == ["paid", "paid", "pending", "paid", "paid"]
    assert int(commerce.order_now(orders[2].id).looked) == 1


def test_what_moves_while_it_is_looked_at_is_not_put_off(server: Stripe, buyer: str) -> None:
    server.store.books_at_once = False
    order = gateway.begun(buyer, commerce.a_priced_course())
    gateway.charged(server, order)
    payments.apply(act(), order.id, stripe_gateway.intent(str(order.intent_id)))
    due = commerce.order_now(order.id).gsi2sk
    unsettled.put_off(order, clock.now() + timedelta(minutes=3))
    assert commerce.order_now(order.id).gsi2sk == due


def test_a_walk_is_done_once_for_its_minute(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = commerce.a_pending_order(buyer, commerce.a_priced_course())
    at(traveller, 31)
    assert strike() == {"minute": f"{clock.now():%Y-%m-%dT%H:%M}", "done": False}
    job = reads.one(Job, keys.job("reconcile_payments", f"{clock.now():%Y-%m-%dT%H:%M}"))
    assert job is not None
    assert (job.cursor, status(order)) == (unsettled.shard_of(buyer), "expired")


def test_two_walks_at_the_same_time_do_what_one_does(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    asked(order)
    traveller.move_to(START + timedelta(minutes=10))
    for _ in range(2):
        looking.look(act(), order)
    assert len(gateway.given_back(server, order)) == 1
    assert told("order.refunded") == {"order.refunded": 1}


def test_a_later_moment_may_be_tried_without_moving_the_clock(server: Stripe, clean: House, buyer: str) -> None:
    order = commerce.a_pending_order(buyer, commerce.a_priced_course())
    clean.driver.fire("reconcile_payments", START + timedelta(minutes=31))
    assert status(order) == "expired"
    (ended,) = [fact for fact in courses.facts() if fact["name"]["S"] == "order.expired"]
    assert ended["at"]["S"] < (START + timedelta(minutes=1)).isoformat()


def test_a_paid_order_that_ended_is_delivered_by_whoever_learns_of_it(
    server: Stripe, buyer: str, traveller: Clock
) -> None:
    order = gateway.begun(buyer, commerce.a_priced_course())
    payments.apply(act(), order.id, News(declined="card_declined"))
    at(traveller, 30)
    assert status(order) == "expired"
    assert placing.place(act(buyer)).order.id != order.id


def disputed_and(server: Stripe, buyer: str, verdict: str) -> Order:
    """A payment whose dispute was decided at Stripe, and we were told so."""
    order = gateway.bought(server, buyer, commerce.a_priced_course(), card="pm_card_createDispute")
    with server.store.lock:
        dispute = disputes.close(server.store, next(server.store.all("dispute"))["id"], verdict)
    return payments.apply(act(), order.id, stripe_reading.dispute(dispute))


@pytest.mark.parametrize(("verdict", "fee"), [("lost", 1500), ("won", 0)])
def test_what_a_decided_dispute_costs_is_learned_and_booked(
    server: Stripe, buyer: str, traveller: Clock, verdict: str, fee: int
) -> None:
    order = disputed_and(server, buyer, verdict)
    assert order.dispute_fee_minor is None
    at(traveller, 10)
    after = commerce.order_now(order.id)
    assert (int(after.dispute_fee_minor or 0), after.gsi2sk) == (fee, None)
    assert commerce.balances(after)["stripe"] == 88 + fee
    assert sum(commerce.balances(after).values()) == 0


def test_a_payment_that_the_bank_is_still_deciding_on_is_no_failure(
    server: Stripe, buyer: str, traveller: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(metrics, "count", counted.append)
    order = gateway.begun(buyer, commerce.a_priced_course())
    server.store.find("payment_intent", str(order.intent_id))["status"] = "processing"
    monkeypatch.setattr(intents, "CANCELLABLE", ())
    at(traveller, 31)
    assert (status(order), counted) == ("pending", [])
    assert int(commerce.order_now(order.id).looked) == 1


def given_back_once(server: Stripe, buyer: str) -> Order:
    """A course whose money went back, and nothing is open any more."""
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    payments.apply(act(), order.id, stripe_gateway.refund(asked(order), commerce.order_now(order.id)))
    return commerce.order_now(order.id)


def test_a_refund_that_the_bank_sends_back_after_days_is_found_though_nobody_told(
    server: Stripe, buyer: str, traveller: Clock
) -> None:
    order = given_back_once(server, buyer)
    assert states.status(order) == "refunded"
    server.settle_refund(gateway.given_back(server, order)[0]["id"], "failed")
    traveller.move_to(START + timedelta(days=8))
    strike()
    assert (status(order), commerce.refunds_of(order)[0].status) == ("paid", "failed")
    assert commerce.enrolled(buyer, order.lines[0]["id"])


def test_what_somebody_has_given_back_by_hand_and_the_bank_sends_back_is_found_too(
    server: Stripe, buyer: str, traveller: Clock
) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    with server.store.lock:
        made = desk.create(server.store, {"charge": order.charge_id})
    payments.apply(act(), order.id, stripe_gateway.charge(str(order.charge_id)))
    server.settle_refund(made["id"], "failed")
    traveller.move_to(START + timedelta(days=8))
    strike()
    assert status(order) == "paid"


def test_after_some_weeks_nobody_asks_for_a_refund_any_more(server: Stripe, buyer: str, traveller: Clock) -> None:
    order = given_back_once(server, buyer)
    looks = 0
    while (due := unsettled.due_of(commerce.order_now(order.id))) is not None:
        traveller.move_to(due)
        strike()
        looks += 1
    assert looks == 5
    assert clock.now() - START >= states.SENT_BACK_WITHIN


def test_the_last_order_of_a_walk_is_done_before_the_function_is_stopped() -> None:
    stopped = stack("dev").of("Lambda::Function")["ReconcilePayments"]["Timeout"]
    assert stopped > reconciling.SECONDS + reconciling.SECONDS_EACH + 15
