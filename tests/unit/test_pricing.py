"""What things cost together: no total below nothing, no discount above what it is taken off, no hundredth lost."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.commerce import pricing
from chalicelib.commerce.pricing import Priced
from chalicelib.commerce.records import Coupon

TEACHERS, SHELVES = ("usr_a", "usr_b", None), ("cat_a", "cat_b", None)
COURSES = [f"crs_{number}" for number in range(10)]


@st.composite
def lines_of(draw: st.DrawFn) -> list[Priced]:
    names = draw(st.lists(st.sampled_from(COURSES), unique=True, max_size=10))
    price = st.integers(0, 99_999_999) | st.integers(0, 300)
    one_of = st.sampled_from
    return [Priced(name, draw(price), "USD", draw(one_of(TEACHERS)), draw(one_of(SHELVES))) for name in names]


@st.composite
def codes(draw: st.DrawFn) -> Coupon:
    scope = draw(st.sampled_from(["all", "courses", "category", "instructor"]))
    is_percent = draw(st.booleans())
    made: Coupon = Coupon(
        code="CODE",
        scope=scope,
        percent=draw(st.integers(1, 100)) if is_percent else None,
        amount_minor=None if is_percent else draw(st.integers(1, 300_000_000) | st.integers(1, 500)),
        currency=None if is_percent else draw(st.sampled_from(["USD", "EUR"])),
        courses=draw(st.lists(st.sampled_from(COURSES), unique=True)) if scope == "courses" else [],
        category_id="cat_a" if scope == "category" else None,
        instructor_id="usr_a" if scope == "instructor" else None,
    )
    return made


@pytest.mark.row("M15", "B03")
@given(lines=lines_of(), coupon=st.none() | codes())
@settings(max_examples=500, deadline=None)
def test_totals_add_up_and_no_discount_is_more_than_what_it_is_taken_off(
    lines: list[Priced], coupon: Coupon | None
) -> None:
    found = pricing.summed(lines, coupon)
    meant = [line for line in lines if coupon is not None and pricing.is_meant(coupon, line)]
    assert set(found.discounts) == {line.id for line in lines}
    assert all(0 <= found.discounts[line.id] <= line.price_minor for line in lines)
    assert {line for line, amount in found.discounts.items() if amount} <= {line.id for line in meant}
    assert sum(line.price_minor - found.discounts[line.id] for line in lines) == found.total_minor >= 0
    assert found.subtotal_minor - found.discount_minor == found.total_minor
    assert found.discount_minor <= sum(line.price_minor for line in meant)


@given(lines=lines_of(), amount=st.integers(1, 300_000_000) | st.integers(1, 500))
@settings(max_examples=500, deadline=None)
def test_an_amount_is_taken_off_to_the_last_hundredth_and_in_proportion(lines: list[Priced], amount: int) -> None:
    coupon = code(amount_minor=amount, currency="USD")
    meant = {line.id: line.price_minor for line in lines if line.instructor_id}
    found, whole = pricing.summed(lines, coupon), sum(meant.values())
    assert found.discount_minor == min(amount, whole)
    for line, price in meant.items():
        assert abs(found.discounts[line] - Fraction(min(amount, whole) * price, whole or 1)) < 1


@given(price=st.integers(0, 99_999_999), percent=st.integers(1, 100))
@settings(max_examples=500, deadline=None)
def test_a_percentage_of_a_line_is_rounded_half_up(price: int, percent: int) -> None:
    found = pricing.summed([Priced("crs_0", price, "USD", "usr_a")], code(percent=percent))
    assert found.discount_minor == floor(Fraction(price * percent, 100) + Fraction(1, 2))


def code(**values: Any) -> Coupon:
    made: Coupon = Coupon(code="CODE", **values)
    return made


@pytest.mark.parametrize(
    ("price", "percent", "discount"), [(1, 50, 1), (1, 49, 0), (1999, 10, 200), (1995, 10, 200), (5, 100, 5)]
)
def test_a_half_is_rounded_up_line_by_line(price: int, percent: int, discount: int) -> None:
    lines = [Priced(f"crs_{each}", price, "USD", "usr_a") for each in range(3)]
    assert pricing.summed(lines, code(percent=percent)).discount_minor == 3 * discount


def test_a_hundredth_that_is_left_goes_to_the_largest_remainder() -> None:
    lines = [Priced("crs_0", 100, "USD", "usr_a"), Priced("crs_1", 200, "USD", "usr_a")]
    found = pricing.summed(lines, code(amount_minor=100, currency="USD"))
    assert found.discounts == {"crs_0": 33, "crs_1": 67}


MEANT: list[tuple[dict[str, Any], bool]] = [
    ({"percent": 10}, True),
    ({"percent": 10, "scope": "courses", "courses": ["crs_0"]}, True),
    ({"percent": 10, "scope": "courses", "courses": ["crs_1"]}, False),
    ({"percent": 10, "scope": "courses", "courses": ["crs_0"], "instructor_id": "usr_b"}, False),
    ({"percent": 10, "scope": "category", "category_id": "cat_a"}, True),
    ({"percent": 10, "scope": "category", "category_id": "cat_b"}, False),
    ({"percent": 10, "scope": "instructor", "instructor_id": "usr_a"}, True),
    ({"percent": 10, "scope": "instructor", "instructor_id": "usr_b"}, False),
    ({"amount_minor": 10, "currency": "USD"}, True),
    ({"amount_minor": 10, "currency": "EUR"}, False),
]


@pytest.mark.row("B03")
@pytest.mark.parametrize(("values", "is_meant"), MEANT)
def test_a_code_is_for_what_it_names(values: dict[str, Any], is_meant: bool) -> None:
    assert pricing.is_meant(code(**values), Priced("crs_0", 100, "USD", "usr_a", "cat_a")) == is_meant


def test_no_code_takes_anything_off_what_we_sell_ourselves() -> None:
    assert not pricing.summed([Priced("prd_premium", 4900, "USD")], code(percent=100)).discount_minor
