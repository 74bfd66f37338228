"""The one way in which shares are rounded, and the names that learning goes by."""

import importlib
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import rounding
from chalicelib.catalog import bitmaps
from chalicelib.learning import completion
from chalicelib.learning.records import Enrollment
from chalicelib.table.record import Record


@pytest.mark.row("X25", "C30")
@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 800, "0.13"),
        (3, 800, "0.38"),
        (0, 5, "0.00"),
        (7, 5, "100.00"),
        (1, 0, "0.00"),
    ],
)
def test_a_share_is_rounded_half_up_to_two_decimals_and_kept_within_the_whole(
    part: int, whole: int, share: str
) -> None:
    assert rounding.percent(part, whole) == Decimal(share)


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [(3, 4, "33.33"), (800, 801, "0.13"), (800, 799, "-0.13"), (4, 0, "-100.00"), (1, 5, "400.00"), (5, 5, "0.00")],
)
def test_growth_is_rounded_like_a_share_and_may_be_less_or_more_than_all(before: int, after: int, more: str) -> None:
    assert rounding.growth(before, after) == Decimal(more)


def test_what_began_with_nothing_has_not_grown_by_a_percentage() -> None:
    assert rounding.growth(0, 5) is None


@pytest.mark.row("X25", "B05")
@given(done=st.sets(st.integers(1, 60)), live=st.sets(st.integers(1, 60)))
def test_completion_counts_only_what_counts(done: set[int], live: set[int]) -> None:
    enrollment = Enrollment(done=bitmaps.of(done), live=bitmaps.of(live))
    found = completion.of(enrollment)
    assert (found.total, found.completed) == (len(live), len(done & live))
    assert 0 <= found.percentage <= 100
    assert completion.is_whole(enrollment.done, enrollment.live) == (bool(live) and live <= done)


@pytest.mark.row("X24")
def test_each_thing_that_is_kept_has_a_name_that_means_one_thing() -> None:
    for module in ("accounts", "catalog", "learning", "insight", "goals"):
        importlib.import_module(f"chalicelib.{module}.records")
    named = Counter(each.__name__ for each in Record.__subclasses__())
    assert {"User", "Lesson", "Enrollment", "GoalEntry"} <= named.keys()
    assert {name: times for name, times in named.items() if times > 1 or name in ("Progress", "Entry", "Item")} == {}
