"""Random stories of orders, refunds, disputes and fees, told by a Stripe in memory over a table in memory: the books
balance after every step, no more goes back than was paid, and no teacher keeps what buyers got back.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.commerce import books, giving_back, looking, payments, refunds, states, stripe_gateway
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Earning, Order, Posting, Refund
from chalicelib.commerce.refunds import Wish
from chalicelib.commerce.stripe_gateway import StripeRefused
from chalicelib.commerce.stripe_keys import PaymentKeys
from chalicelib.errors import Conflict, Unavailable
from chalicelib.settings import settings
from chalicelib.table import writes
from chalicelib.table.acts import Act
from infra.local.stripe import disputes
from infra.local.stripe import refunds as desk
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.server import Stripe
from tests.factories import commerce, gateway, people
from tests.factories.memory import Memory
from tests.unit.test_payment_effects import gate

pytestmark = pytest.mark.row("B04")
STORIES, STEPS = 60, 14
TEACHERS = ("usr_a", "usr_b")
TROUBLES = ("error", "error_after", "unavailable", "timeout", "timeout_after", "cut")
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail")


class Story:
    """One order from its payment on, and what may happen to it in any sequence."""

    def __init__(self, memory: Memory, server: Stripe, chance: random.Random) -> None:
        self.memory, self.server, self.chance = memory, server, chance
        memory.items.clear()
        buyer, boss = people.user("buyer", hash="no"), people.user("boss", hash="no", roles=("admin",))
        lines = [
            commerce.a_line(f"crs_{number}", chance.choice([0, 1, 99, 1999, chance.randint(1, 90_000)]), teacher)
            for number, teacher in enumerate(chance.choices(TEACHERS, k=chance.randint(1, 4)))
        ]
        lines.append(commerce.a_line("prd_premium", 4900) | {"instructor_id": None, "fee_minor": 4900})
        self.boss = boss.id
        memory.put(buyer, people.standing(buyer), boss, people.standing(boss))
        order = commerce.a_record(buyer.id, *lines)
        self.order_id = order.id
        memory.put(order, *(gate(line["id"]) for line in lines[:-1]))
        payable = stripe_gateway.create_intent(order)
        payments.apply(self.act(), order.id, News(intent_id=payable.intent_id))
        self.charge = server.pay(payable.intent_id, chance.choice(CARDS))["latest_charge"]

    def act(self, actor: str = "system") -> Act:
        return Act(actor, clock.now(), "req", time.monotonic() + 5, read=self.memory.many)

    @property
    def order(self) -> Order:
        (found,) = (each for each in self.memory.of(Order) if each.id == self.order_id)
        assert isinstance(found, Order)
        return found

    def go_on(self) -> None:
        step: Callable[[], object] = self.chance.choice(
            [*[self.learn, self.ask, self.give] * 2, self.by_hand, self.dispute, self.decide, self.settle, self.trouble]
        )
        with suppress(Conflict, Unavailable, Refusal, StripeRefused):
            step()

    def learn(self) -> None:
        looking.look(self.act(), self.order)

    def ask(self) -> None:
        lines = [line["id"] for line in self.order.lines]
        some = tuple(self.chance.sample(lines, self.chance.randint(0, len(lines))))
        if self.chance.random() < 0.5:
            wish = Wish("goodwill", some, self.chance.choice([None, 1, 50, self.chance.randint(1, 30_000)]))
            refunds.ask(self.act(self.boss), self.order_id, wish, anybodys=True)
        else:
            refunds.ask(self.act(self.order.user_id), self.order_id, Wish("other", some))

    def give(self) -> None:
        """The worker has a message of a refund, an old one perhaps."""
        for refund in list(self.memory.of(Refund)):
            if self.chance.random() < 0.5 and refund.status == "requested":
                giving_back.give(self.act(), self.order, refund)

    def by_hand(self) -> None:
        with self.server.store.lock:
            desk.create(self.server.store, {"charge": self.charge, "amount": self.chance.randint(1, 3000)})

    def dispute(self) -> None:
        if self.chance.random() < 0.3:
            with self.server.store.lock:
                disputes.open(self.server.store, self.server.store.find("charge", self.charge))

    def decide(self) -> None:
        with self.server.store.lock:
            for each in self.server.store.all("dispute", charge=self.charge):
                disputes.close(self.server.store, each["id"], self.chance.choice(["won", "lost"]))

    def settle(self) -> None:
        with self.server.store.lock:
            waiting = [each["id"] for each in self.server.store.all("refund") if each["status"] == "pending"]
        for refund in waiting:
            self.server.settle_refund(refund, self.chance.choice(["succeeded", "succeeded", "failed"]))

    def trouble(self) -> None:
        self.server.troubles.plan(self.chance.choice(TROUBLES), where=self.chance.choice(["POST /v1/refunds", "GET "]))

    def at_last(self) -> None:
        """Whatever is open is decided, and the clock has looked."""
        self.server.troubles.planned.clear()
        for _ in range(3):
            self.settle()
            with suppress(Refusal):
                self.decide()
            with suppress(StripeRefused):
                self.learn()


def holds(story: Story) -> None:
    order, entries = story.order, [entry for each in story.memory.of(Posting) for entry in each.entries]
    assert all(sum(amount for _, amount in each.entries) == 0 for each in story.memory.of(Posting))
    sums: dict[str, int] = {}
    for account, amount in entries:
        sums[account] = sums.get(account, 0) + amount
    assert sum(sums.values()) == 0
    back = sum(order.allotted.values())
    assert sums.get("buyers", 0) == back - states.captured(order)
    assert 0 <= back <= states.captured(order)
    assert back == states.returned(order)
    requested = [int(each.amount_minor) for each in story.memory.of(Refund) if each.status == "requested"]
    assert int(order.refunding_minor) == sum(requested)
    if states.is_paid(order):
        for teacher in TEACHERS:
            kept = sum(left_of(line, order) for line in order.lines if line["instructor_id"] == teacher)
            assert sums.get(f"instructor:{teacher}", 0) == kept
            earned = [int(each.amount_minor) for each in story.memory.of(Earning) if each.instructor_id == teacher]
            assert sum(earned) == kept


def left_of(line: dict[str, Any], order: Order) -> int:
    """What a teacher has of a line: nothing of what is back, to the hundredth."""
    total, back, fee = int(line["total_minor"]), int(order.allotted.get(line["id"], 0)), books.fee_of(line)
    return total - back - (fee - books.part(fee, back, total))


def really_back(story: Story) -> int:
    """By Stripe's own ledger."""
    with story.server.store.lock:
        given = [each["amount"] for each in story.server.store.all("refund") if each["status"] == "succeeded"]
        lost = [each["amount"] for each in story.server.store.all("dispute") if each["status"] == "lost"]
        charge = story.server.store.find("charge", story.charge)
    assert charge["amount_refunded"] <= charge["amount"]
    return int(sum(given) + sum(lost))


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    held = Memory().instead(monkeypatch)
    monkeypatch.setattr(payments, "alone", lambda write: writes.commit([write], 0.0, token="x"))
    own = PaymentKeys("sk_test_story", "sk_test_story", ("whsec_x",), livemode=False)
    monkeypatch.setattr(stripe_gateway, "payment_keys", lambda: own)
    return held


@pytest.mark.parametrize("part", range(3))
def test_whatever_happens_to_an_order_its_books_balance_and_follow_the_money(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    for seed in range(part, STORIES, 3):
        server = gateway.connected(monkeypatch)
        story = Story(memory, server, random.Random(seed))
        for _ in range(STEPS):
            story.go_on()
            holds(story)
            really_back(story)
        story.at_last()
        holds(story)
        order = story.order
        assert (sum(order.allotted.values()), order.fee_minor is not None) == (really_back(story), True), seed
        assert {each.id: each.status for each in memory.of(Refund)} == answers(story), seed
        assert balances(story).get("stripe", 0) == kept_by_stripe(story), seed
        if sum(order.allotted.values()) == int(order.total_minor):
            assert {account for account, _ in balances(story).items()} == {"platform", "stripe"}
    assert settings.platform_fee_percent == 20


def kept_by_stripe(story: Story) -> int:
    """For the payment, and for a dispute."""
    with story.server.store.lock:
        return sum(int(each["fee"]) for each in story.server.store.all("balance_transaction"))


def answers(story: Story) -> dict[str, str]:
    """What has become of each refund of ours by Stripe's own word; of what it was never asked, nothing came."""
    with story.server.store.lock:
        there = {each["metadata"].get("refund_id"): each["status"] for each in story.server.store.all("refund")}
    return {each.id: there.get(each.id, "failed") for each in story.memory.of(Refund)}


def balances(story: Story) -> dict[str, int]:
    sums: dict[str, int] = {}
    for posting in story.memory.of(Posting):
        for account, amount in posting.entries:
            sums[account] = sums.get(account, 0) + amount
    return {account: amount for account, amount in sums.items() if amount}
