"""Payment intents: made for an order, confirmed with a test card, cancelled. `routes` calls this, and the page."""

from collections.abc import Mapping
from typing import Any

from infra.local.stripe import cards, charges, disputes
from infra.local.stripe.cards import Card
from infra.local.stripe.refusals import Refusal, invalid, malformed, missing, unexpected_state
from infra.local.stripe.store import Store, Thing, shown, snapshot

SMALLEST, LARGEST = 50, 99_999_999
PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELLABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)
RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`."
)
EMPTY = (
    "amount_details application application_fee_amount canceled_at cancellation_reason customer description "
    "last_payment_error latest_charge next_action on_behalf_of payment_method processing receipt_email review "
    "setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
).split()


def create(store: Store, given: Mapping[str, Any]) -> Thing:
    amount, currency = given["amount"], given["currency"].lower()
    if len(currency) != 3 or not currency.isalpha():
        raise malformed(f"Invalid currency: {currency}.", param="currency")
    if amount < SMALLEST:
        raise invalid("Amount must be at least $0.50 usd", "amount_too_small", "amount")
    if amount > LARGEST:
        raise invalid("Amount must be no more than $999,999.99", "amount_too_large", "amount")
    if given.get("payment_method"):
        _known(store, given["payment_method"])
    intent = _new(store, amount, currency, given)
    store.tell("payment_intent.created", intent)
    if given.get("payment_method"):
        _take(store, intent, given["payment_method"])
    return confirm(store, intent["id"], {"return_url": given.get("return_url")}) if given.get("confirm") else intent


def confirm(store: Store, id: str, given: Mapping[str, Any]) -> Thing:
    intent = store.find("payment_intent", id, "intent")
    _refuse_finished(intent)
    if given.get("payment_method"):
        _take(store, intent, given["payment_method"])
    if intent["payment_method"] is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            shown(intent),
        )
    if _may_redirect(intent) and not given.get("return_url"):
        raise invalid(RETURN_URL)
    method = store.find("payment_method", intent["payment_method"])
    card = cards.of(method)
    if card.asks:
        return _ask(store, intent, given.get("return_url"))
    return _charge(store, intent, method, card)


def authenticate(store: Store, id: str, passes: bool) -> Thing:
    """The card's owner says yes or no, as they do to their bank; Stripe's REST API has no endpoint for it."""
    intent = store.find("payment_intent", id, "intent")
    if intent["status"] != "requires_action":
        raise unexpected_state("This PaymentIntent does not wait for its payer.", shown(intent))
    intent["next_action"] = None
    method = store.find("payment_method", intent["payment_method"])
    card = cards.of(method)
    if passes:
        return _charge(store, intent, method, card)
    error = Refusal(
        402,
        "card_error",
        NOT_AUTHENTICATED,
        "payment_intent_authentication_failure",
        more={"payment_method": shown(method)},
    )
    _fail(store, intent, error)
    return intent


def cancel(store: Store, id: str, given: Mapping[str, Any]) -> Thing:
    intent = store.find("payment_intent", id, "intent")
    if intent["status"] not in CANCELLABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(CANCELLABLE)}.",
            shown(intent),
        )
    reason = given.get("cancellation_reason")
    if reason not in (None, *REASONS):
        raise invalid(f"Invalid cancellation_reason: must be one of {', '.join(REASONS)}", param="cancellation_reason")
    intent |= {"status": "canceled", "canceled_at": store.now(), "cancellation_reason": reason, "next_action": None}
    store.tell("payment_intent.canceled", intent)
    return intent


def update(store: Store, id: str, given: Mapping[str, Any]) -> Thing:
    intent = store.find("payment_intent", id, "intent")
    metadata = {**intent["metadata"], **given.get("metadata", {})}
    intent |= {"metadata": metadata, "description": given.get("description", intent["description"])}
    return intent


def _new(store: Store, amount: int, currency: str, given: Mapping[str, Any]) -> Thing:
    automatic = given.get("automatic_payment_methods") or {}
    types = given.get("payment_method_types") or ["card"]
    chosen = {"enabled": True, "allow_redirects": automatic.get("allow_redirects", "always")}
    intent = store.add(
        "payment_intent",
        "pi",
        **dict.fromkeys(EMPTY),
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        automatic_payment_methods=None if "payment_method_types" in given else chosen,
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        metadata=given.get("metadata", {}),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=types,
        status="requires_payment_method",
    )
    intent["client_secret"] = f"{intent['id']}_{store.new_id('secret')}"
    intent |= {"description": given.get("description"), "receipt_email": given.get("receipt_email")}
    return intent


def _take(store: Store, intent: Thing, name: str) -> None:
    """A test payment method becomes a method of this payment; one that is used already stays."""
    _known(store, name)
    if name not in cards.NAMES:
        intent |= {"payment_method": name, "status": "requires_confirmation"}
        return
    card = cards.NAMES[name]
    plastic = {
        "brand": card.brand,
        "country": "US",
        "exp_month": 12,
        "exp_year": 2040,
        "funding": "credit",
        "last4": card.last4,
    }
    billing = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    method = store.add(
        "payment_method",
        "pm",
        type="card",
        card=plastic,
        billing_details=billing,
        customer=None,
        metadata={},
        _card=name,
    )
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}


def _known(store: Store, name: str) -> None:
    if name not in cards.NAMES and name not in store.things.get("payment_method", {}):
        raise missing("PaymentMethod", name, "payment_method")


def _charge(store: Store, intent: Thing, method: Thing, card: Card) -> Thing:
    if card.code:
        raise _declined(store, intent, method, card)
    charge = charges.succeed(store, intent, method, card)
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    intent |= {"last_payment_error": None, "next_action": None}
    store.tell("payment_intent.succeeded", intent)
    if store.books_at_once:
        charges.book(store, charge)
    if card.disputes:
        disputes.open(store, charge)
    return intent


def _declined(store: Store, intent: Thing, method: Thing, card: Card) -> Refusal:
    charge = charges.fail(store, intent, method, card)
    intent["latest_charge"] = charge["id"]
    more = {"charge": charge["id"], "decline_code": card.decline, "payment_method": shown(method)}
    return _fail(store, intent, Refusal(402, "card_error", card.message, card.code, more=more))


def _fail(store: Store, intent: Thing, error: Refusal) -> Refusal:
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent["last_payment_error"] = error.body()["error"]
    store.tell("payment_intent.payment_failed", intent)
    error.more = {**error.more, "payment_intent": snapshot(intent)}
    return error


def _ask(store: Store, intent: Thing, return_url: str | None) -> Thing:
    by_redirect = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": "/_local/stripe"}}
    by_script = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    intent |= {"status": "requires_action", "next_action": by_redirect if return_url else by_script}
    store.tell("payment_intent.requires_action", intent)
    return intent


def _refuse_finished(intent: Thing) -> None:
    if intent["status"] == "succeeded":
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
            shown(intent),
        )
    if intent["status"] not in PAYABLE:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be confirmed: requires_payment_method, "
            "requires_confirmation, requires_action.",
            shown(intent),
        )


def _may_redirect(intent: Thing) -> bool:
    automatic = intent["automatic_payment_methods"]
    return automatic is not None and automatic["allow_redirects"] == "always"
