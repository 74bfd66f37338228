"""Rows F1, F2, F20 and F21: what Stripe tells of payments in any order, many times, at once with the buyer's browser,
too early, and where it cannot be true.
"""

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from chalicelib import clock
from chalicelib.accounts.records import User
from chalicelib.commerce import ids, inbox, putting_aside, states, stripe_events
from chalicelib.commerce.letters import OrderConfirmed
from chalicelib.commerce.records import Order
from chalicelib.errors import ProductError
from chalicelib.messaging import metrics, queues
from chalicelib.table.acts import by_system
from infra.local.stripe import disputes, refunds
from infra.local.stripe.refusals import Refusal
from tests.factories import bank, commerce, gateway, people
from tests.faults.lab import Lab
from tests.faults.overlap import Overlap
from tests.faults.stripe_fake import Thing
from tests.faults.table import Rounds, fault_row
from tests.http.api import at_once

THREADS, RECEIVES = 4, 5
#: How many come by each of the two entrances; the first round is small.
CROWD, SMALL_CROWD = 50, 10
#: All orders of five events, and how often each of them comes.
ORDERS = list(itertools.permutations(range(5)))
SHUFFLED = [(copies, order) for order in ORDERS for copies in (1, 2, 5)]
EARLY = [(copies, order) for order in ORDERS for copies in (1, 2)]
SHUFFLED_ROUNDS, EARLY_ROUNDS = 180, 120
TOLD = (
    "payment_intent.created",
    "payment_intent.payment_failed",
    "charge.succeeded",
    "payment_intent.succeeded",
    "charge.refunded",
)


def take(event: Thing) -> None:
    """As the worker does: whatever fails for the moment comes again."""
    told = stripe_events.parse(stripe_events.shortened(event).text())
    for receive in range(1, RECEIVES + 1):
        try:
            inbox.take(by_system(told.id), told)
        except ProductError:
            if receive == RECEIVES:
                raise
        else:
            return


def in_threads(lab: Lab, events: Sequence[Thing]) -> None:
    with lab.clock.waiting(), ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(take, event) for event in events]:
            done.result()


def dealt(events: Sequence[Thing], order: Sequence[int], copies: int, chance: random.Random) -> list[Thing]:
    """Each for the first time in this order, and again at any moment after that."""
    going = [events[place] for place in order]
    for event in list(going) * (copies - 1):
        going.insert(chance.randint(going.index(event) + 1, len(going)), event)
    return going


def a_payment(lab: Lab, card: str = "") -> tuple[User, Order]:
    """Somebody has paid, after the bank had declined another card where one is named; Stripe's events are held back."""
    lab.till.deliveries.plan = "held"
    buyer = commerce.a_buyer()
    order = gateway.begun(buyer.id, commerce.a_priced_course(capacity=1))
    if card:
        with suppress(Refusal):
            lab.till.pay(str(order.intent_id), card)
    lab.till.pay(str(order.intent_id))
    return buyer, order


def given_back(lab: Lab, order: Order, amount: int) -> None:
    """By hand, at Stripe."""
    with lab.till.stripe.store.lock:
        refunds.create(lab.till.stripe.store, {"payment_intent": order.intent_id, "amount": amount})


def is_disputed(lab: Lab, order: Order) -> None:
    store = lab.till.stripe.store
    with store.lock:
        disputes.open(store, next(store.all("charge", payment_intent=order.intent_id, paid=True)))


def told_of(lab: Lab, order: Order, kinds: Sequence[str]) -> list[Thing]:
    """The first event of each kind."""
    found = {kind: lab.till.events(order.id, kind) for kind in set(kinds)}
    counted = Counter[str]()
    events = []
    for kind in kinds:
        events.append(found[kind][counted[kind]])
        counted[kind] += 1
    return events


def end_of(order: Order, buyer: User) -> tuple[Any, ...]:
    """All that an order comes to, apart from ids."""
    now = commerce.order_now(order.id)
    balances = {account.partition(":")[0]: amount for account, amount in commerce.balances(now).items()}
    there = commerce.enrolled(buyer.id, now.lines[0]["id"]) is not None
    amounts = states.captured(now), states.refunded(now), now.fee_minor, int(now.disputed_minor)
    return states.status(now), amounts, now.declined, now.dispute, list(now.allotted.values()), there, balances


@fault_row(
    "F1",
    "events of a payment in all 120 orders, once, twice and five times, 4 threads",
    rounds=Rounds(reduced=6, full=SHUFFLED_ROUNDS, test=1),
    goal="360 of 360 equal ends; 1 order, 1 enrollment, 1 letter",
)
def shuffled(lab: Lab, chance: random.Random) -> int:
    chosen = SHUFFLED[lab.seed - 1 :: SHUFFLED_ROUNDS]
    ends = []
    overlap = Overlap()
    overlap.on(lab.injector)
    for copies, sequence in chosen:
        with lab.injector.calm():
            buyer, order = a_payment(lab, "pm_card_chargeDeclined")
            given_back(lab, order, 500)
        in_threads(lab, dealt(told_of(lab, order, TOLD), sequence, copies, chance))
        ends.append((end_of(order, buyer), buyer))
    lab.injector.heal()
    lab.finish()
    expected = ends[0][0]
    assert (expected[0], expected[1][:2], expected[5]) == ("partially_refunded", (2000, 500), True), expected
    assert [end for end, _ in ends if end != expected] == []
    marked = Counter(item["type"] for item in lab.items("stripe_event"))
    assert {marked[kind] for kind in TOLD[1:]} == {len(chosen)}, marked
    letters = Counter(mail.to[0] for mail in lab.world().mails if mail.subject == OrderConfirmed.subject)
    assert letters == {buyer.email: 1 for _, buyer in ends}, letters
    return len(chosen)


@fault_row(
    "F2",
    "the browser asks and Stripe tells at the same moment, 50 times each",
    rounds=Rounds(reduced=3, full=100, test=1),
    goal="1 payment, 1 enrollment, 1 letter; 0 answers 5xx",
)
def both_entrances(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        me = lab.api.member("bea", email="bea@example.org")
        lab.till.deliveries.plan = "held"
        people.verified(me.id)
        order = gateway.begun(me.id, commerce.a_priced_course(capacity=1))
        lab.till.pay(str(order.intent_id))
    (event,) = lab.till.events(order.id, "payment_intent.succeeded")
    body = {"order_id": order.id, "payment_intent_id": order.intent_id}
    entrances = [True, False] * (CROWD if lab.seed > 1 else SMALL_CROWD)
    chance.shuffle(entrances)

    def enter(number: int) -> int:
        if entrances[number]:
            take(event)
            return 200
        return int(lab.api.post("/payments/confirm-payment", body, token=me.access).status)

    overlap = Overlap()
    overlap.on(lab.injector)
    with lab.clock.waiting():
        answers = Counter(at_once(len(entrances), enter))
    lab.injector.heal()
    assert set(answers) == {200}, answers
    lab.till.deliveries.release()
    lab.finish()
    told = lab.told()
    assert (told["order.paid"], told["enrollment.created"], told["cart.changed"]) == (1, 1, 2), told
    assert [mail.subject for mail in lab.world().mails if mail.to == [me.email]].count(OrderConfirmed.subject) == 1
    return len(entrances)


#: What of an event cannot be true, and in which word it is put aside.
LIES: Mapping[str, tuple[Callable[[Thing, Order], Thing], str]] = {
    "an order that nobody knows": (
        lambda event, _: about(event, metadata={"order_id": ids.order_of(clock.new_id("usr"), 7)}),
        "order",
    ),
    "no order at all": (lambda event, _: about(event, metadata={"order_id": "ord_1"}), "order"),
    "somebody else": (
        lambda event, order: about(event, metadata={"order_id": order.id, "user_id": clock.new_id("usr")}),
        "owner",
    ),
    "another payment": (lambda event, _: about(event, id="pi_another"), "intent"),
    "another currency": (lambda event, _: about(event, currency="inr"), "currency"),
    "less than nothing": (lambda event, _: about(event, amount_received=-1), "amount"),
    "less": (lambda event, _: about(event, amount_received=1999), "amount"),
    "more": (lambda event, _: about(event, amount_received=2001), "amount"),
    "nothing": (lambda event, _: about(event, amount_received=0), "amount"),
    "another account": (lambda event, _: {**event, "account": "acct_of_somebody_else"}, "account"),
    "real money": (lambda event, _: {**event, "livemode": True}, "livemode"),
}


def about(event: Thing, **changes: Any) -> Thing:
    """The same event, of something else."""
    return {**event, "data": {"object": {**event["data"]["object"], **changes}}}


@fault_row(
    "F20",
    "events of an unknown order or buyer, another payment, currency, amount or account, of real money",
    rounds=Rounds(reduced=2, full=20, test=1),
    goal="each put aside and counted for the alarm once; no state changed",
)
def lies(lab: Lab, chance: random.Random) -> int:
    counted: list[str] = []
    lab.till.deliveries.plan = "held"
    _, order = a_payment(lab)
    (true,) = lab.till.events(order.id, "payment_intent.succeeded")
    names = sorted(LIES)
    chance.shuffle(names)
    before = commerce.order_now(order.id).serialize()
    reasons = Counter[str]()
    with patch.object(metrics, "count", lambda name, amount=1: counted.append(name)):
        for number, name in enumerate(names):
            lie, reason = LIES[name]
            told(lab, {**lie(true, order), "id": f"evt_lie{number}"}, times=chance.randint(1, 3))
            reasons[reason] += 1
    lab.settle()
    assert commerce.order_now(order.id).serialize() == before
    assert Counter(item["reason"] for item in lab.items("quarantined")) == reasons
    assert Counter(counted) == {putting_aside.METRIC: len(names)}, counted
    assert lab.told()["order.paid"] == 0
    lab.till.deliveries.release()
    lab.finish()
    assert states.status(commerce.order_now(order.id)) == "paid"
    return len(names)


def told(lab: Lab, event: Thing, times: int) -> None:
    """Through the door, and where that refuses it, past the door."""
    text = json.dumps(event)
    for _ in range(times):
        reply = bank.send(lab.api, text.encode(), bank.signed(text, at=clock.now().timestamp()))
        assert reply.status == (400 if event["livemode"] else 200), reply
        if reply.status != 200:
            assert queues.send_many("stripe-events", [stripe_events.shortened(event).text()]) == []
    lab.settle()


EARLY_TOLD = (
    "payment_intent.succeeded",
    "refund.created",
    "refund.created",
    "charge.refunded",
    "charge.dispute.created",
)


@fault_row(
    "F21",
    "two refunds and a dispute, told before the payment and after, once and twice, in all 120 orders",
    rounds=Rounds(reduced=6, full=EARLY_ROUNDS, test=1),
    goal="240 of 240 equal ends",
)
def too_early(lab: Lab, chance: random.Random) -> int:
    chosen = EARLY[lab.seed - 1 :: EARLY_ROUNDS]
    ends = []
    for copies, sequence in chosen:
        buyer, order = a_payment(lab)
        given_back(lab, order, 700)
        given_back(lab, order, 600)
        is_disputed(lab, order)
        for event in dealt(told_of(lab, order, EARLY_TOLD), sequence, copies, chance):
            take(event)
        ends.append(end_of(order, buyer))
    lab.finish()
    assert ends[0][:2] == ("disputed", (2000, 1300, ends[0][1][2], 700)), ends[0]
    assert [end for end in ends if end != ends[0]] == []
    return len(chosen)


@fault_row(
    "F21",
    "parts of a payment are asked back twelve at a time, together more than it was",
    rounds=Rounds(reduced=3, full=50, test=0),
    goal="refunds never come to more than the charge",
)
def over_and_over(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        boss = lab.api.member("the-boss", roles=("admin",))
        _, order = a_payment(lab)
        lab.till.deliveries.release()
        lab.settle()
    amounts = [chance.randint(1, 900) for _ in range(12)]
    path = f"/admin/orders/{order.id}/refunds"
    overlap = Overlap()
    overlap.on(lab.injector)
    with lab.clock.waiting():
        replies = at_once(
            12, lambda n: lab.api.post(path, {"amount_minor": amounts[n], "reason": "goodwill"}, token=boss.access)
        )
    lab.injector.heal()
    assert {reply.status for reply in replies} <= {202, 200, 409}, replies
    asked = sum(reply.json()["amount_minor"] for reply in replies if reply.status == 202)
    lab.finish()
    given = sum(each["amount"] for each in lab.till.refunds(str(order.intent_id)))
    assert given == asked <= 2000, (given, asked)
    assert states.refunded(commerce.order_now(order.id)) == given
    return len(replies)
