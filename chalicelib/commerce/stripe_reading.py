"""What objects of Stripe mean for an order, as answers of its API and its events show them. Pure.

An object may be shortened (`stripe_events`) or have others inside it where they were asked for along with it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.states import DECIDED

Thing = Mapping[str, Any]

#: Inquiries move no money, nor does a dispute that was prevented: that one comes as a refund.
_DISPUTES = {
    "needs_response": "open",
    "under_review": "open",
    "appeal_needs_response": "lost",
    "appeal_under_review": "lost",
    "won": "won",
    "lost": "lost",
}
#: Why a bank said no, where Stripe asks that nobody is told: whoever tries stolen cards would learn which are known.
_UNTOLD = frozenset({"fraudulent", "lost_card", "merchant_blacklist", "stolen_card"})
_WORST = ("lost", "open", "won", "none")


def id_of(thing: Any) -> str | None:
    """Of something that is named, or shown in full."""
    return thing.get("id") if isinstance(thing, Mapping) else thing


def intent(seen: Thing) -> News:
    """A payment: whether it has succeeded, and for what, or why the bank refused."""
    common = {"intent_id": seen["id"], "currency": seen["currency"], "user_id": _said(seen).get("user_id")}
    if seen["status"] != "succeeded":
        return News(**common, declined=_refusal(seen.get("last_payment_error")))
    charge = seen.get("latest_charge")
    return News(
        **common,
        captured_minor=seen["amount_received"],
        charge_id=id_of(charge),
        fee_minor=_fee(charge) if isinstance(charge, Mapping) else None,
    )


def charge(seen: Thing, refunds: Iterable[Thing] = (), disputes: Iterable[Thing] = ()) -> News:
    """A try to take money; one that failed says nothing that its payment does not say better."""
    if seen["status"] != "succeeded" or not seen.get("captured"):
        return News(intent_id=id_of(seen.get("payment_intent")))
    disputes = list(disputes)
    disputed = [dispute(each) for each in disputes]
    return News(
        intent_id=id_of(seen.get("payment_intent")),
        charge_id=seen["id"],
        currency=seen["currency"],
        user_id=_said(seen).get("user_id"),
        captured_minor=seen["amount_captured"],
        refunds={each["id"]: returned(each) for each in refunds},
        dispute=min((each.dispute for each in disputed), key=_WORST.index, default="none"),
        disputed_minor=max((each.disputed_minor for each in disputed), default=0),
        fee_minor=_fee(seen),
        dispute_fee_minor=_dispute_fee(seen, disputes),
    )


def refund(seen: Thing) -> News:
    return News(
        intent_id=id_of(seen.get("payment_intent")),
        currency=seen["currency"],
        refunds={seen["id"]: returned(seen)},
    )


def returned(seen: Thing) -> Returned:
    return Returned(
        amount_minor=seen["amount"],
        refund_id=_said(seen).get("refund_id"),
        is_done=seen.get("status") == "succeeded",
        has_failed=seen.get("status") in ("failed", "canceled"),
    )


def dispute(seen: Thing) -> News:
    status = _DISPUTES.get(seen["status"], "none")
    return News(
        intent_id=id_of(seen.get("payment_intent")),
        currency=seen["currency"],
        dispute=status,
        disputed_minor=0 if status == "none" else seen["amount"],
    )


def _dispute_fee(charged: Thing, disputes: Sequence[Thing]) -> int | None:
    """What the movements of decided disputes cost in all; while one is open, it may still change."""
    decided = [each for each in disputes if _DISPUTES.get(each["status"]) in DECIDED]
    if not decided or any(_DISPUTES.get(each["status"]) == "open" for each in disputes):
        return None
    return sum(_in_its_currency(booked, charged) for each in decided for booked in each["balance_transactions"])


def _said(seen: Thing) -> Thing:
    """What we wrote on it ourselves."""
    return seen.get("metadata") or {}


def _refusal(error: Thing | None) -> str | None:
    if error is None:
        return None
    reason: str = error.get("decline_code") or error.get("code") or "declined"
    return "generic_decline" if reason in _UNTOLD else reason


def _fee(charged: Thing) -> int | None:
    """Stripe's fee in the currency of the charge: where it is paid out in another one, at the rate of that payout."""
    booked = charged.get("balance_transaction")
    if not isinstance(booked, Mapping):
        return None
    return _in_its_currency(booked, charged)


def _in_its_currency(booked: Thing, charged: Thing) -> int:
    if booked["currency"] == charged["currency"] or not booked.get("exchange_rate"):
        return int(booked["fee"])
    return math.floor(Fraction(booked["fee"]) / Fraction(str(booked["exchange_rate"])) + Fraction(1, 2))
