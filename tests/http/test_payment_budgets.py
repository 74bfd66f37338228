"""How often paying asks Stripe; what it costs at the table, the table of operations says (`test_budgets`)."""

import pytest

from chalicelib.commerce.records import Order
from infra.local.gateway import Reply
from tests.factories import bank, commerce
from tests.factories.bank import Bank
from tests.http.api import Api, Person

INTENTS = "/payment_intents"


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    return bank.opened(monkeypatch, api)


@pytest.fixture
def me(api: Api) -> Person:
    return api.login(commerce.a_buyer("buyer").username)


@pytest.fixture
def order(me: Person) -> Order:
    return commerce.a_pending_order(me.id, commerce.a_priced_course())


def begin(api: Api, me: Person, order: Order) -> Reply:
    return api.post("/payments/create-payment-intent", {"order_id": order.id}, token=me.access)


def confirm(api: Api, me: Person, order: Order) -> Reply:
    body = {"order_id": order.id, "payment_intent_id": commerce.order_now(order.id).intent_id}
    return api.post("/payments/confirm-payment", body, token=me.access)


def paid(api: Api, me: Person, order: Order, stripe: Bank) -> str:
    """The buyer's browser has paid, which is no question of ours."""
    intent: str = begin(api, me, order).json()["payment_intent_id"]
    stripe.stripe.pay(intent)
    stripe.asked.clear()
    return intent


@pytest.mark.row("M70")
def test_beginning_to_pay_asks_stripe_once(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    assert begin(api, me, order).status == 200
    assert stripe.asked == [f"POST {INTENTS}"]


@pytest.mark.row("M71")
def test_confirming_asks_stripe_once(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    intent = paid(api, me, order, stripe)
    assert confirm(api, me, order).status == 200
    assert stripe.asked == [f"GET {INTENTS}/{intent}"]


@pytest.mark.row("M71")
def test_confirming_what_is_known_to_be_paid_asks_nobody(api: Api, me: Person, order: Order, stripe: Bank) -> None:
    paid(api, me, order, stripe)
    confirm(api, me, order)
    stripe.asked.clear()
    assert confirm(api, me, order).status == 200
    assert stripe.asked == []


@pytest.mark.row("M96", "M98")
def test_what_stripe_tells_is_taken_without_a_question(api: Api, stripe: Bank) -> None:
    text = bank.an_event()
    assert bank.send(api, text.encode(), bank.signed(text)).status == 200
    assert stripe.asked == []
