"""Orders that come to nothing: their payment is cancelled first, and one that has succeeded meanwhile wins."""

from typing import Any

import pytest

from chalicelib.commerce import belongings, looking, payments, stripe_gateway
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, Posting
from chalicelib.table import keys, reads
from tests.factories import commerce, courses, people, shop
from tests.factories.commerce import enrolled, taken
from tests.factories.courses import act
from tests.http.api import Api, Person, problem

pytestmark = pytest.mark.row("M14")
CREATE = "/orders/create-from-cart"


@pytest.fixture
def buyer(api: Api) -> Person:
    bea = api.member("bea")
    people.verified(bea.id)
    return bea


def ordered(api: Api, who: Person, body: Any = None, status: int = 201, **headers: str) -> dict[str, Any]:
    reply = api.post(CREATE, body or {}, token=who.access, **headers)
    assert reply.status == status, reply.body
    return dict(reply.json())


def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The payments that Stripe was asked to cancel, which it does."""
    asked: list[str] = []

    def cancel(intent_id: str, **_: Any) -> News:
        asked.append(intent_id)
        return News(intent_id=intent_id)

    monkeypatch.setattr(stripe_gateway, "cancel_intent", cancel)
    return asked


def with_intent(order_id: str) -> Order:
    """As the order is when its payment has been begun."""
    return payments.apply(act(), order_id, News(intent_id="pi_1"))


def test_a_buyer_gives_up_an_order_and_may_order_again(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(capacity=1)
    shop.a_code(code="HALF", percent=50)
    commerce.a_cart(buyer.id, course, coupon="HALF")
    order = ordered(api, buyer)["id"]
    first, again = (api.post(f"/orders/{order}/cancel", token=buyer.access) for _ in range(2))
    assert (first.status, again.status, first.json()["status"]) == (200, 200, "cancelled")
    assert (first.json(), taken(course), shop.slots_of("HALF")[0]) == (again.json(), 0, 0)
    assert ordered(api, buyer)["id"] != order


def test_a_paid_order_is_not_cancelled_but_given_back(api: Api, buyer: Person) -> None:
    order = commerce.a_paid_order(buyer.id, commerce.a_priced_course())
    reply = api.post(f"/orders/{order.id}/cancel", token=buyer.access)
    assert problem(reply) == (409, "order_paid")
    assert f"/api/v1/orders/{order.id}/refunds" in reply.json()["detail"]


@pytest.mark.row("M16")
def test_the_payment_is_cancelled_first_and_one_that_has_succeeded_wins(
    api: Api, buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = commerce.a_priced_course()
    order = commerce.a_pending_order(buyer.id, course)
    with_intent(order.id)
    succeeded = commerce.captured(order, intent_id="pi_1")
    monkeypatch.setattr(stripe_gateway, "cancel_intent", lambda *_, **__: succeeded)
    replies = [api.post(f"/orders/{order.id}/cancel", token=buyer.access, idempotency_key="k") for _ in range(2)]
    assert [problem(reply) for reply in replies] == [(409, "order_paid")] * 2
    assert enrolled(buyer.id, course) is not None
    assert problem(api.post(CREATE, {}, token=buyer.access)) == (409, "cart_empty")


def test_a_new_order_gives_up_the_payment_of_the_older_one(
    api: Api, buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = cancelled(monkeypatch)
    first = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    with_intent(first.id)
    commerce.a_cart(buyer.id, commerce.a_priced_course())
    second = api.post(CREATE, {}, token=buyer.access, idempotency_key="k")
    assert (second.status, asked, second.json()["total_minor"]) == (201, ["pi_1"], 4000)
    assert commerce.order_now(first.id).ended == "cancelled"


def test_a_payment_that_was_begun_meanwhile_is_cancelled_too(
    api: Api, buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = cancelled(monkeypatch)
    order = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    with_intent(order.id)
    ended = looking.give_up(act(), order, "expired")
    assert (asked, ended.ended) == (["pi_1"], "expired")
    assert commerce.order_now(order.id).gsi2pk is None


def test_who_is_erased_leaves_the_books_and_nothing_that_was_not_paid(api: Api, buyer: Person) -> None:
    paid = commerce.a_paid_order(buyer.id, commerce.a_priced_course())
    course = commerce.a_priced_course(capacity=1)
    pending = commerce.a_pending_order(buyer.id, course)
    for _ in range(2):
        belongings.erase(act(), buyer.id)
    kinds = {type(each) for each in reads.all_of(keys.buyer(buyer.id))}
    assert kinds == {Order, Posting}
    assert (commerce.order_now(pending.id).ended, taken(course)) == ("cancelled", 0)
    (told,) = [fact for fact in courses.facts() if fact["name"]["S"] == "order.cancelled"]
    assert told["audience"]["L"] == []
    assert "bea" not in str([each.attribute_values for each in belongings.held(buyer.id)])
    assert commerce.order_now(paid.id).ended is None
