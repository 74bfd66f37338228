"""The premium tier is a product: bought, it changes the limits at once, and given back, it is gone."""

import pytest

from chalicelib.commerce import payments
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import Order
from chalicelib.table.acts import by_system
from tests.factories import commerce, people
from tests.http.api import Api, Person, problem
from tests.http.test_goals import made
from tests.http.test_metering import left, log, use, used


@pytest.fixture
def me(api: Api) -> Person:
    """Somebody of the free tier with a goal, who has used up the ten requests of today."""
    person = api.member("meera")
    people.verified(person.id)
    made(api, person)
    use(person, 10)
    return person


def bought(me: Person) -> Order:
    return commerce.a_paid_order(me.id, PREMIUM)


def given_back(order: Order) -> None:
    news = News(intent_id=order.intent_id, refunds={"re_1": Returned(int(order.total_minor))})
    payments.apply(by_system("req_refund"), order.id, news)


@pytest.mark.row("G03")
def test_who_buys_premium_goes_on_at_once_with_the_token_there_is(api: Api, me: Person) -> None:
    assert problem(log(api, me)) == (429, "tier_quota_exceeded") or log(api, me).status == 429
    bought(me)
    reply = log(api, me)
    assert reply.status == 201
    assert left(reply)[1] == "1000"
    assert used(me) == 11


@pytest.mark.row("G03")
def test_the_new_tier_is_told_at_once(api: Api, me: Person) -> None:
    assert api.get("/auth/me", token=me.access).json()["tier"] == "free"
    bought(me)
    assert api.get("/auth/me", token=me.access).json()["tier"] == "premium"
    assert api.login("meera").access != me.access


@pytest.mark.row("G03")
def test_a_refund_takes_the_tier_back(api: Api, me: Person) -> None:
    order = bought(me)
    assert log(api, me).status == 201
    given_back(order)
    assert api.get("/auth/me", token=me.access).json()["tier"] == "free"
    assert log(api, me).status == 429


@pytest.mark.row("G03")
def test_premium_is_bought_through_the_cart_like_a_course(api: Api, me: Person) -> None:
    assert api.post("/cart/items", {"product": "premium"}, token=me.access).status == 201
    order = api.post("/orders/create-from-cart", {}, token=me.access)
    assert (order.status, order.json()["total"]) == (201, "49.00")
    commerce.paid(order.json()["id"])
    assert api.get("/auth/me", token=me.access).json()["tier"] == "premium"
    assert problem(api.post("/cart/items", {"product": "premium"}, token=me.access))[0] == 409
