"""What paying costs at the table: calls one after the other, and units, exactly. Those to Stripe are counted apart."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.commerce.records import Order
from infra.local.gateway import Reply
from tests.bench import bought
from tests.bench.meter import Meter
from tests.factories import bank, commerce, people
from tests.factories.bank import Bank
from tests.http.api import Api, Person

READ, WRITE = "BatchGetItem", "TransactWriteItems"


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    return bank.opened(monkeypatch, api)


@pytest.fixture
def meter() -> Iterator[Meter]:
    with Meter() as counting:
        yield counting


@pytest.fixture
def me(api: Api) -> Person:
    return a_buyer(api, "buyer")


def a_buyer(api: Api, name: str) -> Person:
    """Whose lease of permits is filled."""
    member = api.member(name)
    api.get("/events", token=member.access)
    return member


def begin(api: Api, me: Person, order: Order) -> Reply:
    return api.post("/payments/create-payment-intent", {"order_id": order.id}, token=me.access)


def confirm(api: Api, me: Person, order: Order) -> Reply:
    body = {"order_id": order.id, "payment_intent_id": commerce.order_now(order.id).intent_id}
    return api.post("/payments/confirm-payment", body, token=me.access)


def an_order(me: Person) -> Order:
    people.verified(me.id)
    return commerce.a_pending_order(me.id, commerce.a_priced_course())


@pytest.mark.row("M70", "M125")
def test_beginning_to_pay_is_three_trips_before_stripe_and_one_after_it(
    api: Api, me: Person, stripe: Bank, meter: Meter
) -> None:
    order = an_order(me)
    meter.forget()
    assert begin(api, me, order).status == 200
    assert meter.names() == ["limiter UpdateItem", READ, "PutItem", WRITE]
    assert (meter.reads, meter.writes) == (2, 15)
    assert len(stripe.asked) == 1


@pytest.mark.row("M71", "M125")
def test_confirming_reads_twice_and_makes_everything_true_in_one_transaction(
    api: Api, me: Person, stripe: Bank, meter: Meter
) -> None:
    order = an_order(me)
    stripe.stripe.pay(begin(api, me, order).json()["payment_intent_id"])
    before = len(stripe.asked)
    meter.forget()
    body = {"order_id": order.id, "payment_intent_id": stripe.events()[0]["data"]["object"]["id"]}
    assert api.post("/payments/confirm-payment", body, token=me.access).status == 200
    assert meter.names() == [READ, READ, READ, WRITE]
    assert len(stripe.asked) == before + 1


@pytest.mark.row("M96", "M98")
def test_what_stripe_tells_costs_the_table_nothing(api: Api, stripe: Bank, meter: Meter) -> None:
    text = bank.an_event()
    assert bank.send(api, text.encode(), bank.signed(text)).status == 200
    assert meter.calls == []
    assert stripe.asked == []


Ask = Callable[[Api, Person, Order], Reply]


@pytest.mark.row("M125")
@pytest.mark.parametrize("ask", [begin, confirm])
def test_paying_costs_the_same_after_a_hundred_times_as_many_orders(
    api: Api, stripe: Bank, meter: Meter, ask: Ask
) -> None:
    costs = []
    for history in (1, 100):
        me = a_buyer(api, f"buyer-{history:03}")
        bought.ordered(me.id, history)
        order = an_order(me)
        if ask is confirm:
            stripe.stripe.pay(begin(api, me, order).json()["payment_intent_id"])
        meter.forget()
        assert ask(api, me, order).status == 200
        costs.append(list(map(str, meter.calls)))
    assert costs[0] == costs[1]
