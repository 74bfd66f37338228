"""Codes and the orders that use them: never more uses than there are, and what is given back is there again."""

from collections.abc import Callable
from typing import get_args

import pytest

from chalicelib.commerce import belongings, carts, couponing, ending, placing, states
from chalicelib.commerce.ending import How
from chalicelib.commerce.news import Returned
from chalicelib.commerce.placing import LineUnavailable, TotalChanged
from chalicelib.commerce.records import Order
from chalicelib.errors import Stale
from chalicelib.table import keys, reads
from chalicelib.table.writes import commit
from tests.factories import commerce, courses, shop
from tests.factories.courses import act
from tests.http.api import at_once

CODE = "SEVEN"


@pytest.fixture
def course() -> str:
    return commerce.a_priced_course()


@pytest.fixture
def buyer() -> str:
    return commerce.a_buyer().id


def ordered(user_id: str, *lines: str) -> Order:
    return commerce.a_pending_order(user_id, *lines, coupon=CODE)


def tried(user_id: str) -> str:
    """What becomes of an order of the cart as it is."""
    try:
        return "placed" if placing.place(act(user_id)).is_new else "there"
    except LineUnavailable as refused:
        return refused.errors[0].code


def given_back(order: Order, amount: int, name: str = "re_1", *, failed: bool = False) -> Order:
    return commerce.paid(order.id, refunds={name: Returned(amount, is_done=not failed, has_failed=failed)})


@pytest.mark.row("B03")
def test_of_fifty_at_once_exactly_seven_have_a_code_for_seven(clean: object, course: str) -> None:
    shop.a_code(code=CODE, limit_total=7)
    buyers = [commerce.a_buyer().id for _ in range(50)]
    for each in buyers:
        commerce.a_cart(each, course, coupon=CODE)
    outcomes = at_once(50, lambda n: tried(buyers[n]))
    assert sorted(outcomes) == ["placed"] * 7 + ["used_up"] * 43
    assert shop.slots_of(CODE) == (7, 7)
    assert sum(shop.uses_of(each, CODE) for each in buyers) == 7


@pytest.mark.row("B03")
def test_one_buyer_has_a_code_as_often_as_each_may(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE, limit_each=1)
    order = ordered(buyer, course)
    commerce.paid(order.id)
    commerce.a_cart(buyer, commerce.a_priced_course())
    with pytest.raises(carts.CouponRefused) as refused:
        carts.use_coupon(act(buyer), CODE)
    assert refused.value.errors[0].code == "used_by_you"
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (1, 1))
    ordered(commerce.a_buyer().id, course)
    assert shop.slots_of(CODE) == (2, 2)


@pytest.mark.row("B03")
def test_two_orders_that_saw_the_same_free_use_do_not_both_have_it(clean: object, buyer: str) -> None:
    shop.a_code(code=CODE, limit_each=1)
    seen = reads.many(couponing.wanted(buyer, CODE))
    first, second = (commerce.a_record(buyer, coupon=CODE) for _ in range(2))
    commit(couponing.held(first, seen), act(buyer).deadline, token="one")
    with pytest.raises(Stale):
        commit(couponing.held(second, seen), act(buyer).deadline, token="two")
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (1, 1))


@pytest.mark.row("B03")
@pytest.mark.parametrize("how", get_args(How))
def test_an_order_that_comes_to_nothing_returns_its_use(clean: object, course: str, buyer: str, how: How) -> None:
    shop.a_code(code=CODE, limit_total=1, limit_each=1)
    order = ordered(buyer, course)
    other = commerce.a_buyer().id
    commerce.a_cart(other, course)
    with pytest.raises(carts.CouponRefused):
        carts.use_coupon(act(other), CODE)
    for _ in range(2):
        ending.end(act(), commerce.order_now(order.id), how)
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (0, (0, 1))
    carts.use_coupon(act(other), CODE)
    assert tried(other) == "placed"


@pytest.mark.row("B03")
def test_all_of_the_money_given_back_returns_the_use_and_a_part_of_it_does_not(
    clean: object, course: str, buyer: str
) -> None:
    shop.a_code(code=CODE, limit_total=1)
    order = commerce.paid(ordered(buyer, course).id)
    total = int(order.total_minor)
    given_back(order, total - 1)
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (1, 1))
    for _ in range(2):
        after = given_back(order, 1, "re_2")
    assert states.status(after) == "refunded"
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (0, (0, 1))


def test_a_refund_that_fails_in_the_end_takes_the_use_again(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE, limit_total=1)
    order = commerce.paid(ordered(buyer, course).id)
    given_back(order, int(order.total_minor))
    given_back(order, int(order.total_minor), failed=True)
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (1, 1))


@pytest.mark.row("B03")
def test_an_order_that_is_paid_after_its_end_has_its_use_again(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE, limit_total=1)
    order = ordered(buyer, course)
    ending.end(act(), commerce.order_now(order.id), "expired")
    ordered(commerce.a_buyer().id, course)
    commerce.paid(order.id)
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (2, 2))
    given_back(order, int(order.total_minor))
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (0, (1, 2))


def test_the_next_order_has_the_use_that_the_open_one_held(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE, limit_total=1, limit_each=1)
    first = ordered(buyer, course)
    shown = carts.shown(act(buyer))
    assert shown.quote
    assert (shown.quote.coupon, shown.quote.coupon_refusal, shown.quote.open_order) == (CODE, None, first.id)
    carts.add(act(buyer), commerce.a_priced_course())
    second = placing.place(act(buyer)).order
    assert second.coupon == CODE
    assert states.status(commerce.order_now(first.id)) == "cancelled"
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (1, 2))


def test_an_order_for_nothing_keeps_its_use(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE, percent=100)
    order = ordered(buyer, course)
    assert (states.status(order), int(order.total_minor)) == ("paid", 0)
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (1, (1, 1))
    assert commerce.enrolled(buyer, course)


def test_money_that_somebody_has_back_who_is_erased_returns_the_use(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE, limit_total=1)
    order = commerce.paid(ordered(buyer, course).id)
    belongings.erase(act(), buyer)
    assert states.status(given_back(order, int(order.total_minor))) == "refunded"
    assert (shop.uses_of(buyer, CODE), shop.slots_of(CODE)) == (0, (0, 1))


@pytest.mark.row("B03")
def test_the_price_that_was_shown_is_the_price_of_the_order(clean: object, course: str, buyer: str) -> None:
    shop.a_code(code=CODE)
    commerce.a_cart(buyer, course, coupon=CODE)
    shown = carts.shown(act(buyer)).quote
    assert shown
    courses.edited(course, price_minor=9900)
    with pytest.raises(TotalChanged):
        placing.place(act(buyer), shown.total_minor)
    courses.edited(course, price_minor=2000)
    order = placing.place(act(buyer), shown.total_minor).order
    courses.edited(course, price_minor=9900)
    assert (int(order.total_minor), int(commerce.order_now(order.id).total_minor)) == (1800, 1800)


@pytest.mark.parametrize("gone", [courses.unpublished, courses.deleted])
def test_what_is_gone_when_it_is_ordered_is_named_and_not_bought(
    clean: object, course: str, buyer: str, gone: Callable[[str], object]
) -> None:
    commerce.a_cart(buyer, course, commerce.a_priced_course())
    gone(course)
    with pytest.raises(LineUnavailable) as refused:
        placing.place(act(buyer))
    assert [(each.field, each.code) for each in refused.value.errors] == [(course, "not_offered")]


@pytest.mark.row("X56")
def test_adding_and_ordering_at_once_makes_an_order_of_one_state_of_the_cart(clean: object, buyer: str) -> None:
    sold = [commerce.a_priced_course() for _ in range(3)]
    commerce.a_cart(buyer, sold[0])
    doing: list[Callable[[], object]] = [
        lambda: carts.add(act(buyer), sold[1]),
        lambda: carts.add(act(buyer), sold[2]),
        lambda: placing.place(act(buyer)),
        lambda: placing.place(act(buyer)),
    ]
    at_once(4, lambda n: doing[n]())
    kept = placing.place(act(buyer)).order
    made = [each for each in reads.all_of(keys.buyer(buyer), prefix="ORDER#") if isinstance(each, Order)]
    assert sorted(line["id"] for line in kept.lines) == sorted(sold)
    assert [each.id for each in made if states.status(each) == "pending"] == [kept.id]
    assert all(int(each.total_minor) == 2000 * len(each.lines) for each in made)
