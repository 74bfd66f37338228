"""The one effect of a payment, over a table in memory: whatever comes in whatever order, the same is true in the end.

What the table itself has to hold, as under many workers at once, is in tests/workers/test_payments.py.
"""

import random
from collections.abc import Iterable, Sequence
from itertools import chain, permutations

import pytest

from chalicelib import clock
from chalicelib.accounts.records import User
from chalicelib.catalog import bitmaps
from chalicelib.catalog.records import Gate, Seats
from chalicelib.commerce import payments, states
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import Cart, Earning, Order, Posting
from chalicelib.learning.records import Enrollment, Totals
from chalicelib.table import keys, writes
from tests.factories import commerce, people
from tests.factories.courses import act
from tests.factories.memory import Memory

pytestmark = pytest.mark.row("M14", "M43", "X48")
FULL, FREE = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "crs_01KAKZ6Q8M4T6V1N2B3C4D5E7G"
TOTAL = 2000 + 1000 + 4900


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    held = Memory().instead(monkeypatch)
    monkeypatch.setattr(payments, "alone", lambda write: writes.commit([write], 0.0, token="x"))
    return held


def gate(course_id: str, *, limited: bool = False) -> Gate:
    made: Gate = Gate.under(
        keys.gate(course_id),
        ver=1,
        course_id=course_id,
        instructor_id="usr_teacher",
        title="Counting",
        slug="counting",
        is_published=True,
        limited=limited,
        live=bitmaps.of([1]),
        previews=bitmaps.of(()),
        sequence=b"",
        curriculum_ver=1,
    )
    return made


def placed(memory: Memory) -> Order:
    """A buyer with an order for the last seat of one course, another course, and the premium tier."""
    memory.items.clear()
    buyer = people.user("buyer", hash="no")
    lines = [
        commerce.a_line(FULL, 2000, "usr_teacher", limited=True),
        commerce.a_line(FREE, 1000, "usr_other"),
        commerce.a_line(PREMIUM, 4900) | {"instructor_id": None, "fee_minor": 4900},
    ]
    order = commerce.a_record(buyer.id, *lines)
    cart = Cart.under(keys.cart(buyer.id), ver=1, user_id=buyer.id, lines={FULL: {}, FREE: {}, "crs_later": {}})
    seats = Seats.under(keys.seats(FULL), capacity=1, taken=1)
    memory.put(buyer, people.standing(buyer), order, cart, gate(FULL, limited=True), gate(FREE), seats)
    return order


def told(memory: Memory, events: Iterable[News]) -> dict[str, object]:
    """What is true after these news of a new order, but for how often something was written."""
    order = placed(memory)
    for each in events:
        order = payments.apply(act(), order.id, each)
    return truth(memory, order)


def truth(memory: Memory, order: Order) -> dict[str, object]:
    sums: dict[str, int] = {}
    for posting in memory.of(Posting):
        assert sum(amount for _, amount in posting.entries) == 0
        for account, amount in posting.entries:
            sums[account] = sums.get(account, 0) + amount
    earned: dict[str, int] = {}
    for earning in memory.of(Earning):
        earned[earning.instructor_id] = earned.get(earning.instructor_id, 0) + int(earning.amount_minor)
    (buyer,), (seats,) = memory.of(User), memory.of(Seats)
    totals = list(memory.of(Totals))
    return {
        "status": states.status(order),
        "closed": order.closed,
        "allotted": order.allotted,
        "refundable": states.refundable(order),
        "may learn": sorted(each.course_id for each in memory.of(Enrollment) if each.status == "active"),
        "courses counted": sum(int(each.not_started) for each in totals),
        "seats": int(seats.taken),
        "tier": buyer.tier,
        "cart": [sorted(each.lines) for each in memory.of(Cart)] if states.is_paid(order) else None,
        "books": {account: amount for account, amount in sums.items() if amount},
        "earned": {who: amount for who, amount in earned.items() if amount},
        "unsettled": order.gsi2pk is not None,
    }


PAID = News(intent_id="pi_1", charge_id="ch_1", currency="usd", captured_minor=TOTAL)
DECLINED, FEE, DISPUTE_FEE = News(declined="card_declined"), News(fee_minor=88), News(dispute_fee_minor=1500)
PART, REST = (News(refunds={name: Returned(amount)}) for name, amount in (("re_1", 1000), ("re_2", TOTAL - 1000)))
OPEN, WON, LOST = (News(dispute=each, disputed_minor=TOTAL) for each in ("open", "won", "lost"))

SETS = {
    "paid": (PAID, DECLINED, FEE),
    "a part given back": (PAID, DECLINED, PART, FEE),
    "all given back": (PAID, DECLINED, PART, REST, FEE),
    "a dispute won": (PAID, DECLINED, OPEN, WON, FEE),
    "a dispute lost": (PAID, DECLINED, OPEN, LOST, FEE),
    "a dispute won on appeal": (PAID, OPEN, LOST, WON, FEE),
    "a part given back and a dispute lost": (PAID, PART, OPEN, LOST, FEE),
}
SEEN = {
    "paid": ("paid", [FULL, FREE], 1, "premium"),
    "a part given back": ("partially_refunded", [FULL, FREE], 1, "premium"),
    "all given back": ("refunded", [], 0, "free"),
    "a dispute won": ("paid", [FULL, FREE], 1, "premium"),
    "a dispute lost": ("disputed", [], 0, "free"),
    "a dispute won on appeal": ("paid", [FULL, FREE], 1, "premium"),
    "a part given back and a dispute lost": ("disputed", [], 0, "free"),
}


@pytest.mark.parametrize("name", SETS)
def test_every_order_of_events_makes_the_same_true(memory: Memory, name: str) -> None:
    ends = [told(memory, each) for each in permutations(SETS[name])]
    assert all(end == ends[0] for end in ends)
    end = ends[0]
    assert (end["status"], end["may learn"], end["seats"], end["tier"]) == SEEN[name]
    assert end["courses counted"] == len(SEEN[name][1])
    assert end["cart"] == [["crs_later"]]


def test_all_of_them_in_any_order_with_repeats(memory: Memory) -> None:
    everything = (PAID, PART, REST, OPEN, WON, DECLINED, FEE, DISPUTE_FEE)
    chance = random.Random(7)
    ends = [told(memory, chance.sample(everything * 2, 16)) for _ in range(60)]
    assert all(end == ends[0] for end in ends)
    assert ends[0]["books"] == {"platform": -1588, "stripe": 1588}
    assert (ends[0]["status"], ends[0]["earned"], ends[0]["unsettled"]) == ("refunded", {}, True)


def test_a_lost_dispute_takes_the_money_out_of_the_books(memory: Memory) -> None:
    assert told(memory, (PAID, OPEN))["books"] != {}
    end = told(memory, (PAID, PART, LOST, FEE))
    assert (end["books"], end["earned"]) == ({"platform": -88, "stripe": 88}, {})


def test_what_is_known_already_writes_nothing(memory: Memory) -> None:
    events: Sequence[News] = (PAID, PART, OPEN, WON, FEE)
    told(memory, events)
    before = memory.committed
    order = next(memory.of(Order))
    for each in chain(events, reversed(events)):
        payments.apply(act(), order.id, each)
    assert memory.committed == before


def test_who_was_erased_while_paying_gets_the_money_back(memory: Memory) -> None:
    order = placed(memory)
    buyer = next(memory.of(User))
    buyer.erased_at = clock.now()
    memory.put(buyer)
    order = payments.apply(act(), order.id, PAID)
    end = truth(memory, order)
    assert (end["may learn"], end["seats"], end["tier"]) == ([], 0, "free")
    assert (int(order.refunding_minor), order.gsi2pk is not None) == (TOTAL, True)
