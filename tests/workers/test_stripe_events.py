"""Events of Stripe in the worker's hands: each has its effect once, in any order, and what cannot be true has none."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.commerce import inbox, intents, states, stripe_events, stripe_gateway
from chalicelib.commerce.records import Order, Quarantined, StripeEvent
from chalicelib.messaging import metrics
from chalicelib.table import keys, reads
from functions import handle_stripe_event
from infra.local.invocation import Killed
from infra.local.stripe import disputes, refunds
from infra.local.stripe.refusals import Refusal
from tests.factories import bank, commerce
from tests.factories.bank import Bank
from tests.factories.courses import act
from tests.faults.injector import Injector, killed_after, lost_acknowledgement
from tests.http.api import Api
from tests.workers.doubles import dead, records


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    return bank.opened(monkeypatch, api)


@pytest.fixture
def order(stripe: Bank) -> Order:
    """One whose payment has begun."""
    return begun()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    found: Counter[str] = Counter()
    monkeypatch.setattr(metrics, "count", lambda name, amount=1: found.update({name: amount}))
    return found


def begun() -> Order:
    """As the route does it."""
    order = commerce.a_pending_order(commerce.a_buyer().id, commerce.a_priced_course())
    return intents.begin(act(order.user_id), order.id).order


def told(*events: Any, receives: int = 1) -> list[str]:
    """Have the worker take these events; those that must come again."""
    bodies = [stripe_events.shortened(event).text() for event in events]
    answer = handle_stripe_event.handler(records(*bodies, receives=receives), None)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def now(order: Order) -> Order:
    return commerce.order_now(order.id)


def put_aside() -> list[Quarantined]:
    found = reads.all_of(keys.quarantine_of(clock.now().date().isoformat()))
    return [each for each in found if isinstance(each, Quarantined)]


def enrolled(order: Order) -> bool:
    return commerce.enrolled(order.user_id, order.lines[0]["id"]) is not None


@pytest.mark.row("M96", "M98", "X48")
def test_a_payment_that_succeeded_completes_its_order(order: Order, stripe: Bank) -> None:
    stripe.stripe.pay(str(order.intent_id))
    assert told(*stripe.events("payment_intent.succeeded")) == []
    assert states.status(now(order)) == "paid"
    assert enrolled(order)
    assert stripe.asked == ["POST /payment_intents"]


@pytest.mark.row("M98", "B02")
def test_an_event_has_its_effect_once_and_is_remembered_for_longer_than_stripe_repeats_it(
    order: Order, stripe: Bank
) -> None:
    stripe.stripe.pay(str(order.intent_id))
    (event,) = stripe.events("payment_intent.succeeded")
    told(event, event)
    after = now(order)
    told(event, event)
    assert int(now(order).ver) == int(after.ver)
    done = reads.one(StripeEvent, keys.stripe_event(event["id"]))
    assert done
    assert done.ttl
    assert (done.order_id, (done.ttl - clock.now()).days) == (order.id, 34)


@pytest.mark.row("M98", "B02")
@pytest.mark.parametrize("seed", range(6))
def test_in_whatever_order_events_come_and_however_often_the_end_is_the_same(
    order: Order, stripe: Bank, seed: int
) -> None:
    intent = str(order.intent_id)
    with pytest.raises(Refusal):
        stripe.stripe.pay(intent, "pm_card_chargeDeclined")
    stripe.stripe.pay(intent)
    refund = refunds.create(stripe.stripe.store, {"payment_intent": intent, "amount": 500})
    events = stripe.events() * 2
    random.Random(seed).shuffle(events)
    known = [event for event in events if event["type"] in inbox.READERS]
    assert told(*known) == []
    after = now(order)
    assert (states.status(after), states.refunded(after), after.refunds) == (
        "partially_refunded",
        500,
        {refund["id"]: 500},
    )
    assert after.fee_minor == 88
    assert enrolled(order)


@pytest.mark.row("M98")
def test_a_declined_card_is_noted_and_pays_nothing(order: Order, stripe: Bank) -> None:
    with pytest.raises(Refusal):
        stripe.stripe.pay(str(order.intent_id), "pm_card_chargeDeclinedInsufficientFunds")
    told(*stripe.events("payment_intent.payment_failed"))
    assert (states.status(now(order)), now(order).declined) == ("pending", "insufficient_funds")
    assert not enrolled(order)


@pytest.mark.row("M98")
def test_what_stripe_keeps_is_asked_for_when_it_is_known(order: Order, stripe: Bank) -> None:
    stripe.stripe.pay(str(order.intent_id))
    told(*stripe.events("payment_intent.succeeded"))
    assert now(order).fee_minor is None
    told(*stripe.events("charge.updated"))
    assert now(order).fee_minor == 88


@pytest.mark.row("M98")
def test_money_given_back_at_stripe_closes_the_course(order: Order, stripe: Bank) -> None:
    stripe.stripe.pay(str(order.intent_id))
    told(*stripe.events("charge.succeeded"))
    assert enrolled(order)
    refunds.create(stripe.stripe.store, {"payment_intent": order.intent_id})
    told(*stripe.events("charge.refunded"))
    assert states.status(now(order)) == "refunded"
    assert not enrolled(order)


@pytest.mark.row("M98")
@pytest.mark.parametrize(("verdict", "status", "open_again"), [("won", "paid", True), ("lost", "disputed", False)])
def test_a_dispute_closes_the_course_until_it_is_won(
    order: Order, stripe: Bank, verdict: str, status: str, open_again: bool
) -> None:
    stripe.stripe.pay(str(order.intent_id))
    told(*stripe.events("payment_intent.succeeded"))
    (charge,) = stripe.stripe.captured()
    dispute = disputes.open(stripe.stripe.store, stripe.stripe.store.find("charge", charge["id"]))
    told(*stripe.events("charge.dispute.created"))
    assert (states.status(now(order)), enrolled(order)) == ("disputed", False)
    disputes.close(stripe.stripe.store, dispute["id"], verdict)
    told(*stripe.events("charge.dispute.closed"))
    assert (states.status(now(order)), enrolled(order)) == (status, open_again)


def succeeded(order: Order, stripe: Bank, **changes: Any) -> Any:
    """The event of a payment, with something about it that cannot be."""
    stripe.stripe.pay(str(order.intent_id))
    (event,) = stripe.events("payment_intent.succeeded")
    event = json.loads(json.dumps(event))
    thing = event["data"]["object"]
    thing["metadata"] |= changes.pop("metadata", {})
    thing |= changes.pop("thing", {})
    return event | changes


UNKNOWN = "ord_00000000000000000000000000-00000000000000000000000000"
CONTRADICTIONS: list[tuple[str, dict[str, Any]]] = [
    ("order", {"metadata": {"order_id": UNKNOWN}}),
    ("order", {"metadata": {"order_id": "of-another-shop"}}),
    ("order", {"metadata": {"order_id": None}}),
    ("owner", {"metadata": {"user_id": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"}}),
    ("intent", {"thing": {"id": "pi_another"}}),
    ("currency", {"thing": {"currency": "eur"}}),
    ("amount", {"thing": {"amount_received": -1}}),
    ("amount", {"thing": {"amount_received": 1}}),
    ("amount", {"thing": {"amount_received": 2001}}),
    ("amount", {"thing": {"amount_received": 0}}),
    ("shape", {"thing": {"amount_received": None}}),
    ("shape", {"thing": {"currency": None}}),
    ("account", {"account": "acct_1another"}),
    ("livemode", {"livemode": True}),
]


@pytest.mark.row("M96")
@pytest.mark.parametrize(("reason", "changes"), CONTRADICTIONS)
def test_what_cannot_be_true_is_put_aside_changes_nothing_and_rings_once(
    order: Order, stripe: Bank, counted: Counter[str], reason: str, changes: dict[str, Any]
) -> None:
    event = succeeded(order, stripe, **changes)
    for _ in range(3):
        assert told(event) == []
    assert int(now(order).ver) == int(order.ver)
    assert not enrolled(order)
    (kept,) = put_aside()
    assert (kept.event_id, kept.type, kept.reason) == (event["id"], "payment_intent.succeeded", reason)
    assert counted == {"PaymentsQuarantined": 1}
    assert reads.one(StripeEvent, keys.stripe_event(event["id"])) is None


@pytest.mark.row("M98", "B02")
def test_the_alarm_rings_although_the_answer_of_the_table_was_lost(
    order: Order, stripe: Bank, counted: Counter[str], faults: Injector
) -> None:
    event = succeeded(order, stripe, thing={"amount_received": 1})
    faults.break_nth([0], lambda trip: trip.writes, lost_acknowledgement)
    told(event)
    assert (len(put_aside()), counted) == (1, {"PaymentsQuarantined": 1})


@pytest.mark.row("M98", "B02")
def test_the_alarm_rings_although_the_worker_was_killed(
    order: Order, stripe: Bank, counted: Counter[str], faults: Injector
) -> None:
    event = succeeded(order, stripe, thing={"amount_received": 1})
    faults.break_nth([0], lambda trip: trip.writes, killed_after)
    with pytest.raises(Killed):
        told(event)
    told(event)
    assert (len(put_aside()), counted) == (1, {"PaymentsQuarantined": 1})


@pytest.mark.row("M98")
@pytest.mark.parametrize("reason", ["lost_card", "stolen_card", "fraudulent", "merchant_blacklist"])
def test_nobody_is_told_that_a_card_is_known_to_be_stolen(order: Order, stripe: Bank, reason: str) -> None:
    error = {"code": "card_declined", "decline_code": reason}
    thing = {
        "id": order.intent_id,
        "currency": "usd",
        "status": "requires_payment_method",
        "last_payment_error": error,
        "metadata": {"order_id": order.id},
    }
    told(json.loads(bank.an_event("payment_intent.payment_failed", thing)))
    assert now(order).declined == "generic_decline"


@pytest.mark.row("M98")
def test_a_payment_that_was_taken_after_a_strange_event_is_applied_all_the_same(order: Order, stripe: Bank) -> None:
    event = succeeded(order, stripe)
    told(event | {"livemode": True})
    assert told(event) == []
    assert states.status(now(order)) == "paid"


@pytest.mark.row("M98")
@pytest.mark.parametrize("amount", [-1, 0, 2001])
def test_a_refund_of_an_amount_that_cannot_be_is_put_aside(order: Order, stripe: Bank, amount: int) -> None:
    stripe.stripe.pay(str(order.intent_id))
    told(*stripe.events("payment_intent.succeeded"))
    refunds.create(stripe.stripe.store, {"payment_intent": order.intent_id, "amount": 500})
    event = json.loads(json.dumps(stripe.events("refund.created")[0]))
    event["data"]["object"]["amount"] = amount
    told(event)
    assert [each.reason for each in put_aside()] == ["refunded"]
    assert states.refunded(now(order)) == 0


@pytest.mark.row("M98")
def test_a_charge_that_stripe_does_not_know_is_put_aside(order: Order, stripe: Bank) -> None:
    thing = {"id": "ch_nobodys", "metadata": {"order_id": order.id}}
    told(json.loads(bank.an_event("charge.refunded", thing)))
    assert [each.reason for each in put_aside()] == ["unknown"]


def test_the_door_lets_in_what_the_worker_understands_and_nothing_else() -> None:
    assert set(inbox.READERS) == stripe_events.KINDS


def test_an_event_that_means_nothing_to_us_is_done_without_effect(order: Order, stripe: Bank) -> None:
    assert told(json.loads(bank.an_event("customer.created", {"id": "cus_1"}))) == []
    assert put_aside() == []


@pytest.mark.row("M93", "M98")
def test_while_stripe_is_down_the_event_comes_again_and_then_has_its_effect(order: Order, stripe: Bank) -> None:
    stripe.stripe.pay(str(order.intent_id))
    stripe.stripe.troubles.plan("unavailable", times=3, where="GET")
    event = stripe.events("charge.updated")[0]
    assert told(event) == ["m0"]
    assert states.status(now(order)) == "pending"
    assert told(event, receives=2) == []
    assert states.status(now(order)) == "paid"


@pytest.mark.row("M98")
def test_an_unreadable_message_is_buried(stripe: Bank) -> None:
    assert handle_stripe_event.handler(records("{}", "[]", "no", '{"id": "evt_1"}'), None) == {"batchItemFailures": []}
    assert len(dead("stripe-events")) == 4


def test_one_event_costs_few_trips(order: Order, stripe: Bank, faults: Injector) -> None:
    stripe.stripe.pay(str(order.intent_id))
    (event,) = stripe.events("payment_intent.succeeded")
    del faults.trips[:]
    told(event)
    assert [str(trip) for trip in faults.trips] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    del faults.trips[:]
    told(event)
    assert [str(trip) for trip in faults.trips] == ["BatchGetItem"]


def test_administrators_see_by_day_what_was_put_aside(api: Api, order: Order, stripe: Bank) -> None:
    event = succeeded(order, stripe, thing={"amount_received": 1})
    told(event)
    boss = api.admin()
    reply = api.get("/admin/payments/quarantine?page_size=1", token=boss.access)
    (row,) = reply.json()["results"]
    assert (reply.status, row["event_id"], row["reason"], row["order_id"]) == (200, event["id"], "amount", order.id)
    assert row["seen"]["amount_received"] == 1
    assert api.get("/admin/payments/quarantine?day=2026-01-01", token=boss.access).json()["results"] == []


def test_pages_of_what_was_put_aside_follow_one_another(api: Api, order: Order, stripe: Bank) -> None:
    event = succeeded(order, stripe, thing={"amount_received": 1})
    told(*[event | {"id": f"evt_{number}"} for number in range(5)])
    boss, path, seen = api.admin(), "/admin/payments/quarantine?page_size=2", list[str]()
    for _ in range(3):
        page = api.get(path, token=boss.access).json()
        seen += [row["event_id"] for row in page["results"]]
        path = (page["next"] or path).partition("/api/v1")[2] or path
    assert seen == [f"evt_{number}" for number in range(5)]
    assert page["next"] is None


@pytest.mark.row("M97")
def test_what_is_put_aside_says_nothing_of_cards_or_people(order: Order, stripe: Bank) -> None:
    told(succeeded(order, stripe, thing={"amount_received": 1, "receipt_email": "canary@example.org"}))
    (kept,) = put_aside()
    assert set(kept.seen) == {
        "id", "object", "amount", "amount_received", "currency", "status", "latest_charge", "metadata",
    }  # fmt: skip


def test_the_runbook_subscribes_the_endpoint_to_what_we_act_on() -> None:
    """In the version that we read."""
    runbook = (Path(__file__).resolve().parents[2] / "docs" / "runbooks" / "webhooks.md").read_text()
    assert [kind for kind in stripe_events.KINDS if f"`{kind}`" not in runbook] == []
    assert f"`{stripe_gateway.API_VERSION}`" in runbook
