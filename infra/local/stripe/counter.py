"""What the page of payments shows and does: a buyer, a bank and the post of Stripe in one place; `pages` calls it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from infra.local.stripe import disputes, intents, refunds
from infra.local.stripe.cards import CARDS
from infra.local.stripe.deliveries import PLANS, Deliveries
from infra.local.stripe.refusals import invalid
from infra.local.stripe.store import Store, Thing
from infra.local.stripe.troubles import KINDS

LATEST = 50
ORDERS = {"oldest": "as they happened", "newest": "newest first", "shuffled": "in any order"}


class Counter:
    """One button is one method; what cannot be done raises `Refusal`. `in_use`: whether the product talks to us."""

    def __init__(self, deliveries: Deliveries, in_use: bool = True) -> None:
        self.in_use = in_use
        self.deliveries = deliveries
        self.server = deliveries.server
        self.store = deliveries.server.store
        #: Called before each answer; `running` has everything written down here, so that a kill loses nothing.
        self.keep: Callable[[], None] = lambda: None

    def shown(self) -> dict[str, Any]:
        with self.store.lock:
            told = by_intent(self.store)
            payments = [self._payment(intent, told.get(intent["id"], [])) for intent in self._latest()]
        return {
            "payments": payments,
            "in_use": self.in_use,
            "cards": {name: card.label for name, card in CARDS.items()},
            "plan": self.deliveries.plan,
            "plans": PLANS,
            "late_seconds": self.deliveries.late_seconds,
            "orders": ORDERS,
            "held": len(self.deliveries.held),
            "troubles": KINDS,
            "planned": [asdict(each) for each in self.server.troubles.planned],
        }

    def _latest(self) -> list[Thing]:
        """The demo makes payments of earlier days, in no order."""
        return sorted(self.store.all("payment_intent"), key=lambda intent: -int(intent["created"]))[:LATEST]

    def _payment(self, intent: Thing, events: list[Thing]) -> dict[str, Any]:
        charge = self.store.known(intent["latest_charge"] or "")
        error = intent["last_payment_error"] or {}
        return {
            "id": intent["id"],
            "status": intent["status"],
            "amount": written(intent["amount"], intent["currency"]),
            "made_at": moment(intent["created"]),
            "metadata": intent["metadata"],
            "payable": intent["status"] in ("requires_payment_method", "requires_confirmation"),
            "asks": intent["status"] == "requires_action",
            "error": error.get("message"),
            "decline_code": error.get("decline_code"),
            "charge": self._charge(charge) if charge and charge["paid"] else None,
            "events": [self._event(event) for event in events],
        }

    def _charge(self, charge: Thing) -> dict[str, Any]:
        entry = self.store.known(charge["balance_transaction"] or "")
        rest = charge["amount"] - charge["amount_refunded"]
        dispute = next(self.store.all("dispute", charge=charge["id"]), None)
        return {
            "id": charge["id"],
            "last4": charge["payment_method_details"]["card"]["last4"],
            "fee": written(entry["fee"], entry["currency"]) if entry else None,
            "refunded": written(charge["amount_refunded"], charge["currency"]) if charge["amount_refunded"] else None,
            "rest": written(rest, charge["currency"]) if rest else None,
            "refunds": [self._refund(each) for each in self.store.all("refund", charge=charge["id"])],
            "dispute": {name: dispute[name] for name in ("id", "status", "reason")} if dispute else None,
            "dispute_open": bool(dispute and dispute["status"] in disputes.OPEN),
        }

    def _refund(self, refund: Thing) -> dict[str, Any]:
        amount = written(refund["amount"], refund["currency"])
        return {"id": refund["id"], "amount": amount, "status": refund["status"], "made_at": moment(refund["created"])}

    def _event(self, event: Thing) -> dict[str, Any]:
        waiting = [parcel for parcel in list(self.deliveries.waiting) if parcel.event_id == event["id"]]
        return {
            "id": event["id"],
            "type": event["type"],
            "made_at": moment(event["created"]),
            "subscribed": event["type"] in self.deliveries.subscribed,
            "attempts": [each.outcome for each in list(self.deliveries.attempts.get(event["id"], ()))],
            "waiting": len(waiting) + self.deliveries.held.count(event["id"]),
        }

    def pay(self, intent: str, card: str) -> None:
        if card not in CARDS:
            raise invalid(f"There is no test card {card}.", param="card")
        self.server.pay(intent, card)

    def authenticate(self, intent: str, passes: bool) -> None:
        self.server.authenticate(intent, passes)

    def cancel(self, intent: str) -> None:
        with self.store.lock:
            intents.cancel(self.store, intent, {})

    def refund(self, intent: str, amount: str | None) -> None:
        """So much in the currency's own units, or all that is left."""
        wanted = {"amount": minor(amount)} if amount else {}
        with self.store.lock:
            refunds.create(self.store, {"payment_intent": intent, **wanted})

    def settle(self, refund: str, status: str) -> None:
        if status not in ("succeeded", "failed"):
            raise invalid("A refund can have succeeded or failed.", param="status")
        self.server.settle_refund(refund, status)

    def dispute(self, intent: str) -> None:
        with self.store.lock:
            charge = self.store.find("payment_intent", intent)["latest_charge"]
            disputes.open(self.store, self.store.find("charge", str(charge)))

    def judge(self, dispute: str, verdict: str) -> None:
        if verdict not in disputes.VERDICTS.values():
            raise invalid("A dispute is won or lost.", param="verdict")
        with self.store.lock:
            disputes.close(self.store, dispute, verdict)

    def deliver(self, event: str, plan: str, seconds: float) -> None:
        with self.store.lock:
            self.store.find("event", event)
        self.deliveries.post(event, chosen(plan, PLANS), seconds)

    def deliver_all(self, intent: str, order: str) -> None:
        """Every event of a payment once more."""
        with self.store.lock:
            events = by_intent(self.store).get(intent, [])
        wanted = [event["id"] for event in events if event["type"] in self.deliveries.subscribed]
        self.deliveries.again(wanted, chosen(order, ORDERS))

    def late(self) -> float:
        return self.deliveries.late_seconds

    def travel(self, plan: str, seconds: float) -> None:
        self.deliveries.plan = chosen(plan, PLANS)
        self.deliveries.late_seconds = seconds

    def release(self, order: str) -> None:
        self.deliveries.release(reverse=order == "newest")

    def trouble(self, kind: str, times: int) -> None:
        if times > 0:
            self.server.troubles.plan(chosen(kind, KINDS), times)


def by_intent(store: Store) -> dict[str, list[Thing]]:
    """The events of each payment, newest first."""
    found: dict[str, list[Thing]] = {}
    for event in store.all("event"):
        about = event["data"]["object"]
        intent = about["id"] if about["object"] == "payment_intent" else about.get("payment_intent")
        found.setdefault(str(intent), []).append(event)
    return found


def chosen(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise invalid(f"There is no {name}; there are {', '.join(known)}.")
    return name


def minor(amount: str) -> int:
    """12.50 as 1250."""
    whole, _, rest = amount.strip().replace(",", ".").partition(".")
    digits = whole + rest.ljust(2, "0")
    if not (digits.isascii() and digits.isdigit()) or len(rest) > 2 or len(digits) > 10 or int(digits) == 0:
        raise invalid(f"Not an amount: {amount}", param="amount")
    return int(digits)


def written(amount: int, currency: str) -> str:
    return f"{amount / 100:.2f} {currency.upper()}"


def moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
