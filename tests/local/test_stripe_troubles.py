"""Stripe's stand-in on a bad day: what fails, what was done all the same, and what the SDK makes of it."""

import pytest
import stripe
from stripe import PaymentIntent, StripeClient

from infra.local.stripe.line import client
from infra.local.stripe.server import Stripe
from tests.local.test_stripe_payments import RETURN, made

pytestmark = pytest.mark.row("M120")


@pytest.fixture
def intent(sdk: StripeClient) -> str:
    return made(sdk).id


def pay(sdk: StripeClient, intent: str) -> PaymentIntent:
    given = {"payment_method": "pm_card_visa", "return_url": RETURN}
    return sdk.v1.payment_intents.confirm(intent, given, {"idempotency_key": "pay"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "error", "status", "charges"),
    [
        ("error", stripe.APIError, 500, 0),
        ("error_after", stripe.APIError, 500, 1),
        ("unavailable", stripe.APIError, 503, 0),
        ("rate_limited", stripe.RateLimitError, 429, 0),
        ("lock_timeout", stripe.RateLimitError, 429, 0),
        ("timeout", stripe.APIConnectionError, None, 0),
        ("timeout_after", stripe.APIConnectionError, None, 1),
        ("cut", stripe.APIConnectionError, None, 1),
    ],
)
def test_each_trouble_looks_as_it_is_called(
    server: Stripe,
    sdk: StripeClient,
    intent: str,
    kind: str,
    error: type[stripe.StripeError],
    status: int | None,
    charges: int,
) -> None:
    server.troubles.plan(kind)
    with pytest.raises(error) as refused:
        pay(sdk, intent)
    assert refused.value.http_status == status
    assert len(server.captured()) == charges


@pytest.mark.parametrize("kind", ["unavailable", "rate_limited", "lock_timeout", "timeout", "timeout_after", "cut"])
def test_asking_again_with_the_same_key_pays_once(server: Stripe, sdk: StripeClient, intent: str, kind: str) -> None:
    server.troubles.plan(kind)
    with pytest.raises(stripe.StripeError):
        pay(sdk, intent)
    assert pay(sdk, intent).status == "succeeded"
    assert len(server.captured()) == 1


def test_a_500_after_the_charge_stays_a_500_for_its_key_and_the_charge_is_found_by_looking(
    server: Stripe, sdk: StripeClient, intent: str
) -> None:
    server.troubles.plan("error_after")
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            pay(sdk, intent)
    assert sdk.v1.payment_intents.retrieve(intent).status == "succeeded"
    assert len(server.captured()) == 1


def test_the_sdk_gets_over_a_cut_connection_by_itself(
    server: Stripe, intent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.troubles.plan("cut")
    assert pay(client(server, retries=2), intent).status == "succeeded"
    assert len(server.captured()) == 1


def test_the_sdk_does_not_repeat_a_500_that_would_only_be_replayed(
    server: Stripe, intent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.troubles.plan("error")
    before = server.store.counts["req"]
    with pytest.raises(stripe.APIError):
        pay(client(server, retries=2), intent)
    assert server.store.counts["req"] == before + 1


def test_only_what_was_meant_meets_the_trouble(server: Stripe, sdk: StripeClient, intent: str) -> None:
    server.troubles.plan("error", where="POST /v1/refunds")
    paid = pay(sdk, intent)
    with pytest.raises(stripe.APIError):
        sdk.v1.refunds.create({"payment_intent": paid.id})
    assert sdk.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_mood_lasts_as_long_as_it_lasts(server: Stripe, sdk: StripeClient, intent: str) -> None:
    server.troubles.mood = lambda method, path: "unavailable"
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            sdk.v1.payment_intents.retrieve(intent)
    server.troubles.mood = lambda method, path: None
    assert sdk.v1.payment_intents.retrieve(intent).id == intent


def test_a_trouble_that_nobody_knows_is_a_mistake_of_the_test(server: Stripe) -> None:
    with pytest.raises(ValueError, match="earthquake"):
        server.troubles.plan("earthquake")
