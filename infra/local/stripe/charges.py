"""Charges, and what they do to the balance: Stripe's fee is 2.9 % and 30 cents; `intents` and `refunds` call this."""

from typing import Any

from infra.local.stripe.cards import Card
from infra.local.stripe.store import Store, Thing

FEE_PER_MILLE, FEE_FIXED = 29, 30
DAYS_TO_PAYOUT = 2
DAY = 86_400


def fee(amount: int) -> int:
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def succeed(store: Store, intent: Thing, method: Thing, card: Card) -> Thing:
    """Money moves. Its fee becomes known with `book`."""
    charge = _new(store, intent, method, card, status="succeeded", paid=True, captured=True)
    charge["amount_captured"] = charge["amount"]
    store.tell("charge.succeeded", charge)
    return charge


def fail(store: Store, intent: Thing, method: Thing, card: Card) -> Thing:
    charge = _new(store, intent, method, card, status="failed", paid=False, captured=False)
    charge |= {"failure_code": card.code, "failure_message": card.message}
    charge["outcome"] = {**charge["outcome"], "network_status": "declined_by_network", "reason": card.decline}
    store.tell("charge.failed", charge)
    return charge


def book(store: Store, charge: Thing) -> None:
    """The balance transaction of a charge, and the event that tells of it; once."""
    if charge["balance_transaction"] is None and charge["paid"]:
        entry = entered(store, charge, "charge", charge["amount"], fee(charge["amount"]))
        charge["balance_transaction"] = entry["id"]
        store.tell("charge.updated", charge, {"balance_transaction": None})


def entered(store: Store, source: Thing, type_: str, amount: int, cost: int = 0) -> Thing:
    """One line of the balance."""
    costs = [{"amount": cost, "application": None, "currency": source["currency"], "type": "stripe_fee"}]
    return store.add(
        "balance_transaction",
        "txn",
        amount=amount,
        available_on=store.now() + DAYS_TO_PAYOUT * DAY,
        balance_type="payments",
        currency=source["currency"],
        description=None,
        exchange_rate=None,
        fee=cost,
        fee_details=costs if cost else [],
        net=amount - cost,
        reporting_category=type_,
        source=source["id"],
        status="pending",
        type=type_,
    )


def balance(store: Store) -> Thing:
    """Of this moment, by currency: what can be paid out, and what cannot yet."""
    now, available, pending = store.now(), dict[str, int](), dict[str, int]()
    for entry in store.all("balance_transaction"):
        part = available if entry["available_on"] <= now else pending
        part[entry["currency"]] = part.get(entry["currency"], 0) + entry["net"]
    return {"object": "balance", "livemode": False, "available": _sums(available), "pending": _sums(pending)}


def _sums(by_currency: dict[str, int]) -> list[Thing]:
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(by_currency.items())
    ]


def _new(store: Store, intent: Thing, method: Thing, card: Card, **state: Any) -> Thing:
    details = {"card": {**method["card"], "network": card.brand}, "type": "card"}
    return store.add(
        "charge",
        "ch",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application=None,
        application_fee=None,
        application_fee_amount=None,
        balance_transaction=None,
        billing_details=method["billing_details"],
        calculated_statement_descriptor="LEARNFLOW",
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        on_behalf_of=None,
        outcome={"network_status": "approved_by_network", "reason": None, "type": "authorized"},
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=details,
        receipt_email=intent["receipt_email"],
        receipt_number=None,
        receipt_url=None,
        refunded=False,
        review=None,
        shipping=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        transfer_data=None,
        transfer_group=None,
        **state,
    )
