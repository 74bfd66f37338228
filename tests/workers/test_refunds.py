"""Refunds from asking to the money: Stripe gives back once whatever breaks, and the order follows Stripe."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.accounts.records import User
from chalicelib.commerce import looking, payments, refund_worker, refunds, states, stripe_gateway
from chalicelib.commerce.records import Order, Refund
from chalicelib.commerce.refunds import Wish
from chalicelib.learning.records import Enrollment
from chalicelib.messaging import router
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from functions import give_refunds
from infra.local.invocation import Killed
from infra.local.stripe import disputes
from infra.local.stripe import refunds as desk
from infra.local.stripe.server import Stripe
from tests.conftest import House
from tests.factories import commerce, gateway, people
from tests.factories.courses import act
from tests.faults.clock import Clock
from tests.faults.injector import Injector, killed_after, killed_before
from tests.workers.doubles import Kill, a_fact, dead, records

pytestmark = pytest.mark.row("B04")


@pytest.fixture
def server(clean: House, monkeypatch: pytest.MonkeyPatch) -> Stripe:
    return gateway.connected(monkeypatch)


@pytest.fixture
def buyer() -> str:
    return str(commerce.a_buyer("mona", email="mona@example.org").id)


@pytest.fixture
def order(server: Stripe, buyer: str) -> Order:
    """Two courses and both paid."""
    return gateway.bought(server, buyer, commerce.a_priced_course(), commerce.a_priced_course(price_minor=3000))


def asked(order: Order, *lines: str, amount: int | None = None) -> Refund:
    admin = people.enlisted(roles=("admin",)).id if amount else order.user_id
    return refunds.ask(act(admin), order.id, Wish("other", lines, amount), anybodys=bool(amount)).refund


def message(refund: Refund) -> str:
    return router.message("give_refund", a_fact("refund.requested", refund.id))


def work(refund: Refund, receives: int = 1) -> list[str]:
    """Which messages come back."""
    answer = give_refunds.handler(records(message(refund), receives=receives), None)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def refund_now(refund: Refund) -> Refund:
    found = reads.one(Refund, refund.key)
    assert found
    return found


def is_enrolled(order: Order, line: str) -> bool:
    found = reads.one(Enrollment, keys.enrollment(order.user_id, line))
    return found is not None and found.status == "active"


def first_line(order: Order) -> str:
    return str(order.lines[0]["id"])


def test_what_was_asked_for_is_given_back_and_the_courses_close(clean: House, server: Stripe, order: Order) -> None:
    refund = asked(order)
    clean.driver.settle()
    assert [each["amount"] for each in gateway.given_back(server, order)] == [5000]
    after = commerce.order_now(order.id)
    assert (refund_now(refund).status, states.status(after), int(after.refunding_minor)) == ("succeeded", "refunded", 0)
    assert refund_now(refund).stripe_id == gateway.given_back(server, order)[0]["id"]
    assert not any(is_enrolled(order, line["id"]) for line in order.lines)
    assert {account for account in commerce.balances(after) if account != "stripe"} <= {"platform"}


def test_a_refund_of_one_course_keeps_the_other_open(server: Stripe, order: Order) -> None:
    one, other = (line["id"] for line in order.lines)
    assert work(asked(order, one)) == []
    assert (is_enrolled(order, one), is_enrolled(order, other)) == (False, True)
    assert states.status(commerce.order_now(order.id)) == "partially_refunded"


def test_a_part_of_a_course_keeps_it_open(server: Stripe, order: Order) -> None:
    assert work(asked(order, first_line(order), amount=500)) == []
    assert is_enrolled(order, first_line(order))
    assert commerce.order_now(order.id).allotted == {first_line(order): 500}


def test_the_premium_tier_goes_with_its_money(server: Stripe, buyer: str) -> None:
    order = gateway.bought(server, buyer, "prd_premium")
    assert tier_of(buyer) == "premium"
    assert work(asked(order)) == []
    assert tier_of(buyer) == "free"


def tier_of(user_id: str) -> str:
    found = reads.one(User, keys.user(user_id))
    assert found
    return str(found.tier)


def test_a_message_that_comes_again_gives_nothing_back_again(server: Stripe, order: Order) -> None:
    refund = asked(order, amount=700)
    assert [work(refund), work(refund)] == [[], []]
    assert [each["amount"] for each in gateway.given_back(server, order)] == [700]


def test_wherever_the_worker_dies_the_money_goes_back_once(server: Stripe, buyer: str, faults: Injector) -> None:
    orders = [gateway.bought(server, buyer, commerce.a_priced_course()) for _ in range(8)]
    for number, (order, crash) in enumerate(zip(orders, [killed_before, killed_after] * 4, strict=True)):
        refund = asked(order)
        faults.forget()
        faults.break_nth({number // 2}, lambda trip: trip.service == "dynamodb", crash)
        with pytest.raises(Killed):
            work(refund)
        faults.heal()
        assert work(refund) == []
        assert [each["amount"] for each in gateway.given_back(server, order)] == [2000]
        assert states.status(commerce.order_now(order.id)) == "refunded"


def test_a_worker_that_dies_before_or_after_stripes_answer_gives_back_once(
    server: Stripe, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (line["id"] for line in order.lines)
    for line, dies_after in ((one, False), (other, True)):
        refund = asked(order, line)
        with monkeypatch.context() as patch:
            patch.setattr(stripe_gateway, "refund", dying(stripe_gateway.refund, after=dies_after))
            with pytest.raises(Kill):
                work(refund)
        assert work(refund) == []
    assert sorted(each["amount"] for each in gateway.given_back(server, order)) == [2000, 3000]


def dying(call: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def die(*given: Any, **named: Any) -> Any:
        if after:
            call(*given, **named)
        raise Kill

    return die


@pytest.mark.parametrize("trouble", ["error", "error_after", "unavailable", "timeout", "timeout_after", "cut"])
def test_whatever_stripe_does_the_money_goes_back_once(server: Stripe, order: Order, trouble: str) -> None:
    refund = asked(order, amount=700)
    server.troubles.plan(trouble, where="POST /v1/refunds")
    left = work(refund)
    while left:
        left = work(refund)
    assert [each["amount"] for each in gateway.given_back(server, order)] == [700]
    assert refund_now(refund).status == "succeeded"


def test_a_refund_that_the_bank_carries_out_later_waits_for_it(server: Stripe, buyer: str) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course(), card="pm_card_pendingRefund")
    refund = asked(order)
    assert work(refund) == []
    assert (refund_now(refund).status, is_enrolled(order, first_line(order))) == ("requested", True)
    (there,) = gateway.given_back(server, order)
    server.settle_refund(there["id"], "succeeded")
    looking.look(act(), commerce.order_now(order.id))
    assert (refund_now(refund).status, is_enrolled(order, first_line(order))) == ("succeeded", False)
    assert len(gateway.given_back(server, order)) == 1


def test_a_refund_that_the_bank_sends_back_is_off_and_can_be_asked_for_again(server: Stripe, buyer: str) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course(), card="pm_card_pendingRefund")
    refund = asked(order)
    work(refund)
    server.settle_refund(gateway.given_back(server, order)[0]["id"], "failed")
    payments.apply(act(), order.id, stripe_gateway.charge(str(order.charge_id), with_refunds=True))
    after = commerce.order_now(order.id)
    assert (refund_now(refund).status, states.refundable(after), int(after.refunding_minor)) == ("failed", 2000, 0)
    assert asked(order).id != refund.id


def test_what_was_given_back_at_stripe_itself_is_not_given_back_again(server: Stripe, order: Order) -> None:
    refund = asked(order)
    refunded_by_hand(server, order, 4500)
    assert work(refund) == []
    after = commerce.order_now(order.id)
    assert (refund_now(refund).status, states.refunded(after), int(after.refunding_minor)) == ("failed", 4500, 0)
    assert sum(each["amount"] for each in gateway.given_back(server, order)) == 4500


def refunded_by_hand(server: Stripe, order: Order, amount: int) -> None:
    with server.store.lock:
        desk.create(server.store, {"charge": order.charge_id, "amount": amount})


def test_a_refund_that_a_dispute_overtakes_is_off(server: Stripe, order: Order) -> None:
    refund = asked(order)
    with server.store.lock:
        disputes.open(server.store, server.store.find("charge", str(order.charge_id)))
    assert work(refund) == []
    after = commerce.order_now(order.id)
    assert (refund_now(refund).status, states.status(after), int(after.refunding_minor)) == ("failed", "disputed", 0)
    assert gateway.given_back(server, order) == []


def test_a_mistake_of_ours_is_no_answer_to_the_buyer(
    server: Stripe, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise stripe_gateway.StripeRefused("balance_insufficient")

    refund = asked(order)
    monkeypatch.setattr(stripe_gateway, "refund", refuse)
    assert work(refund) == ["m0"]
    assert refund_now(refund).status == "requested"
    assert work(refund, receives=15) == []
    (letter,) = dead("payments")
    assert "balance_insufficient" in str(letter[1])


def test_a_message_that_was_dead_for_days_looks_before_it_asks(server: Stripe, order: Order) -> None:
    """Stripe has forgotten the key by then, and would give back a second time."""
    refund = asked(order, amount=700)
    moving = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payments, "apply", dying(payments.apply, after=False))
        with pytest.raises(Kill):
            work(refund)
    with moving.running(clock.now()):
        moving.move_to(clock.now() + timedelta(days=9))
        assert work(refund) == []
    assert [each["amount"] for each in gateway.given_back(server, order)] == [700]
    assert refund_now(refund).status == "succeeded"


def test_what_no_attempt_can_help_is_buried_with_its_reason(server: Stripe, order: Order) -> None:
    unknown = router.message("give_refund", a_fact("refund.requested", f"rfd_7-{order.id[4:]}"))
    strange = router.message("give_refund", a_fact("refund.requested", "usr_somebody"))
    another = json.dumps({**json.loads(unknown), "reaction": "give_everything"})
    assert give_refunds.handler(records(unknown, strange, another), None) == {"batchItemFailures": []}
    reasons = sorted(str(reason).partition(":")[0] for _, reason in dead("payments"))
    assert reasons == ["no refund", "unknown reaction", "unknown refund"]


def test_stripe_that_is_down_keeps_the_message(server: Stripe, order: Order) -> None:
    refund = asked(order)
    server.troubles.mood = lambda *_: "unavailable"
    assert work(refund) == ["m0"]
    server.troubles.mood = lambda *_: None
    assert work(refund) == []
    assert refund_worker.give_refund(a_fact("refund.requested", refund.id)) == "succeeded"


def test_a_refund_is_found_among_more_than_one_page_of_them(server: Stripe, buyer: str) -> None:
    """One that is overlooked would be given back again."""
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    refund = asked(order, amount=700)
    stripe_gateway.refund(refund, order)
    for _ in range(100):
        refunded_by_hand(server, order, 1)
    news = stripe_gateway.charge(str(order.charge_id))
    assert len(news.refunds) == 101
    assert refund.id in {each.refund_id for each in news.refunds.values()}
    after = payments.apply(act(), order.id, news)
    assert (states.refunded(after), refund_now(refund).status) == (800, "succeeded")


def test_the_answers_to_many_refunds_may_come_at_once(server: Stripe, buyer: str) -> None:
    order = gateway.bought(server, buyer, commerce.a_priced_course())
    for _ in range(refunds.MOST):
        stripe_gateway.refund(asked(order, amount=40), order)
    looking.look(act(), commerce.order_now(order.id))
    after = commerce.order_now(order.id)
    assert {each.status for each in commerce.refunds_of(order)} == {"succeeded"}
    assert (states.status(after), int(after.refunding_minor)) == ("refunded", 0)


def test_no_order_has_refunds_without_end(server: Stripe, order: Order) -> None:
    order.refunds_asked = refunds.MOST
    alone(put(order))
    with pytest.raises(refunds.TooManyRefunds):
        asked(order, amount=1)


def test_no_amount_is_cut_short_without_a_word(server: Stripe, order: Order) -> None:
    """Somebody has given back by hand while a refund is under way: the lines have more left than the payment."""
    asked(order, first_line(order))
    refunded_by_hand(server, order, 2000)
    looking.look(act(), commerce.order_now(order.id))
    assert states.refundable(commerce.order_now(order.id)) == 1000
    with pytest.raises(refunds.RefundTooLarge):
        asked(order, amount=1500)
    assert int(asked(order, amount=1000).amount_minor) == 1000
