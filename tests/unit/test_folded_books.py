"""Balances, statements and sales are what a recount of the postings gives: whatever orders do, in whatever order the
facts are told, however often.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.catalog.courses import copied
from chalicelib.commerce import booking, fulfilment
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Balance, Order, Posting, Statement
from chalicelib.insight import counting, sales
from chalicelib.insight.records import Sales
from chalicelib.table import counting as table_counting
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from tests.factories import commerce

TEACHERS = [f"usr_01JDZZZZZZZZZZZZZZZZZZTEA{letter}" for letter in "AB"]
COURSES = [f"crs_01JDZZZZZZZZZZZZZZZZZZZZZ{number}" for number in range(4)]


class Counters:
    """Counters in memory in place of the table's."""

    def __init__(self) -> None:
        self.items: dict[Key, Any] = {}
        self.once: set[tuple[str, str]] = set()

    def fold(self, counter: str, empty: Any, told: Sequence[Fact], add: Callable[[Any, Fact], None]) -> None:
        item = self.items.setdefault(empty.key, empty)
        for fact in told:
            if (counter, fact.id) not in self.once:
                self.once.add((counter, fact.id))
                add(item, fact)

    def of(self, kind: type[Record]) -> list[Any]:
        return [each for each in self.items.values() if isinstance(each, kind)]


class Ledger:
    """What orders have posted, and the facts that told of it."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.facts: list[Fact] = []

    def learn(self, order: Order, **changes: Any) -> Order:
        """What `payments.apply` does with news, but for what is delivered."""
        effects = Effects(by_system("req_test"), order, copied(order, changes))
        booking.give_back(effects, {}, News())
        fulfilment.deliver(effects, {})
        booking.book(effects)
        self.facts += effects.facts
        effects.order_written()
        self.postings += [write.record for write in effects.writes if isinstance(write.record, Posting)]
        return effects.after

    def recount(self) -> dict[tuple[str, str], int]:
        sums: Counter[tuple[str, str]] = Counter()
        for posting in self.postings:
            sums.update({(account, posting.currency): amount for account, amount in posting.entries})
        return {place: amount for place, amount in sums.items() if amount}


LINES = st.lists(
    st.tuples(st.sampled_from(COURSES), st.integers(0, 9_999)), min_size=1, max_size=4, unique_by=lambda line: line[0]
)


@st.composite
def histories(draw: st.DrawFn) -> Ledger:
    """A few orders, each paid, and in parts given back, disputed, lost; some of it known before it is paid."""
    ledger = Ledger()
    for _ in range(draw(st.integers(1, 4))):
        lines = [commerce.a_line(course, total, TEACHERS[int(course[-1]) % 2]) for course, total in draw(LINES)]
        order = commerce.a_record("", *lines, currency=draw(st.sampled_from(["USD", "EUR"])))
        total = int(order.total_minor)
        steps: list[dict[str, Any]] = [{"captured_minor": total}, {"fee_minor": draw(st.integers(0, 400))}]
        if total:
            part = draw(st.integers(1, total))
            whole, failed = {"refunds": {"re_1": part, "re_2": total}}, {"failed_refunds": ["re_1"]}
            lost = {"dispute": "lost", "disputed_minor": total}
            ends: list[list[dict[str, Any]]] = [[], [whole], [whole, failed], [failed], [lost], [lost, failed]]
            steps += [{"refunds": {"re_1": part}}, *draw(st.sampled_from(ends))]
        for step in steps:
            order = ledger.learn(order, **step)
    return ledger


def folded(ledger: Ledger, chance: Any, monkeypatch: pytest.MonkeyPatch) -> Counters:
    counters = Counters()
    with monkeypatch.context() as patched:
        patched.setattr(table_counting, "fold", counters.fold)
        told = [*ledger.facts, *chance.sample(ledger.facts, len(ledger.facts) // 2)]
        chance.shuffle(told)
        for start in range(0, len(told), 3):
            counting.count([fact for fact in told[start : start + 3] if fact.name in counting.FACTS])
    return counters


PATIENT = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.row("B04", "M30")
@PATIENT
@given(ledger=histories(), chance=st.randoms(use_true_random=False))
def test_balances_are_a_recount_of_the_postings(ledger: Ledger, chance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = folded(ledger, chance, monkeypatch)
    found: Counter[tuple[str, str]] = Counter()
    for balance in counters.of(Balance):
        found.update({(balance.account, currency): amount for currency, amount in balance.sums.items()})
    assert {place: amount for place, amount in found.items() if amount} == ledger.recount()
    assert sum(found.values()) == 0


@pytest.mark.row("B04")
@PATIENT
@given(ledger=histories(), chance=st.randoms(use_true_random=False))
def test_the_lines_of_a_statement_come_to_what_a_teacher_has(
    ledger: Ledger, chance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = folded(ledger, chance, monkeypatch)
    for statement in counters.of(Statement):
        for currency, courses in statement.courses.items():
            assert all(gross == fee + share for _, gross, fee, share, *_ in courses.values())
            assert all(gross == fee + share for *_, gross, fee, share in courses.values())
            net = sum(share - back for _, _, _, share, _, _, back in courses.values())
            assert net == statement.sums[currency] == ledger.recount().get((statement.account, currency), 0)


@pytest.mark.row("M30", "M132")
@PATIENT
@given(ledger=histories(), chance=st.randoms(use_true_random=False))
def test_sales_come_to_what_buyers_have_paid(ledger: Ledger, chance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = folded(ledger, chance, monkeypatch)
    whole = [each for each in counters.of(Sales) if each.pk.endswith(f"#{sales.PLATFORM}")]
    theirs = [each for each in counters.of(Sales) if each not in whole]
    paid = {currency: -amount for (account, currency), amount in ledger.recount().items() if account == "buyers"}
    for parts in (whole, theirs):
        assert came_to(parts, lambda part: {name: sums[1] - sums[3] for name, sums in part.sums.items()}) == paid
        assert came_to(parts, lambda part: {name: of(things) for name, things in part.things.items()}) == paid
    assert sum(int(each.paid) for each in whole) == len([each for each in ledger.facts if each.name == "order.paid"])


def of(things: dict[str, list[int]]) -> int:
    return sum(revenue - returned for _, revenue, returned in things.values())


def came_to(parts: Sequence[Sales], amounts: Callable[[Sales], dict[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for part in parts:
        sums.update(amounts(part))
    return {currency: amount for currency, amount in sums.items() if amount}
