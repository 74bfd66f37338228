"""Payments at the same moment: of two orders that want the same, and of one of which everything is told at once."""

import pytest

from chalicelib.commerce import ending, payments, placing, states
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order
from tests.factories import commerce, courses, shop
from tests.factories.commerce import enrolled, taken
from tests.factories.courses import act
from tests.http.api import at_once

pytestmark = pytest.mark.row("M14", "X48")


def paid_at_once(*orders: Order) -> list[Order]:
    return at_once(len(orders), lambda n: commerce.paid(orders[n].id))


def given_back(*orders: Order) -> list[int]:
    return [int(each.amount_minor) for order in orders for each in commerce.refunds_of(order)]


def test_of_two_who_pay_late_one_gets_the_last_seat_and_the_other_the_money() -> None:
    course = commerce.a_priced_course(capacity=1)
    orders = []
    for _ in range(2):
        order = commerce.a_pending_order(commerce.a_buyer().id, course)
        orders.append(ending.end(act(), order, "expired"))
    paid = paid_at_once(*orders)
    assert {states.status(order) for order in paid} == {"paid"}
    assert len([order for order in paid if enrolled(order.user_id, course)]) == 1
    assert (given_back(*paid), taken(course)) == ([2000], 1)


def test_a_course_that_is_paid_twice_is_given_back_once() -> None:
    buyer, course = commerce.a_buyer(), commerce.a_priced_course(capacity=5)
    first = ending.end(act(), commerce.a_pending_order(buyer.id, course), "cancelled")
    second = placing.place(act(buyer.id)).order
    assert second.id != first.id
    paid = paid_at_once(first, second)
    enrollment = enrolled(buyer.id, course)
    assert enrollment
    assert (given_back(*paid), taken(course)) == ([2000], 1)
    assert courses.told("enrollment.created", "refund.requested") == {"enrollment.created": 1, "refund.requested": 1}


def test_everything_about_an_order_may_be_told_in_the_same_moment() -> None:
    buyer, course = commerce.a_buyer(), commerce.a_priced_course(capacity=1)
    code = shop.a_code(percent=50).code
    order = commerce.a_pending_order(buyer.id, course, coupon=code)
    told = [
        commerce.captured(order),
        News(refunds={"re_1": Returned(400)}),
        News(refunds={"re_2": Returned(600)}),
        News(dispute="open", disputed_minor=1000),
        News(dispute="won", disputed_minor=1000),
        News(declined="card_declined"),
        News(fee_minor=59, dispute_fee_minor=0),
    ]
    at_once(14, lambda n: payments.apply(act(), order.id, told[n % 7]))
    order = commerce.order_now(order.id)
    assert (states.status(order), order.closed) == ("refunded", [course])
    assert (order.declined is None, states.is_open(order)) == (True, False)
    assert commerce.balances(order) == {"platform": -59, "stripe": 59}
    assert (enrolled(buyer.id, course), taken(course), shop.slots_of(code)) == (None, 0, (0, 1))
    assert len([each for each in commerce.postings_of(order) if each.what == "capture"]) == 1


def test_ending_and_paying_at_once_leave_one_seat_taken() -> None:
    buyer, course = commerce.a_buyer(), commerce.a_priced_course(capacity=1)
    order = commerce.a_pending_order(buyer.id, course)

    def one(number: int) -> None:
        if number:
            commerce.paid(order.id)
        else:
            commerce.ended(order.id)

    at_once(2, one)
    assert (states.status(commerce.order_now(order.id)), taken(course)) == ("paid", 1)
    assert enrolled(buyer.id, course)
