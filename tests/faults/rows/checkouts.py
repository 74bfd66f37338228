"""Rows F8, F19 and F22 of buying: double clicks, Stripe on a bad day, and courses that change while they are bought."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.commerce import placing, states
from chalicelib.commerce.records import Cart
from chalicelib.errors import Conflict
from chalicelib.web import limits
from infra.local.gateway import Reply
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.troubles import KINDS
from tests.factories import commerce, courses, shop
from tests.faults import commerce_flows
from tests.faults.flows import Cast
from tests.faults.injector import Fault
from tests.faults.lab import Lab
from tests.faults.overlap import Overlap
from tests.faults.rows.learning import answer, disturbed
from tests.faults.table import Rounds, fault_row
from tests.http.api import at_once

CLICKS = 50
SLOW_SECONDS = 0.01
KEYS: dict[str, Callable[[int], str | None]] = {
    "the same key": lambda _: "key",
    "no key": lambda _: None,
    "fifty keys": lambda number: f"key-{number}",
}


@fault_row(
    "F8",
    "50 double clicks on placing, paying and confirming: the same key, no key, fifty keys; Stripe is slow",
    rounds=Rounds(reduced=3, full=300, test=1),
    goal="1 order, 1 payment, 1 charge in 3 x 100 rounds; the same key, the same answer",
)
def double_clicks(lab: Lab, chance: random.Random) -> int:
    how = list(KEYS)[lab.seed % len(KEYS)]
    with lab.injector.calm():
        cast = commerce_flows.ready(lab)
    lab.till.deliveries.plan = "twice"
    lab.till.stripe.troubles.during = lambda *_: time.sleep(SLOW_SECONDS)
    overlap = Overlap()
    overlap.on(lab.injector)
    placed = clicked(lab, cast, commerce_flows.place, how, {201, 200, 409})
    (cast["order"],) = {reply.json()["id"] for reply in placed}
    begun = clicked(lab, cast, commerce_flows.begin, how, {201, 200, 409, 429})
    (cast["intent"],) = {reply.json()["payment_intent_id"] for reply in begun}
    for intent in list(lab.till.stripe.store.things["payment_intent"]):
        lab.till.pay(intent)
    confirmed = clicked(lab, cast, commerce_flows.confirm, how, {200, 409})
    assert {reply.json()["status"] for reply in confirmed} == {"paid"}
    lab.injector.heal()
    lab.finish()
    assert len(lab.till.charges()) == 1
    told = lab.told()
    assert (told["order.placed"], told["order.intended"], told["order.paid"], told["enrollment.created"]) == (1,) * 4
    return 3 * CLICKS


def clicked(
    lab: Lab, cast: Cast, work: Callable[[Lab, Cast, str | None], Reply], how: str, expected: set[int]
) -> list[Reply]:
    """The answers that somebody got; others were told to wait, or that they ask too often."""
    limits.forget()
    keys = [KEYS[how](number) for number in range(CLICKS)]
    named = [key and f"{work.__name__}-{key}" for key in keys]
    with lab.clock.waiting():
        replies = at_once(CLICKS, lambda number: work(lab, cast, named[number]))
    said = Counter(reply.status for reply in replies)
    assert set(said) <= expected, (said, [reply.body for reply in replies if reply.status not in expected][:2])
    assert all(reply.header("retry-after") for reply in replies if reply.status >= 400), said
    good = [reply for reply in replies if reply.status < 300]
    assert good
    assert how != "the same key" or len({reply.body for reply in good}) == 1
    return good


BUYERS, LEFT = 8, 3


@fault_row(
    "F8",
    "eight buyers at once want the last three seats of a course, and the last three uses of a code",
    rounds=Rounds(reduced=3, full=100, test=0),
    goal="three orders each; the others are told why",
)
def last_ones(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        few, many = commerce.a_priced_course(capacity=LEFT), commerce.a_priced_course()
        code = shop.a_code(limit_total=LEFT, percent=50).code
        carts = [(few, None)] * BUYERS, [(many, code)] * BUYERS
        races = [
            [commerce.a_cart(commerce.a_buyer().id, course, coupon=code) for course, code in race] for race in carts
        ]
    overlap = Overlap()
    for race in races:
        lab.injector.break_when(lambda trip: trip.operation == "TransactWriteItems", gathered(overlap))
        with lab.clock.waiting():
            said = Counter(at_once(BUYERS, partial(placed_in, race)))
        lab.injector.heal()
        assert said["placed"] == LEFT, said
    assert (commerce.taken(few), shop.slots_of(code)) == (LEFT, (LEFT, LEFT))
    lab.finish()
    return 2 * BUYERS


def gathered(overlap: Overlap) -> Fault:
    """The first transaction of each waits until all have read what is left."""
    gate, here = threading.Barrier(BUYERS), threading.local()

    def meet(client: Any, request: Any) -> Any:
        if not getattr(here, "has_waited", False):
            here.has_waited = True
            with suppress(threading.BrokenBarrierError):
                gate.wait(5)
        return overlap.meet(client, request)

    return meet


def placed_in(race: Sequence[Cart], number: int) -> str:
    try:
        placing.place(courses.act(race[number].user_id))
    except Conflict as refused:
        return type(refused).__name__
    return "placed"


#: The first round is small.
STORIES, FEW_STORIES = 10, 2


@fault_row(
    "F19",
    "Stripe answers 500, 429, nothing or breaks off after it was done, at 30 % of all calls; events get lost",
    rounds=Rounds(reduced=3, full=50, test=1),
    goal="0 double charges in 500 payments; what is stuck is finished or void within 10 minutes of clocks",
)
def bad_day(lab: Lab, chance: random.Random) -> int:
    stories = STORIES if lab.seed > 1 else FEW_STORIES
    lab.till.deliveries.plan = "held"
    lab.till.stripe.troubles.mood = lambda *_: chance.choice(sorted(KINDS)) if chance.random() < 0.3 else None
    told = [bought(lab, chance, number) for number in range(stories)]
    lab.till.stripe.troubles.mood = lambda *_: None
    clocks(lab, times=2)
    for order, _, has_paid in told:
        if has_paid:
            assert states.is_paid(commerce.order_now(order)), order
    lab.clock.shift(timedelta(minutes=25))
    clocks(lab, times=2)
    for order, intent, has_paid in told:
        pay_late(lab, intent)
        now = commerce.order_now(order)
        assert states.status(now) != "pending", order
        assert (len(lab.till.charges(order)) == 1) == states.is_paid(now) == has_paid, order
        assert not int(now.refunding_minor), order
    lab.till.deliveries.release()
    lab.finish()
    return stories


def bought(lab: Lab, chance: random.Random, number: int) -> tuple[str, str | None, bool]:
    """A purchase as far as it gets: the order, its payment if the buyer heard of it, and whether money was taken."""
    cast = commerce_flows.ready(lab.with_suffix(f"-{number}"))
    cast["order"] = commerce_flows.accepted(commerce_flows.place(lab, cast, None)).json()["id"]
    begun = patiently(lab, lambda: commerce_flows.begin(lab, cast, None), chance.randint(1, 4))
    if begun is None:
        return cast["order"], None, False
    cast["intent"] = begun.json()["payment_intent_id"]
    if chance.random() < 0.3:
        with suppress(Refusal):
            lab.till.pay(cast["intent"], "pm_card_chargeDeclined")
    if chance.random() < 0.4:
        return cast["order"], cast["intent"], False
    lab.till.pay(cast["intent"], chance.choice(["pm_card_visa", "pm_card_pendingRefund"]))
    confirmed = patiently(lab, lambda: commerce_flows.confirm(lab, cast, None), chance.randint(0, 3))
    if confirmed is not None and chance.random() < 0.5:
        commerce_flows.accepted(commerce_flows.ask_back(lab, cast, None))
        lab.settle()
        settle_refunds(lab, cast["intent"])
    return cast["order"], cast["intent"], True


def pay_late(lab: Lab, intent: str | None) -> None:
    """A browser that was left open: nobody may pay any more for what has come to nothing."""
    with suppress(Refusal):
        if intent is not None:
            lab.till.pay(intent)


def settle_refunds(lab: Lab, intent: str) -> None:
    for refund in lab.till.refunds(intent):
        if refund["status"] == "pending":
            lab.till.stripe.settle_refund(refund["id"], "succeeded")


def patiently(lab: Lab, ask: Callable[[], Reply], times: int) -> Reply | None:
    """The answer, if one comes in so many attempts; until then each says when to come again."""
    for _ in range(times):
        limits.forget()
        reply = ask()
        if reply.status < 300:
            return reply
        assert reply.status in (409, 503), reply
        lab.clock.shift(int(reply.header("retry-after") or ""))
    return None


def clocks(lab: Lab, times: int) -> None:
    """The clock of payments strikes every five minutes."""
    for _ in range(times):
        lab.clock.shift(timedelta(minutes=5, seconds=10))
        lab.fire("reconcile_payments")
        lab.settle()
        for order in lab.items("order"):
            settle_refunds(lab, order.get("intent_id", ""))


#: What placing an order asks of AWS, beginning to pay, and asking whether it is paid.
PLACING, BEGINNING, CONFIRMING = 4, 5, 5
CHANGES: dict[str, Callable[[str], object]] = {
    "unpublished": courses.unpublished,
    "archived": courses.archived,
    "deleted": courses.deleted,
    "dearer": lambda course: courses.edited(course, price_minor=9900),
    "cheaper": lambda course: courses.edited(course, price_minor=500),
    "free": lambda course: courses.edited(course, price_minor=0),
}
STEPS = [
    *[("place", place) for place in range(PLACING)],
    *[("begin", place) for place in range(BEGINNING)],
    *[("confirm", place) for place in range(CONFIRMING)],
]
SHARES = 14


@fault_row(
    "F22",
    "a course in a cart is unpublished, archived, deleted or priced anew at each call of placing, paying, confirming",
    rounds=Rounds(reduced=7, full=SHARES, test=1),
    goal="charged is what the order said, or refused before anything is charged; 0 charges at another price",
)
def changed_under_buying(lab: Lab, chance: random.Random) -> int:
    schedules = [(name, *step) for name in CHANGES for step in STEPS][lab.seed - 1 :: SHARES]
    for number, (name, step, place) in enumerate(schedules):
        changes_under_buying(lab.with_suffix(f"-{number}"), name, step, place)
    lab.finish()
    return len(schedules)


def changes_under_buying(lab: Lab, name: str, step: str, place: int) -> None:
    cast = commerce_flows.ready(lab)
    for each in ("place", "begin", "confirm"):
        if each == "confirm":
            lab.till.pay(cast["intent"])
        doing = partial(getattr(commerce_flows, each), lab, cast, None)
        limits.forget()
        change = partial(CHANGES[name], cast["course"])
        reply = disturbed(lab, place, change, doing)[0] if each == step else doing()
        if reply.status >= 400:
            assert (each, step) == ("place", "place"), (name, step, place, reply)
            assert answer(reply) in ((409, "line_unavailable"), (409, "total_changed")), (name, place, reply)
            return
        said = reply.json()
        cast["order"] = said["id"] if each == "place" else cast["order"]
        cast["intent"] = said["payment_intent_id"] if each == "begin" else cast.get("intent")
    (charge,) = lab.till.charges(cast["order"])
    assert charge["amount"] == commerce_flows.PRICE, (name, step, place)
