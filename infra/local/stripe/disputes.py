"""Disputes: opened by the card's owner, won or lost by evidence, or given up. `routes` calls this, and the page."""

from collections.abc import Mapping
from typing import Any

from infra.local.stripe import charges
from infra.local.stripe.refusals import invalid
from infra.local.stripe.store import Store, Thing

FEE = 1500
DAYS_TO_ANSWER = 7
#: What Stripe reads in a test as evidence that decides.
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
OPEN = ("needs_response", "under_review")


def open(store: Store, charge: Thing) -> Thing:
    if charge["disputed"] or not charge["paid"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed.")
    dispute = store.add(
        "dispute",
        "du",
        amount=charge["amount"] - charge["amount_refunded"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={"uncategorized_text": None},
        evidence_details={"due_by": store.now() + DAYS_TO_ANSWER * charges.DAY, "has_evidence": False},
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason="fraudulent",
        status="needs_response",
    )
    charge["disputed"] = True
    _entered(store, dispute, -dispute["amount"], FEE)
    store.tell("charge.dispute.created", dispute)
    store.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(store: Store, id: str, status: str = "lost") -> Thing:
    """`won` brings the money back; `lost` is also what giving up means."""
    dispute = store.find("dispute", id, "dispute")
    if dispute["status"] not in OPEN:
        raise invalid(f"This dispute is already closed with a status of {dispute['status']}.", "dispute_already_closed")
    before = {"status": dispute["status"]}
    dispute["status"] = status
    if status == "won":
        store.find("charge", dispute["charge"])["_won"] = True
        _entered(store, dispute, dispute["amount"], -FEE)
        store.tell("charge.dispute.funds_reinstated", dispute)
    store.tell("charge.dispute.closed", dispute, before)
    return dispute


def update(store: Store, id: str, given: Mapping[str, Any]) -> Thing:
    dispute = store.find("dispute", id, "dispute")
    dispute["metadata"] = {**dispute["metadata"], **given.get("metadata", {})}
    evidence = str(given.get("evidence", {}).get("uncategorized_text", ""))
    if evidence:
        dispute["evidence"] = {"uncategorized_text": evidence}
        dispute["evidence_details"] = {**dispute["evidence_details"], "has_evidence": True}
    return close(store, id, VERDICTS[evidence]) if evidence in VERDICTS else dispute


def _entered(store: Store, dispute: Thing, amount: int, cost: int) -> None:
    entry = charges.entered(store, dispute, "adjustment", amount, cost)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], entry]
