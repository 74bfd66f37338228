"""Payments at Stripe's stand-in, as the official SDK sees them."""

import json
from typing import Any

import pytest
import stripe
from stripe import PaymentIntent, StripeClient

from infra.local.stripe.line import client
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.server import Stripe
from infra.local.stripe.store import API_VERSION

pytestmark = pytest.mark.row("M120")
RETURN = "http://localhost/thanks"


def made(sdk: StripeClient, amount: int = 1000, order: str = "ord_1") -> PaymentIntent:
    return sdk.v1.payment_intents.create({"amount": amount, "currency": "usd", "metadata": {"order_id": order}})


def confirmed(sdk: StripeClient, intent: str, card: str = "pm_card_visa") -> PaymentIntent:
    return sdk.v1.payment_intents.confirm(intent, {"payment_method": card, "return_url": RETURN})


def told(error: stripe.StripeError) -> dict[str, Any]:
    """What the body of an error says."""
    body: Any = error.json_body
    return dict(body["error"])


def types(sdk: StripeClient) -> list[str]:
    return [event.type for event in reversed(sdk.v1.events.list({"limit": 100}).data)]


def test_it_speaks_the_version_of_the_sdk() -> None:
    assert stripe.api_version == API_VERSION


def test_an_intent_carries_what_it_was_made_with(sdk: StripeClient) -> None:
    intent = sdk.v1.payment_intents.retrieve(made(sdk, 1999).id)
    assert (intent.amount, intent.currency, intent.status, intent.livemode) == (
        1999,
        "usd",
        "requires_payment_method",
        False,
    )
    assert intent.metadata["order_id"] == "ord_1"
    assert (intent.client_secret or "").startswith(f"{intent.id}_secret_")


def test_a_good_card_pays_and_the_charge_has_the_metadata_of_its_intent(sdk: StripeClient) -> None:
    paid = confirmed(sdk, made(sdk).id)
    charge = sdk.v1.charges.retrieve(str(paid.latest_charge))
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    assert (charge.paid, charge.amount_captured, charge.metadata["order_id"]) == (True, 1000, "ord_1")
    assert types(sdk) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"]


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_says_why_and_leaves_the_intent_open(
    sdk: StripeClient, card: str, code: str, decline: str
) -> None:
    intent = made(sdk)
    with pytest.raises(stripe.CardError) as refused:
        confirmed(sdk, intent.id, card)
    assert (refused.value.http_status, refused.value.code) == (402, code)
    body = told(refused.value)
    assert (body["type"], body["decline_code"]) == ("card_error", decline)
    assert body["payment_intent"]["status"] == "requires_payment_method"
    again = sdk.v1.payment_intents.retrieve(intent.id)
    assert again.last_payment_error is not None
    assert again.last_payment_error.decline_code == decline
    assert types(sdk)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert confirmed(sdk, intent.id).status == "succeeded"


def test_a_card_whose_owner_is_asked_waits_for_the_answer(server: Stripe, sdk: StripeClient) -> None:
    intent = made(sdk)
    asked = confirmed(sdk, intent.id, "pm_card_authenticationRequired")
    assert (asked.status, types(sdk)[-1]) == ("requires_action", "payment_intent.requires_action")
    assert asked.next_action is not None
    server.authenticate(intent.id)
    assert sdk.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_an_owner_who_says_no_pays_nothing(server: Stripe, sdk: StripeClient) -> None:
    intent = made(sdk)
    confirmed(sdk, intent.id, "pm_card_authenticationRequired")
    server.authenticate(intent.id, passes=False)
    refused = sdk.v1.payment_intents.retrieve(intent.id)
    assert refused.status == "requires_payment_method"
    assert refused.last_payment_error is not None
    assert refused.last_payment_error.code == "payment_intent_authentication_failure"
    assert server.captured() == []


def test_an_intent_is_paid_once(server: Stripe, sdk: StripeClient) -> None:
    intent = made(sdk)
    confirmed(sdk, intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as refused:
        confirmed(sdk, intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert len(server.captured(order_id="ord_1")) == 1


def test_a_cancelled_intent_takes_no_card(sdk: StripeClient) -> None:
    intent = made(sdk)
    gone = sdk.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason, types(sdk)[-1]) == (
        "canceled",
        "abandoned",
        "payment_intent.canceled",
    )
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        confirmed(sdk, intent.id)


def test_a_paid_intent_cannot_be_cancelled(sdk: StripeClient) -> None:
    paid = confirmed(sdk, made(sdk).id)
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded") as refused:
        sdk.v1.payment_intents.cancel(paid.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert told(refused.value)["payment_intent"]["status"] == "succeeded"


def test_related_objects_come_along_where_they_are_asked_for(sdk: StripeClient) -> None:
    intent = made(sdk)
    paid = sdk.v1.payment_intents.confirm(
        intent.id,
        {
            "payment_method": "pm_card_visa",
            "return_url": RETURN,
            "expand": ["latest_charge.balance_transaction", "latest_charge.refunds"],
        },
    )
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.fee == 59
    assert charge.refunds is not None
    assert charge.refunds.data == []
    assert isinstance(sdk.v1.payment_intents.retrieve(intent.id).latest_charge, str)


def test_the_fee_may_become_known_later(server: Stripe, sdk: StripeClient) -> None:
    server.store.books_at_once = False
    charge = str(confirmed(sdk, made(sdk).id).latest_charge)
    assert sdk.v1.charges.retrieve(charge).balance_transaction is None
    server.book_fees()
    server.book_fees()
    assert len(sdk.v1.balance_transactions.list({"source": charge}).data) == 1
    entry = sdk.v1.balance_transactions.retrieve(str(sdk.v1.charges.retrieve(charge).balance_transaction))
    assert (entry.amount, entry.fee, entry.net, entry.source) == (1000, 59, 941, charge)
    assert types(sdk)[-1] == "charge.updated"


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (1000, 59), (1999, 88), (4900, 172)])
def test_the_fee_is_2_9_percent_and_30_cents(sdk: StripeClient, amount: int, fee: int) -> None:
    paid = confirmed(sdk, made(sdk, amount).id)
    (entry,) = sdk.v1.balance_transactions.list({"source": str(paid.latest_charge)}).data
    assert entry.fee == fee


def test_lists_are_newest_first_and_go_on_page_by_page(sdk: StripeClient) -> None:
    ids = [made(sdk).id for _ in range(5)]
    first = sdk.v1.payment_intents.list({"limit": 2})
    assert ([each.id for each in first.data], first.has_more) == ([ids[4], ids[3]], True)
    assert [each.id for each in first.auto_paging_iter()] == ids[::-1]


def test_lists_go_back_page_by_page_too(sdk: StripeClient) -> None:
    ids = [made(sdk).id for _ in range(5)]
    found = sdk.v1.payment_intents.list({"limit": 2, "ending_before": ids[1]})
    assert ([each.id for each in found.data], found.has_more) == ([ids[3], ids[2]], True)


def test_lists_keep_to_a_time(server: Stripe, sdk: StripeClient) -> None:
    server.store.clock = lambda: 1_800_000_000
    early = made(sdk)
    server.store.clock = lambda: 1_800_000_600
    late = made(sdk)
    found = sdk.v1.payment_intents.list({"created": {"gte": 1_800_000_600}}).data
    assert [each.id for each in found] == [late.id]
    assert [each.id for each in sdk.v1.payment_intents.list({"created": early.created}).data] == [early.id]


def test_what_only_the_stand_in_knows_stays_inside(server: Stripe, sdk: StripeClient) -> None:
    confirmed(sdk, made(sdk).id)
    key = {"Authorization": "Bearer sk_test_local"}
    listed = server.answer("GET", "/v1/charges?expand[]=data.payment_method&expand[]=data.payment_intent", key).json()
    told = server.answer("GET", "/v1/events?limit=100", key).json()
    assert listed["data"][0]["payment_method"]["card"]["last4"] == "4242"
    assert '"_' not in json.dumps([listed, told])


def test_an_intent_for_an_unknown_method_is_not_made(server: Stripe, sdk: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        sdk.v1.payment_intents.create({"amount": 1000, "currency": "usd", "payment_method": "pm_none"})
    assert list(server.store.all("event")) == []


def test_charges_are_found_by_their_intent(sdk: StripeClient) -> None:
    intent, other = made(sdk), made(sdk)
    confirmed(sdk, other.id)
    with pytest.raises(stripe.CardError):
        confirmed(sdk, intent.id, "pm_card_chargeDeclined")
    confirmed(sdk, intent.id)
    found = sdk.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in found] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("given", "message", "param"),
    [
        ({"currency": "usd"}, "Missing required param: amount", "amount"),
        ({"amount": 1000}, "Missing required param: currency", "currency"),
        ({"amount": "ten", "currency": "usd"}, "Invalid integer: ten", "amount"),
        ({"amount": 49, "currency": "usd"}, "at least", "amount"),
        ({"amount": 1000, "currency": "dollars"}, "Invalid currency", "currency"),
        ({"amount": 1000, "currency": "usd", "total": 1}, "unknown parameter: total", "total"),
        ({"amount": 1000, "currency": "usd", "metadata": {"k" * 41: "v"}}, "up to 40", "metadata"),
        (
            {"amount": 1000, "currency": "usd", "payment_method": "pm_none", "confirm": True},
            "No such",
            "payment_method",
        ),
    ],
)
def test_what_stripe_would_refuse_is_refused(
    sdk: StripeClient, given: dict[str, object], message: str, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
        sdk.v1.payment_intents.create(given)  # type: ignore[arg-type]  # A mistake, on purpose.
    assert refused.value.param == param


def test_what_does_not_exist_is_not_found(sdk: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such charge: 'ch_none'") as refused:
        sdk.v1.charges.retrieve("ch_none")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_without_a_return_address_no_method_may_lead_away(sdk: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        sdk.v1.payment_intents.confirm(made(sdk).id, {"payment_method": "pm_card_visa"})
    stays = sdk.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert sdk.v1.payment_intents.confirm(stays.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


@pytest.mark.parametrize("key", ["sk_live_1", "nonsense"])
def test_a_key_that_is_not_a_test_key_is_refused(server: Stripe, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        client(server, key).v1.balance.retrieve()


def test_only_its_own_keys_are_taken_where_they_are_named() -> None:
    server = Stripe(api_keys=frozenset({"rk_test_worker"}))
    assert client(server, "rk_test_worker").v1.balance.retrieve().object == "balance"
    with pytest.raises(stripe.AuthenticationError):
        client(server, "sk_test_other").v1.balance.retrieve()


def test_a_key_may_also_be_a_basic_user(server: Stripe) -> None:
    reply = server.answer("GET", "/v1/balance", {"Authorization": "Basic c2tfdGVzdF94Og=="})
    assert reply.status == 200
    assert server.answer("GET", "/v1/balance", {}).status == 401


def test_a_browser_pays_with_the_secret_of_its_intent_and_does_nothing_else(server: Stripe, sdk: StripeClient) -> None:
    intent, browser = made(sdk), {"Authorization": "Bearer pk_test_browser"}
    with_secret = f"client_secret={intent.client_secret}&payment_method=pm_card_visa&return_url=x".encode()
    confirm = f"/v1/payment_intents/{intent.id}/confirm"
    assert server.answer("POST", confirm, browser, b"payment_method=pm_card_visa").status == 404
    assert server.answer("POST", confirm, browser, with_secret).status == 200
    assert server.answer("GET", "/v1/events", browser).json()["error"]["code"] == "secret_key_required"


def test_the_same_seed_gives_the_same_ids() -> None:
    first, again, other = (made(client(Stripe(seed))).id for seed in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_a_held_clock_holds_every_moment() -> None:
    server = Stripe(clock=lambda: 1_800_000_000.9)
    assert made(client(server)).created == 1_800_000_000


def test_the_buyer_of_a_test_meets_the_same_refusals(server: Stripe, sdk: StripeClient) -> None:
    with pytest.raises(Refusal) as refused:
        server.pay(made(sdk).id, "pm_card_chargeDeclined")
    assert refused.value.status == 402
    assert sdk.v1.events.list({"type": "payment_intent.payment_failed"}).data
