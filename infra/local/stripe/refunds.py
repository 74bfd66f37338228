"""Refunds: never more than a charge took, done at once or later as the card has it; `routes` and the page call this."""

from collections.abc import Mapping
from typing import Any

from infra.local.stripe import cards, charges
from infra.local.stripe.refusals import invalid, malformed
from infra.local.stripe.store import Store, Thing, snapshot

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(store: Store, given: Mapping[str, Any]) -> Thing:
    if not given.get("charge") and not given.get("payment_intent"):
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise malformed(message, "parameter_missing")
    if given.get("reason") not in (None, *REASONS):
        raise malformed(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    charge = _charge(store, given)
    amount = _allowed(charge, given.get("amount"))
    return _made(store, charge, amount, given)


def settle(store: Store, id: str, status: str, reason: str | None = None) -> Thing:
    """The bank has the last word on a refund that was pending, or that it sends back."""
    refund = store.find("refund", id)
    if refund["status"] in (status, "failed", "canceled"):
        raise invalid(f"This refund has a status of {refund['status']}.")
    before = {"status": refund["status"]}
    refund["status"] = status
    if status == "failed":
        _undo(store, refund, reason or "expired_or_canceled_card")
        store.tell("refund.failed", refund)
    store.tell("refund.updated", refund, before)
    return refund


def update(store: Store, id: str, given: Mapping[str, Any]) -> Thing:
    refund = store.find("refund", id)
    before = {"metadata": refund["metadata"]}
    refund["metadata"] = {**refund["metadata"], **given.get("metadata", {})}
    store.tell("refund.updated", refund, before)
    return refund


def _charge(store: Store, given: Mapping[str, Any]) -> Thing:
    if given.get("charge"):
        charge = store.find("charge", given["charge"], "charge")
    else:
        intent = store.find("payment_intent", given["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = store.find("charge", intent["latest_charge"])
    if not charge["paid"]:
        raise invalid(f"Charge {charge['id']} has not been paid, so it cannot be refunded.", "charge_not_refundable")
    return charge


def _allowed(charge: Thing, wanted: int | None) -> int:
    rest = int(charge["amount"] - charge["amount_refunded"])
    if rest == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    if charge["disputed"] and not charge.get("_won"):
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge_disputed")
    if wanted is not None and wanted > rest:
        asked, left = (f"${amount / 100:.2f}" for amount in (wanted, rest))
        raise invalid(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", param="amount")
    return wanted or rest


def _made(store: Store, charge: Thing, amount: int, given: Mapping[str, Any]) -> Thing:
    method = store.find("payment_method", charge["payment_method"])
    card = cards.of(method)
    refund = store.add(
        "refund",
        "re",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        metadata=given.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=given.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status="pending" if card.refunds == "pending" else "succeeded",
        transfer_reversal=None,
    )
    refund["balance_transaction"] = charges.entered(store, refund, "refund", -amount)["id"]
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.tell("refund.created", refund)
    store.tell("charge.refunded", charge, before)
    if card.refunds == "failed":
        answered = snapshot(refund)
        settle(store, refund["id"], "failed")
        return answered  # The bank says no later: whoever asked was told that it succeeded.
    return refund


def _undo(store: Store, refund: Thing, reason: str) -> None:
    charge = store.find("charge", refund["charge"])
    entry = charges.entered(store, refund, "refund_failure", refund["amount"])
    refund |= {"failure_balance_transaction": entry["id"], "failure_reason": reason}
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    store.tell("charge.updated", charge, before)
