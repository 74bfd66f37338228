"""What an order is follows from what is known of it, never from the order in which it became known."""

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.courses import copied
from chalicelib.commerce import books, news, states
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order
from tests.factories import commerce

TOTAL = 2000
PAID = News(intent_id="pi_1", charge_id="ch_1", currency="usd", captured_minor=TOTAL)
DECLINED = News(intent_id="pi_1", declined="card_declined")
PART = News(refunds={"re_1": Returned(500, "rfd_1")})
REST = News(refunds={"re_2": Returned(1500)})
GONE_WRONG = News(refunds={"re_1": Returned(500, "rfd_1", is_done=False, has_failed=True)})
OPEN, WON, LOST = (News(dispute=each, disputed_minor=TOTAL) for each in ("open", "won", "lost"))
FEE = News(charge_id="ch_1", fee_minor=88)
NAMES = (
    "captured_minor",
    "refunds",
    "failed_refunds",
    "answered",
    "dispute",
    "disputed_minor",
    "fee_minor",
    "declined",
)


def told(order: Order, what: Iterable[News]) -> Order:
    """The order after these news, one after the other."""
    for each in what:
        if news.contradiction(order, each) is None:
            order = copied(order, news.learned(order, each))
    return order


def known(order: Order) -> dict[str, object]:
    return {name: getattr(order, name) for name in [*NAMES, "intent_id", "charge_id"]} | {"is": states.status(order)}


SETS = {
    "paid and declined before": ((PAID, DECLINED), "paid"),
    "given back in two parts": ((PAID, DECLINED, PART, REST, FEE), "refunded"),
    "a part given back": ((PAID, PART, FEE), "partially_refunded"),
    "a refund that failed in the end": ((PAID, PART, GONE_WRONG), "paid"),
    "a dispute that we lost": ((PAID, OPEN, LOST, FEE), "disputed"),
    "a dispute that we won on appeal": ((PAID, OPEN, LOST, WON, FEE), "paid"),
    "a dispute that we won": ((PAID, PART, OPEN, WON), "partially_refunded"),
    "given back and disputed": ((PAID, PART, REST, OPEN, LOST), "disputed"),
}


@pytest.mark.row("M14", "M43")
@pytest.mark.parametrize(("events", "status"), SETS.values(), ids=SETS.keys())
def test_every_order_of_events_and_every_repeat_ends_in_the_same(events: Sequence[News], status: str) -> None:
    order = commerce.a_record()
    ends = [known(told(order, each)) for each in permutations(events)]
    ends += [known(told(order, [*each, *each[::-1], each[0]])) for each in permutations(events)]
    assert all(end == ends[0] for end in ends)
    assert ends[0]["is"] == status


def test_news_that_are_known_are_not_new() -> None:
    events = (PAID, PART, REST, LOST, FEE)
    order = told(commerce.a_record(), events)
    assert [news.learned(order, each) for each in (*events, DECLINED)] == [{}] * 6


def test_a_refund_is_known_by_our_name_though_stripe_named_it_alone_before() -> None:
    order = told(commerce.a_record(), [PAID, News(refunds={"re_1": Returned(500)})])
    assert news.learned(order, PART) == {"answered": {"rfd_1": "succeeded"}}


def test_what_is_given_back_is_never_more_than_what_was_taken() -> None:
    parts = [News(refunds={f"re_{each}": Returned(900)}) for each in range(4)]
    ends = {states.refunded(told(commerce.a_record(), [*each, PAID])) for each in permutations(parts)}
    assert ends == {TOTAL}


CONTRADICTIONS = {
    "owner": News(user_id="usr_other", captured_minor=TOTAL),
    "currency": News(currency="eur", captured_minor=TOTAL),
    "amount": News(captured_minor=TOTAL - 1),
    "refunded": News(refunds={"re_1": Returned(TOTAL + 1)}),
    "intent": News(intent_id="pi_2", captured_minor=TOTAL),
}


@pytest.mark.parametrize("reason", CONTRADICTIONS)
def test_what_cannot_be_true_is_called_by_name(reason: str) -> None:
    order = told(commerce.a_record(), [News(intent_id="pi_1")])
    assert news.contradiction(order, CONTRADICTIONS[reason]) == reason


@pytest.mark.parametrize(
    "odd",
    [
        News(captured_minor=0),
        News(captured_minor=-1),
        News(refunds={"re_1": Returned(0)}),
        News(refunds={"re_1": Returned(-5)}),
        News(dispute="open", disputed_minor=-1),
        News(dispute="open", disputed_minor=TOTAL + 1),
    ],
)
def test_amounts_that_cannot_be_are_contradictions(odd: News) -> None:
    assert news.contradiction(commerce.a_record(), odd)


def test_nothing_can_be_asked_back_while_the_bank_disputes() -> None:
    order = told(commerce.a_record(), [PAID])
    assert [states.refundable(told(order, each)) for each in ([], [PART], [OPEN], [LOST], [OPEN, WON])] == [
        TOTAL,
        1500,
        0,
        0,
        TOTAL,
    ]


def lines(totals: Sequence[int]) -> list[dict[str, Any]]:
    """The last one is of our own, without a teacher."""
    teachers = ["usr_a", "usr_b", "usr_a"]
    made = [commerce.a_line(f"crs_{n}", total, teachers[n % 3]) for n, total in enumerate(totals)]
    return [*made[:-1], commerce.a_line("prd_x", totals[-1]) | {"instructor_id": None, "fee_minor": totals[-1]}]


def balance(*postings: books.Entries) -> dict[str, int]:
    sums: dict[str, int] = {}
    for account, amount in (entry for entries in postings for entry in entries):
        sums[account] = sums.get(account, 0) + amount
    return {account: amount for account, amount in sums.items() if amount}


amounts = st.lists(st.integers(0, 300_000), min_size=1, max_size=10)


@pytest.mark.row("M44")
@settings(max_examples=150, deadline=None)
@given(totals=amounts, parts=st.lists(st.integers(1, 400_000), max_size=6), data=st.data())
def test_books_balance_after_each_part_and_nothing_is_left_when_all_is_given_back(
    totals: list[int], parts: list[int], data: st.DataObject
) -> None:
    bought = lines(totals)
    whole, postings = sum(totals), [books.captured(bought)]
    allotted: dict[str, int] = {}
    designated: dict[str, int] = {}
    back = 0
    for part in [*parts, whole]:
        back = min(whole, back + part)
        if data.draw(st.booleans()):
            meant = data.draw(st.sampled_from(bought))["id"]
            designated[meant] = designated.get(meant, 0) + part
        now = books.allotted(bought, back, designated)
        postings.append(books.refunded(bought, allotted, now))
        allotted = now
        assert sum(allotted.values()) == back
        assert all(0 <= allotted.get(line["id"], 0) <= line["total_minor"] for line in bought)
        assert all(sum(amount for _, amount in entries) == 0 for entries in postings)
    assert balance(*postings) == {}


@settings(max_examples=150, deadline=None)
@given(totals=amounts)
def test_what_teachers_earn_is_what_the_books_say(totals: list[int]) -> None:
    bought = lines(totals)
    entries = balance(books.captured(bought))
    for teacher, courses in books.shares(bought).items():
        assert sum(share for _, _, share in courses.values()) == entries.get(books.account_of(teacher), 0)
    assert -entries.get(books.BUYERS, 0) == sum(totals)


@settings(max_examples=150, deadline=None)
@given(room=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 10**9), max_size=8), data=st.data())
def test_an_amount_is_spread_to_the_last_hundredth_and_nobody_gets_more_than_fits(
    room: dict[str, int], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, 2 * 10**9))
    spread = books.spread_over(amount, room)
    assert sum(spread.values()) == min(amount, sum(room.values()))
    assert all(0 <= spread[name] <= space for name, space in room.items())


def test_what_was_meant_for_a_line_comes_first_and_no_more_than_was_given_back() -> None:
    bought = [commerce.a_line("crs_1", 1000), commerce.a_line("crs_2", 1000)]
    assert books.allotted(bought, 1200, {"crs_2": 1000}) == {"crs_1": 200, "crs_2": 1000}
    assert books.allotted(bought, 500, {"crs_2": 1000}) == {"crs_2": 500}
    assert books.allotted(bought, 0, {"crs_2": 1000}) == {}


def test_the_fee_is_settled_with_the_order_and_halves_are_rounded_up() -> None:
    bought = [commerce.a_line("crs_1", total) for total in (1999, 2, 3, 0)]
    assert [books.fee_of(line) for line in bought] == [400, 0, 1, 0]
    assert balance(books.captured(bought), books.fee(88))["platform"] == 401 - 88
