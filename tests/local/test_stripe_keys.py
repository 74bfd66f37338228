"""Idempotency keys at Stripe's stand-in: the first answer is the answer."""

import threading
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from infra.local.stripe.server import Stripe
from tests.local.test_stripe_payments import RETURN, confirmed, made, told

pytestmark = pytest.mark.row("M120")


def keyed(sdk: StripeClient, key: str, amount: int = 1000) -> stripe.PaymentIntent:
    return sdk.v1.payment_intents.create({"amount": amount, "currency": "usd"}, {"idempotency_key": key})


def test_the_same_key_gives_the_same_intent(server: Stripe, sdk: StripeClient) -> None:
    first, again = keyed(sdk, "order:1:pi"), keyed(sdk, "order:1:pi")
    assert first.id == again.id
    assert len(list(server.store.all("payment_intent"))) == 1
    assert first.last_response is not None
    assert again.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id


def test_other_parameters_with_the_same_key_are_an_error(sdk: StripeClient) -> None:
    keyed(sdk, "k")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        keyed(sdk, "k", amount=2000)


def test_another_endpoint_with_the_same_key_is_an_error(sdk: StripeClient) -> None:
    intent = keyed(sdk, "k")
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        sdk.v1.payment_intents.cancel(intent.id, None, {"idempotency_key": "k"})


def test_a_decline_is_replayed_too(server: Stripe, sdk: StripeClient) -> None:
    intent = made(sdk)
    charges = set()
    for _ in range(3):
        with pytest.raises(stripe.CardError) as refused:
            sdk.v1.payment_intents.confirm(
                intent.id,
                {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN},
                {"idempotency_key": "pay"},
            )
        charges.add(told(refused.value)["charge"])
    assert len(charges) == 1
    assert len(list(server.store.all("charge"))) == 1


def test_a_state_that_refuses_is_remembered(sdk: StripeClient) -> None:
    intent = made(sdk)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
            sdk.v1.payment_intents.confirm(intent.id, {"return_url": RETURN}, {"idempotency_key": "pay"})


@pytest.mark.parametrize("wrong", [{"amount": "ten", "currency": "usd"}, {"amount": 10, "currency": "dollars"}])
def test_parameters_that_are_wrong_use_up_no_key(sdk: StripeClient, wrong: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_intents.create(wrong, {"idempotency_key": "k"})
    assert keyed(sdk, "k").amount == 1000


def test_a_server_error_is_replayed_under_its_key_for_a_day(sdk: StripeClient, server: Stripe) -> None:
    now = [1_800_000_000.0]
    server.store.clock = lambda: now[0]
    server.troubles.plan("error")
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            keyed(sdk, "k")
    assert keyed(sdk, "another").amount == 1000
    now[0] += 24 * 3600
    assert keyed(sdk, "k").amount == 1000


def test_a_key_that_is_in_use_is_refused_and_nothing_is_made_twice(server: Stripe, sdk: StripeClient) -> None:
    began, go_on = threading.Event(), threading.Event()

    def during(method: str, path: str) -> None:
        began.set()
        go_on.wait(10)

    server.troubles.during = during
    slow = threading.Thread(target=lambda: keyed(sdk, "k"))
    slow.start()
    assert began.wait(10)
    with pytest.raises(stripe.APIError, match="in-progress request") as refused:
        keyed(sdk, "k")
    go_on.set()
    slow.join()
    assert (refused.value.http_status, refused.value.headers["Stripe-Should-Retry"]) == (409, "true")  # type: ignore[index]
    keyed(sdk, "k")
    assert len(list(server.store.all("payment_intent"))) == 1


def test_many_at_once_with_the_same_key_make_one(server: Stripe, sdk: StripeClient) -> None:
    together, outcomes = threading.Barrier(10), list[str]()

    def click() -> None:
        together.wait(10)
        try:
            outcomes.append(keyed(sdk, "k").id)
        except stripe.APIError as error:
            outcomes.append(str(error.http_status))

    clicks = [threading.Thread(target=click) for _ in range(10)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    (intent,) = server.store.all("payment_intent")
    assert set(outcomes) <= {intent["id"], "409"}


def test_a_key_has_255_characters_at_most(sdk: StripeClient) -> None:
    assert keyed(sdk, "k" * 255).id
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        keyed(sdk, "k" * 256)


def test_events_tell_which_request_caused_them(sdk: StripeClient) -> None:
    keyed(sdk, "order:1:pi")
    (event,) = sdk.v1.events.list().data
    assert event.request is not None
    assert event.request.idempotency_key == "order:1:pi"
    assert (event.request.id or "").startswith("req_")


def test_a_payment_without_a_key_is_made_each_time(sdk: StripeClient, server: Stripe) -> None:
    confirmed(sdk, made(sdk).id)
    confirmed(sdk, made(sdk).id)
    assert len(server.captured(order_id="ord_1")) == 2
