"""Paying an order: the amount is that of the order, the payment is one, and Stripe says whether it succeeded."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib import clock
from chalicelib.commerce import orders, payments, states, stripe_gateway, stripe_keys
from chalicelib.commerce.ids import ordered
from chalicelib.commerce.records import Intent, Order, Paying
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.writes import adjust, alone, put
from infra.local.gateway import Reply
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.server import Stripe
from tests.factories import bank, commerce, people, shop
from tests.factories.bank import Bank
from tests.faults.injector import Injector
from tests.http.api import Api, Person, at_once, fields, problem

BEGIN, CONFIRM = "/payments/create-payment-intent", "/payments/confirm-payment"


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    return bank.opened(monkeypatch, api)


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("buyer")


@pytest.fixture
def order(me: Person) -> Order:
    return an_order(me)


def an_order(who: Person, price_minor: int = 1999) -> Order:
    return commerce.a_pending_order(a_buyer(who).id, commerce.a_priced_course(price_minor=price_minor))


def a_buyer(who: Person) -> Person:
    people.verified(who.id)
    return who


def begin(api: Api, who: Person, order: Order, **options: Any) -> Reply:
    return api.post(BEGIN, {"order_id": order.id}, token=who.access, **options)


def confirm(api: Api, who: Person, order: Order, intent: str, **options: Any) -> Reply:
    return api.post(CONFIRM, {"order_id": order.id, "payment_intent_id": intent}, token=who.access, **options)


@pytest.mark.row("M16", "M45", "M70", "M97")
def test_beginning_to_pay_answers_what_a_browser_needs_and_the_amount_of_the_order(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    reply = begin(api, me, order)
    said = reply.json()
    (intent,) = stripe.stripe.store.all("payment_intent")
    assert reply.status == 200
    assert reply.header("cache-control") == "no-store"
    assert said == {
        "order_id": order.id,
        "payment_intent_id": intent["id"],
        "client_secret": intent["client_secret"],
        "status": "requires_payment_method",
        "amount": "19.99",
        "amount_minor": 1999,
        "currency": "USD",
        "publishable_key": settings.stripe_publishable,
    }
    assert (intent["amount"], intent["currency"]) == (1999, "usd")
    assert intent["metadata"] == {"order_id": order.id, "user_id": me.id}


def test_the_payment_finds_its_order_and_the_order_its_payment(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    pointer = reads.one(Intent, keys.intent(intent))
    assert pointer
    assert (pointer.order_id, commerce.order_now(order.id).intent_id) == (order.id, intent)


@pytest.mark.row("M70")
def test_asking_again_gives_the_same_payment(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    first, again = begin(api, me, order), begin(api, me, order)
    assert first.json() == again.json()
    assert stripe.asked == ["POST /payment_intents", f"GET /payment_intents/{first.json()['payment_intent_id']}"]


@pytest.mark.row("M70", "B01")
def test_a_repeat_with_its_idempotency_key_gets_the_secret_again_though_nobody_keeps_it(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    first, again = (begin(api, me, order, idempotency_key="key-1") for _ in range(2))
    assert (again.status, again.body) == (200, first.body)
    assert again.header("idempotency-replayed") == "true"


@pytest.mark.row("M70")
def test_pressing_many_times_at_once_makes_one_payment(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    replies = at_once(5, lambda _: begin(api, me, order))
    assert {reply.status for reply in replies} <= {200, 409}
    assert all(reply.header("retry-after") for reply in replies if reply.status == 409)
    assert len({reply.json()["client_secret"] for reply in replies if reply.status == 200}) == 1
    assert len(list(stripe.stripe.store.all("payment_intent"))) == 1


def held_by(order: Order, holder: str, seconds: int) -> None:
    place = ordered(order.id)
    assert place
    until = clock.now() + timedelta(seconds=seconds)
    alone(put(Paying.under(keys.paying(*place), holder=holder, held_until=until, ttl=until)))


@pytest.mark.row("M70")
def test_while_another_request_asks_stripe_one_is_told_to_come_again(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    held_by(order, "another-request", 10)
    reply = begin(api, me, order)
    assert problem(reply) == (409, "payment_being_made")
    assert reply.header("retry-after") == "2"
    assert stripe.asked == []


def test_a_request_that_died_holds_nobody_up_for_long(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    held_by(order, "one-that-died", -1)
    assert begin(api, me, order).status == 200


@pytest.mark.row("M70")
@pytest.mark.parametrize("field", ["amount", "amount_minor", "currency", "price", "total", "discount"])
def test_no_client_can_say_an_amount(api: Api, me: Person, order: Order, stripe: Bank, field: str) -> None:
    reply = api.post(BEGIN, {"order_id": order.id, field: 1}, token=me.access)
    assert (reply.status, fields(reply)) == (422, {field: "unknown_field"})
    assert stripe.asked == []


@pytest.mark.row("M70", "M71")
def test_somebody_elses_order_is_not_there(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    stranger = api.member("stranger")
    assert problem(begin(api, stranger, order)) == (404, "order_unknown")
    intent = begin(api, me, order).json()["payment_intent_id"]
    assert problem(confirm(api, stranger, order, intent)) == (404, "order_unknown")
    assert problem(api.post(BEGIN, {"order_id": "x"}, token=me.access)) == (404, "order_unknown")


def test_what_is_paid_is_not_paid_again(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    commerce.paid(order.id)
    assert problem(begin(api, me, order)) == (409, "already_paid")
    assert stripe.asked == []


def test_what_has_expired_is_ended_and_said_kindly(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    past = Order.expires_at.set(clock.now() - timedelta(seconds=1))
    alone(adjust(order, past, where=Order.ver == int(order.ver)))
    assert problem(begin(api, me, order)) == (409, "order_over")
    assert states.status(commerce.order_now(order.id)) == "expired"
    assert problem(begin(api, me, order)) == (409, "order_over")
    assert stripe.asked == []


def test_an_order_for_nothing_that_was_cut_off_is_bought_and_not_paid(
    api: Api, me: Person, stripe: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.a_code(code="GIFT", percent=100)
    with monkeypatch.context() as broken:
        broken.setattr(payments, "apply", lambda act, order_id, what: orders.known(order_id))
        order = commerce.a_pending_order(a_buyer(me).id, commerce.a_priced_course(), coupon="GIFT")
    assert problem(begin(api, me, order)) == (409, "already_paid")
    assert commerce.enrolled(me.id, order.lines[0]["id"])
    assert stripe.asked == []


def test_an_amount_that_stripe_does_not_charge_is_said_and_holds_nobody_up(api: Api, me: Person, stripe: Bank) -> None:
    order = commerce.a_stored_record(me.id, commerce.a_line(clock.new_id("crs"), 30))
    for _ in range(2):
        reply = begin(api, me, order)
        assert (*problem(reply), fields(reply)) == (409, "amount_not_taken", {"total": "amount_too_small"})


def test_a_payment_that_was_cancelled_at_stripe_takes_its_order_with_it(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    stripe_gateway.cancel_intent(intent)
    assert problem(begin(api, me, order)) == (409, "order_over")
    assert commerce.order_now(order.id).ended == "cancelled"
    again = api.post("/orders/create-from-cart", {}, token=me.access).json()
    assert begin(api, me, commerce.order_now(again["id"])).json()["status"] == "requires_payment_method"


def test_a_payment_that_stripe_does_not_know_takes_its_order_with_it(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    """As after a change of the account: nobody can pay it, here or there."""
    intent = begin(api, me, order).json()["payment_intent_id"]
    stripe.stripe = Stripe(clock=lambda: clock.now().timestamp())
    asked = {"order_id": order.id, "payment_intent_id": intent}
    assert api.post(CONFIRM, asked, token=me.access).json()["status"] == "pending"
    assert problem(begin(api, me, order)) == (409, "order_over")
    assert commerce.order_now(order.id).ended == "cancelled"


@pytest.mark.row("M92")
def test_payments_that_a_person_begins_are_limited(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    statuses = [begin(api, me, order).status for _ in range(settings.quotas["checkout"].limit + 1)]
    assert statuses == [200] * 20 + [429]


@pytest.mark.row("M70")
def test_stripe_is_asked_after_three_trips(
    api: Api, me: Person, order: Order, stripe: Bank, faults: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.get("/auth/me", token=me.access)
    before = len(faults.trips)
    seen: list[int] = []
    ask = stripe.stripe.answer

    def counting(*given: Any) -> Any:
        seen.append(len(faults.trips) - before)
        return ask(*given)

    monkeypatch.setattr(stripe.stripe, "answer", counting)
    assert begin(api, me, order).status == 200
    assert seen == [3]
    told = [str(trip) for trip in faults.trips[before:]]
    assert told == ["limiter UpdateItem", "BatchGetItem", "PutItem", "TransactWriteItems"]


@pytest.mark.row("M93")
@pytest.mark.parametrize("trouble", ["unavailable", "rate_limited", "timeout", "error"])
def test_while_stripe_is_down_one_is_told_when_to_come_again_and_then_gets_the_payment(
    api: Api, me: Person, order: Order, stripe: Bank, trouble: str
) -> None:
    stripe.stripe.troubles.plan(trouble, times=3)
    reply = begin(api, me, order)
    assert problem(reply) == (503, "payments_unavailable")
    assert int(reply.header("retry-after") or 0) > 0
    stripe.stripe.troubles.planned.clear()
    assert begin(api, me, order).status == 200
    assert len(stripe.stripe.captured()) == 0


@pytest.mark.row("M93")
def test_whoever_asks_on_and_on_while_stripe_fails_gets_the_same_answer(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    stripe.stripe.troubles.plan("error", times=50)
    refused = [problem(begin(api, me, order)) for _ in range(stripe_gateway.FRESH_KEYS + 2)]
    assert set(refused) == {(503, "payments_unavailable")}


@pytest.mark.row("M71", "X48")
def test_a_payment_that_succeeded_completes_the_order(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    stripe.stripe.pay(intent)
    reply = confirm(api, me, order, intent)
    assert (reply.status, reply.json()["status"], reply.json()["payment_intent_id"]) == (200, "paid", intent)
    assert commerce.enrolled(me.id, order.lines[0]["id"])


@pytest.mark.row("M71", "X48")
def test_confirming_again_changes_nothing_and_asks_nobody(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    stripe.stripe.pay(intent)
    first = confirm(api, me, order, intent, idempotency_key="confirm-1")
    asked = len(stripe.asked)
    again, replayed = confirm(api, me, order, intent), confirm(api, me, order, intent, idempotency_key="confirm-1")
    assert first.json() == again.json() == replayed.json()
    assert replayed.header("idempotency-replayed") == "true"
    assert len(stripe.asked) == asked


@pytest.mark.row("M71")
def test_a_client_that_only_says_so_has_paid_nothing(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    reply = confirm(api, me, order, intent)
    assert (reply.status, reply.json()["status"]) == (200, "pending")
    assert commerce.enrolled(me.id, order.lines[0]["id"]) is None


@pytest.mark.row("M71")
@pytest.mark.parametrize(
    ("card", "reason"),
    [("pm_card_chargeDeclined", "generic_decline"), ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds")],
)
def test_a_card_that_is_declined_is_said_with_its_reason_and_another_may_pay(
    api: Api, me: Person, order: Order, stripe: Bank, card: str, reason: str
) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    with pytest.raises(Refusal):
        stripe.stripe.pay(intent, card)
    refused = confirm(api, me, order, intent, idempotency_key="once")
    assert (*problem(refused), fields(refused)) == (402, "payment_declined", {"payment": reason})
    assert commerce.order_now(order.id).declined == reason
    stripe.stripe.pay(intent)
    assert confirm(api, me, order, intent, idempotency_key="once").json()["status"] == "paid"


@pytest.mark.row("M71")
def test_a_declined_payment_of_an_order_that_is_over_is_not_to_be_tried_again(
    api: Api, me: Person, order: Order, stripe: Bank
) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    with pytest.raises(Refusal):
        stripe.stripe.pay(intent, "pm_card_chargeDeclined")
    api.post(f"/orders/{order.id}/cancel", {}, token=me.access)
    reply = confirm(api, me, order, intent)
    assert (reply.status, reply.json()["status"]) == (200, "cancelled")


@pytest.mark.row("M71")
def test_the_payment_of_another_order_pays_nothing(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    other = api.member("other")
    theirs = begin(api, other, an_order(other, 100)).json()["payment_intent_id"]
    stripe.stripe.pay(theirs)
    assert problem(confirm(api, me, order, theirs)) == (409, "payment_differs")
    begin(api, me, order)
    assert problem(confirm(api, me, order, theirs)) == (409, "payment_differs")
    assert states.status(commerce.order_now(order.id)) == "pending"


def test_while_stripe_is_down_confirming_loses_nothing(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    intent = begin(api, me, order).json()["payment_intent_id"]
    stripe.stripe.pay(intent)
    stripe.stripe.troubles.plan("unavailable", times=3, where="GET")
    assert problem(confirm(api, me, order, intent)) == (503, "payments_unavailable")
    stripe.stripe.troubles.planned.clear()
    assert confirm(api, me, order, intent).json()["status"] == "paid"


def test_a_buyer_who_is_suspended_meanwhile_is_given_no_payment(
    api: Api, me: Person, order: Order, stripe: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = api.admin()
    ask = stripe.stripe.answer

    def banning(*given: Any) -> Any:
        assert api.post(f"/admin/users/{me.id}/ban", {}, token=boss.access).status == 200
        return ask(*given)

    monkeypatch.setattr(stripe.stripe, "answer", banning)
    assert problem(begin(api, me, order)) == (403, "account_banned")
    assert commerce.order_now(order.id).intent_id is None


@pytest.fixture
def out_of_reach(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail() -> str:
        raise ConnectTimeoutError(endpoint_url="ssm")

    stripe_keys.forget()
    monkeypatch.setattr(stripe_keys, "_fetch", fail)
    yield
    stripe_keys.forget()


def test_without_the_keys_of_stripe_one_is_told_to_come_again(
    api: Api, me: Person, order: Order, stripe: Bank, out_of_reach: None
) -> None:
    assert problem(begin(api, me, order)) == (503, "payment_keys_unavailable")


@pytest.mark.row("M97")
def test_no_secret_is_in_the_table_or_in_a_log(
    api: Api, me: Person, order: Order, stripe: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    said = begin(api, me, order, idempotency_key="key-1").json()
    begin(api, me, order, idempotency_key="key-1")
    with pytest.raises(Refusal):
        stripe.stripe.pay(said["payment_intent_id"], "pm_card_chargeDeclined")
    confirm(api, me, order, said["payment_intent_id"], idempotency_key="key-2")
    stripe.stripe.pay(said["payment_intent_id"])
    confirm(api, me, order, said["payment_intent_id"], idempotency_key="key-2")
    table = json.dumps(reads.call("scan", TableName=settings.table_name)["Items"], default=str)
    logged = capsys.readouterr().out
    held = stripe_keys.payment_keys()
    assert "card" not in table
    assert order.id in table
    for secret in (said["client_secret"], held.api_key, held.worker_key, *held.webhook_secrets, "4242"):
        assert secret not in table
        assert secret not in logged


@pytest.mark.row("M70", "M71")
@pytest.mark.parametrize("end", ["", "/"])
def test_the_paths_of_the_older_marketplace_lead_here(
    api: Api, me: Person, order: Order, stripe: Bank, end: str
) -> None:
    begun = api.post(f"/api{BEGIN}{end}", {"order_id": order.id}, token=me.access)
    stripe.stripe.pay(begun.json()["payment_intent_id"])
    body = {"order_id": order.id, "payment_intent_id": begun.json()["payment_intent_id"]}
    reply = api.post(f"/api{CONFIRM}{end}", body, token=me.access)
    assert (reply.status, reply.json()["status"]) == (200, "paid")
    assert reply.header("deprecation")
