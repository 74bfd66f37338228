"""The one effect of a payment over the table: at once, killed, told of twice; and what cannot be delivered any more."""

from collections.abc import Callable

import pytest

from chalicelib.accounts.records import User
from chalicelib.commerce import ending, ids, payments, placing, states
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.payments import OrderUnknown, PaymentContradicts
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import Cart, StripeEvent
from chalicelib.learning import enrollments
from chalicelib.learning.records import Totals
from chalicelib.table import keys, reads
from chalicelib.table.writes import together
from infra.local.invocation import Killed
from tests.factories import commerce, courses, people
from tests.factories.commerce import enrolled, taken, tier
from tests.factories.courses import act
from tests.faults.injector import Injector, Kill
from tests.http.api import at_once

pytestmark = pytest.mark.row("M14", "X48")


@pytest.fixture
def buyer() -> User:
    return commerce.a_buyer("bea")


def event(name: str = "evt_1") -> StripeEvent:
    made: StripeEvent = StripeEvent.under(keys.stripe_event(name), event_id=name, type="payment_intent.succeeded")
    return made


@pytest.mark.row("M16", "M46", "G03", "M43", "M44")
def test_one_transaction_opens_all_that_was_bought(buyer: User, faults: Injector) -> None:
    limited, free = commerce.a_priced_course(capacity=3), commerce.a_priced_course()
    order = commerce.a_pending_order(buyer.id, limited, free, PREMIUM)
    assert (taken(limited), enrolled(buyer.id, limited), states.status(order)) == (1, None, "pending")
    faults.forget()
    order = payments.apply(act(), order.id, commerce.captured(order))
    assert faults.names() == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    for course in (limited, free):
        enrollment = enrolled(buyer.id, course)
        assert enrollment
        assert (enrollment.via, enrollment.order_id) == ("order", order.id)
    cart = reads.one(Cart, keys.cart(buyer.id))
    totals = reads.one(Totals, keys.totals(buyer.id))
    assert cart
    assert totals
    assert (taken(limited), tier(buyer), cart.lines, int(totals.not_started)) == (1, "premium", {}, 2)
    assert courses.told("order.paid", "enrollment.created", "user.tier_changed") == {
        "order.paid": 1,
        "enrollment.created": 2,
        "user.tier_changed": 1,
    }


def test_sixteen_who_learn_it_at_once_make_it_true_once(buyer: User) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_pending_order(buyer.id, course, PREMIUM)
    what = commerce.captured(order, fee_minor=88)
    ends = at_once(16, lambda n: payments.apply(act(), order.id, what, event=event(f"evt_{n % 4}")))
    assert {states.status(end) for end in ends} == {"paid"}
    assert sorted(each.what for each in commerce.postings_of(order)) == ["capture", "fee"]
    assert courses.told("order.paid", "enrollment.created", "order.noted") == {
        "order.paid": 1,
        "enrollment.created": 1,
        "order.noted": 0,
    }
    assert taken(course) == 1


def test_an_event_has_its_effect_once_and_stays_known(buyer: User, faults: Injector) -> None:
    order = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    payments.apply(act(), order.id, commerce.captured(order), event=event())
    payments.apply(act(), order.id, News(fee_minor=5), event=event())
    assert commerce.order_now(order.id).fee_minor is None
    payments.apply(act(), order.id, commerce.captured(order), event=event("evt_2"))
    assert reads.one(StripeEvent, keys.stripe_event("evt_2")) is not None


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_a_repeat_finishes_it(buyer: User, after: bool) -> None:
    teacher = people.enlisted(roles=("instructor",)).id
    for place in range(3):
        course = commerce.a_priced_course(teacher, capacity=1)
        order = commerce.a_pending_order(buyer.id, course)
        what = commerce.captured(order)
        with Injector() as injector:
            injector.kill_at(Kill(place, after))
            with pytest.raises(Killed):
                payments.apply(act(), order.id, what, event=event(f"evt_{place}"))
        order = payments.apply(act(), order.id, what, event=event(f"evt_{place}"))
        assert (states.status(order), taken(course)) == ("paid", 1)
        assert [each.what for each in commerce.postings_of(order)] == ["capture"]
        assert enrolled(buyer.id, course) is not None


def test_what_contradicts_the_order_changes_nothing(buyer: User) -> None:
    order = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    for odd in ({"captured_minor": 1}, {"currency": "EUR"}, {"user_id": "usr_other"}):
        with pytest.raises(PaymentContradicts):
            payments.apply(act(), order.id, commerce.captured(order, **odd), event=event())
    now = commerce.order_now(order.id)
    assert (int(now.ver), states.status(now)) == (1, "pending")
    assert reads.one(StripeEvent, keys.stripe_event("evt_1")) is None


@pytest.mark.parametrize("unknown", ["nothing", "ord_x", ids.order_of("usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F", 1)])
def test_an_order_that_is_not_there_is_not_paid(unknown: str) -> None:
    with pytest.raises(OrderUnknown):
        payments.apply(act(), unknown, News(captured_minor=1))


def test_paid_after_it_expired_the_seats_are_taken_again(buyer: User) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_pending_order(buyer.id, course)
    ending.end(act(), order, "expired")
    assert taken(course) == 0
    order = commerce.paid(order.id)
    assert (states.status(order), taken(course), commerce.refunds_of(order)) == ("paid", 1, [])
    assert enrolled(buyer.id, course) is not None


@pytest.mark.parametrize("changed", [courses.unpublished, lambda course: courses.edited(course, price_minor=9900)])
def test_what_was_ordered_is_delivered_at_its_price_though_it_is_not_sold_so_any_more(
    buyer: User, changed: Callable[[str], object]
) -> None:
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_pending_order(buyer.id, course)
    changed(course)
    order = commerce.paid(order.id)
    assert (int(order.captured_minor or 0), commerce.refunds_of(order)) == (2000, [])
    assert enrolled(buyer.id, course) is not None


def sold_out(course: str, buyer: User) -> None:
    other = commerce.a_buyer()
    commerce.a_paid_order(other.id, course)


def owned(course: str, buyer: User) -> None:
    case = enrollments.case_of(reads.many(enrollments.wanted(buyer.id, course)), buyer.id, course)
    granted = enrollments.granting(act(), case)
    together(act(), *granted.writes, fact=granted.fact, result=None)


def deleted(course: str, _: User) -> None:
    courses.deleted(course)


@pytest.mark.parametrize("gone", [sold_out, owned, deleted], ids=lambda each: each.__name__)
def test_a_line_that_cannot_be_delivered_is_given_back_and_the_others_are_kept(
    buyer: User, gone: Callable[[str, User], None]
) -> None:
    course, other = commerce.a_priced_course(capacity=1 if gone is sold_out else 5), commerce.a_priced_course()
    order = commerce.a_pending_order(buyer.id, course, other)
    order = ending.end(act(), order, "expired")
    gone(course, buyer)
    order = commerce.paid(order.id)
    (refund,) = commerce.refunds_of(order)
    assert (refund.status, int(refund.amount_minor), refund.lines) == ("requested", 2000, {course: 2000})
    assert (int(order.refunding_minor), states.refundable(order)) == (2000, 2000)
    assert order.gsi2pk is not None
    assert enrolled(buyer.id, other) is not None
    order = payments.apply(act(), order.id, News(refunds={"re_1": Returned(2000, refund.id)}))
    assert (states.status(order), order.closed, int(order.refunding_minor)) == ("partially_refunded", [course], 0)
    assert (enrolled(buyer.id, course) is not None) is (gone is owned)


def test_premium_bought_twice_is_given_back_once_and_stays(buyer: User) -> None:
    first = commerce.a_pending_order(buyer.id, PREMIUM)
    ending.end(act(), first, "cancelled")
    commerce.a_cart(buyer.id, commerce.a_priced_course())
    second = placing.place(act(buyer.id)).order
    commerce.paid(second.id)
    order = commerce.paid(first.id)
    (refund,) = commerce.refunds_of(order)
    payments.apply(act(), order.id, News(refunds={"re_1": Returned(int(refund.amount_minor), refund.id)}))
    assert (states.status(commerce.order_now(first.id)), tier(buyer)) == ("refunded", "premium")
