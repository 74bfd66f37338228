"""Stripe's stand-in as `make run` serves it: the official SDK reaches it through `base_addresses`, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from infra.local.environment import STRIPE_WEBHOOK_SECRET
from infra.local.gateway import Gateway
from infra.local.pages import Pages
from infra.local.stripe import running
from infra.local.stripe.counter import Counter
from infra.local.wsgi import wsgi
from tests.local.serving import serving
from tests.local.test_stripe_payments import RETURN

pytestmark = pytest.mark.row("M120")
NOT_NEEDED: Any = None


class Product:
    """A product of one route, which checks what arrives as ours does."""

    def __init__(self) -> None:
        self.routes: Any = {running.WEBHOOK: {}}
        self.events: list[stripe.Event] = []

    def __call__(self, event: Any, context: Any) -> Any:
        signed = event["headers"]["Stripe-Signature"]
        taken = stripe.Webhook.construct_event(event["body"], signed, STRIPE_WEBHOOK_SECRET)
        self.events.append(taken)
        return {"statusCode": 200, "headers": {}, "body": ""}


@pytest.fixture
def product() -> Product:
    return Product()


@pytest.fixture
def counter(product: Product) -> Counter:
    return running.counter(running.through(Gateway(product), lambda *_: None))


@pytest.fixture
def address(counter: Counter, product: Product) -> Iterator[str]:
    pages = Pages(NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, payments=counter)
    with serving(wsgi(Gateway(product), pages)) as place:
        yield f"{place}/_local/stripe"


def reaching(address: str, key: str) -> StripeClient:
    http = stripe.RequestsClient(timeout=(2, 8))
    return StripeClient(key, base_addresses={"api": address}, http_client=http, max_network_retries=0)


@pytest.fixture
def sdk(address: str) -> StripeClient:
    return reaching(address, "sk_test_local")


def test_the_whole_story_of_a_payment(sdk: StripeClient, counter: Counter, product: Product) -> None:
    intent = sdk.v1.payment_intents.create(
        {"amount": 4900, "currency": "usd", "metadata": {"order_id": "ord_ä/1"}},
        {"idempotency_key": "order:ord_1:pi"},
    )
    with pytest.raises(stripe.CardError) as declined:
        sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN})
    assert declined.value.code == "card_declined"
    paid = sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN})
    assert paid.status == "succeeded"
    refund = sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 900, "metadata": {"refund_id": "rfd_1"}})
    (charge,) = sdk.v1.charges.list({"payment_intent": intent.id, "limit": 1, "expand": ["data.refunds"]}).data
    assert charge.refunds is not None
    assert [each.id for each in charge.refunds.data] == [refund.id]
    assert charge.metadata["order_id"] == "ord_ä/1"
    counter.deliveries.step()
    assert [event.type for event in product.events] == [
        "payment_intent.created",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "refund.created",
        "charge.refunded",
    ]
    assert all(counter.deliveries.attempts[event.id][0].outcome == "200" for event in product.events)


def test_an_answer_that_is_cut_off_is_a_lost_connection_and_the_key_saves_the_payment(
    sdk: StripeClient, counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    counter.server.troubles.plan("cut")
    given: Any = {"amount": 1000, "currency": "usd"}
    with pytest.raises(stripe.APIConnectionError):
        sdk.v1.payment_intents.create(given, {"idempotency_key": "k"})
    again = sdk.v1.payment_intents.create(given, {"idempotency_key": "k"})
    assert [intent["id"] for intent in counter.store.all("payment_intent")] == [again.id]


def test_a_wrong_key_is_an_authentication_error(address: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        reaching(address, "sk_live_1").v1.balance.retrieve()
