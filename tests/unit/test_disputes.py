"""Disputes and what they do to a buyer's access, by either policy, in every order in which their news may come."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from chalicelib.commerce import payments, states
from chalicelib.commerce.news import News, Returned
from chalicelib.learning.records import Enrollment
from chalicelib.settings import settings
from chalicelib.table.facts import FactRecord
from tests.factories.courses import act
from tests.factories.memory import Memory
from tests.unit.test_payment_effects import FREE, FULL, LOST, OPEN, PAID, PART, TOTAL, WON, memory, placed, truth

__all__ = ["memory"]
pytestmark = pytest.mark.row("B04")
HALF_LOST = News(dispute="lost", disputed_minor=TOTAL // 2)


@pytest.fixture(params=[True, False], ids=["closing", "keeping"])
def closes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(states, "settings", replace(settings, dispute_closes_access=request.param))
    return bool(request.param)


def ends(memory: Memory, news: Sequence[News]) -> dict[str, object]:
    """What is true whatever came first, and however often."""
    found = []
    for sequence in permutations(news):
        order = placed(memory)
        for each in (*sequence, *sequence):
            order = payments.apply(act(), order.id, each)
        found.append(truth(memory, order))
    assert all(each == found[0] for each in found)
    return found[0]


def test_an_open_dispute_closes_what_was_bought_or_keeps_it(memory: Memory, closes: bool) -> None:
    end = ends(memory, (PAID, OPEN))
    assert (end["status"], end["refundable"]) == ("disputed", 0)
    assert end["may learn"] == ([] if closes else [FULL, FREE])
    assert end["tier"] == ("free" if closes else "premium")


def test_a_dispute_that_is_won_leaves_no_trace(memory: Memory, closes: bool) -> None:
    end = ends(memory, (PAID, OPEN, WON))
    assert (end["status"], end["closed"], end["refundable"]) == ("paid", [], TOTAL)
    assert (end["may learn"], end["tier"], end["seats"]) == ([FULL, FREE], "premium", 1)


def test_a_dispute_that_is_lost_takes_money_and_access(memory: Memory, closes: bool) -> None:
    end = ends(memory, (PAID, OPEN, LOST))
    assert (end["status"], end["books"], end["earned"]) == ("disputed", {}, {})
    assert (end["may learn"], end["tier"], end["seats"]) == ([], "free", 0)


def test_a_part_that_is_lost_closes_all_or_only_what_it_takes(memory: Memory, closes: bool) -> None:
    end = ends(memory, (PAID, HALF_LOST))
    assert sum(end["allotted"].values()) == TOTAL // 2  # type: ignore[attr-defined]
    assert end["may learn"] == ([] if closes else [FULL, FREE])


def test_what_was_given_back_and_then_lost_is_not_taken_twice(memory: Memory, closes: bool) -> None:
    end = ends(memory, (PAID, PART, OPEN, LOST))
    assert (end["books"], end["earned"]) == ({}, {})


def test_news_of_a_dispute_are_told_once(memory: Memory) -> None:
    order = placed(memory)
    for each in (PAID, OPEN, OPEN, LOST, LOST, OPEN, News(refunds={"re_1": Returned(5)})):
        order = payments.apply(act(), order.id, each)
    names = [each.name for each in memory.of(FactRecord)]
    assert [names.count(name) for name in ("order.disputed", "order.dispute_closed", "order.charged_back")] == [1, 1, 1]
    assert [each.status for each in memory.of(Enrollment)] == ["cancelled", "cancelled"]
