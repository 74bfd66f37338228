"""What happens to a paid order: money goes back, refunds fail, banks dispute; and what that closes and opens."""

import pytest

from chalicelib.accounts.records import User
from chalicelib.catalog.courses import copied
from chalicelib.commerce import payments, refunding, states
from chalicelib.commerce.effects import Effects
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import Order, Refund
from chalicelib.table.writes import telling, together
from tests.factories import commerce, courses
from tests.factories.commerce import enrolled, taken, tier
from tests.factories.courses import act

pytestmark = pytest.mark.row("M14", "M43")


@pytest.fixture
def buyer() -> User:
    return commerce.a_buyer("bea")


def asked_back(order: Order, **lines: int) -> Refund:
    """A refund that somebody has asked for, and Stripe not yet."""
    effects = Effects(act(), order, copied(order, {}))
    refund = refunding.ask(effects, lines or {order.lines[0]["id"]: 10**9}, reason="changed my mind")
    assert refund
    first, *more = effects.facts
    return together(
        effects.act, effects.order_written(), *effects.writes, *map(telling, more), fact=first, result=refund
    )


def test_a_refund_of_ours_is_settled_with_its_line(buyer: User) -> None:
    course, other = commerce.a_priced_course(capacity=1), commerce.a_priced_course()
    order = commerce.a_paid_order(buyer.id, course, other)
    refund = asked_back(order, **{course: 2000})
    assert states.refundable(commerce.order_now(order.id)) == 2000
    what = News(refunds={"re_1": Returned(2000, refund.id)})
    order = payments.apply(act(), order.id, what)
    payments.apply(act(), order.id, what)
    (refund,) = commerce.refunds_of(order)
    assert (refund.status, refund.stripe_id, order.closed) == ("succeeded", "re_1", [course])
    assert (enrolled(buyer.id, course), taken(course)) == (None, 0)
    assert enrolled(buyer.id, other) is not None
    assert courses.told("refund.succeeded", "order.refunded", "enrollment.cancelled") == {
        "refund.succeeded": 1,
        "order.refunded": 1,
        "enrollment.cancelled": 1,
    }


def test_a_refund_that_stripe_refuses_can_be_asked_for_again(buyer: User) -> None:
    order = commerce.a_paid_order(buyer.id, commerce.a_priced_course())
    refund = asked_back(order)
    order = payments.apply(act(), order.id, News(refused=frozenset({refund.id})))
    assert (commerce.refunds_of(order)[0].status, states.refundable(order)) == ("failed", 2000)
    assert (states.status(order), order.closed) == ("paid", [])


def test_a_refund_that_fails_in_the_end_opens_the_course_again(buyer: User) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_paid_order(buyer.id, course)
    refund = asked_back(order)
    for failed in (False, True):
        what = News(refunds={"re_1": Returned(2000, refund.id, is_done=not failed, has_failed=failed)})
        order = payments.apply(act(), order.id, what)
    assert (states.status(order), order.closed, taken(course)) == ("paid", [], 1)
    assert (commerce.refunds_of(order)[0].status, int(order.refunding_minor)) == ("failed", 0)
    assert enrolled(buyer.id, course) is not None
    assert commerce.balances(order)[f"instructor:{order.lines[0]['instructor_id']}"] == 1600


def test_no_more_is_asked_back_than_there_is(buyer: User) -> None:
    course = commerce.a_priced_course()
    order = commerce.a_paid_order(buyer.id, course)
    order = payments.apply(act(), order.id, News(refunds={"re_1": Returned(1500)}))
    refund = asked_back(order, **{course: 2000})
    assert (int(refund.amount_minor), refund.lines) == (500, {course: 500})
    assert refunding.ask(Effects(act(), order, commerce.order_now(order.id)), {course: 1}, reason="") is None


def test_a_dispute_closes_and_opens_what_was_bought(buyer: User) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_paid_order(buyer.id, course, PREMIUM)
    order = payments.apply(act(), order.id, News(dispute="open", disputed_minor=int(order.total_minor)))
    assert (states.status(order), taken(course), tier(buyer)) == ("disputed", 0, "free")
    assert enrolled(buyer.id, course) is None
    order = payments.apply(act(), order.id, News(dispute="won", disputed_minor=int(order.total_minor)))
    assert (states.status(order), taken(course), tier(buyer)) == ("paid", 1, "premium")
    assert enrolled(buyer.id, course) is not None


def test_a_seat_that_is_gone_when_a_dispute_is_won_is_paid_back(buyer: User) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_paid_order(buyer.id, course)
    payments.apply(act(), order.id, News(dispute="open", disputed_minor=2000))
    commerce.a_paid_order(commerce.a_buyer().id, course)
    order = payments.apply(act(), order.id, News(dispute="won", disputed_minor=2000))
    assert [int(each.amount_minor) for each in commerce.refunds_of(order)] == [2000]
    assert taken(course) == 1
