"""Stripe's test payment methods, by the names its documentation gives them, and what each of them does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Card:
    """`decline` is Stripe's decline code; `refunds` how a refund to this card ends: done, pending or failed."""

    label: str
    last4: str
    brand: str = "visa"
    code: str | None = None
    decline: str | None = None
    message: str = ""
    asks: bool = False
    disputes: bool = False
    refunds: str = "succeeded"


DECLINED = "Your card was declined."
CARDS: Mapping[str, Card] = {
    "pm_card_visa": Card("pays (Visa)", "4242"),
    "pm_card_mastercard": Card("pays (Mastercard)", "4444", "mastercard"),
    "pm_card_authenticationRequired": Card("asks its owner first", "3184", asks=True),
    "pm_card_chargeDeclined": Card(
        "is declined", "0002", code="card_declined", decline="generic_decline", message=DECLINED
    ),
    "pm_card_chargeDeclinedInsufficientFunds": Card(
        "has too little money",
        "9995",
        code="card_declined",
        decline="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedExpiredCard": Card(
        "has expired", "0069", code="expired_card", decline="expired_card", message="Your card has expired."
    ),
    "pm_card_chargeDeclinedProcessingError": Card(
        "fails at the bank",
        "0119",
        code="processing_error",
        decline="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
    ),
    "pm_card_createDispute": Card("pays, and its owner disputes it at once", "0259", disputes=True),
    "pm_card_pendingRefund": Card("pays; a refund to it takes a while", "7726", refunds="pending"),
    "pm_card_refundFail": Card("pays; a refund to it fails later", "5126", refunds="failed"),
}
#: The same cards by the longer names that Stripe gives them as well.
LONG = {
    name.replace("pm_card_", "pm_card_visa_"): card
    for name, card in CARDS.items()
    if name.startswith("pm_card_chargeDeclined")
}
NAMES: Mapping[str, Card] = {**CARDS, **LONG}


def of(method: Mapping[str, Any]) -> Card:
    """The test card that a payment method was made of."""
    return NAMES[method["_card"]]
