"""Orders out of carts: one for each cart, at the price that was seen, holding what it promises."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.catalog import authoring
from chalicelib.commerce import payments, placing, quotes, states, unsettled
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import Order
from chalicelib.learning import idle
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.writes import adjust, alone
from infra.local.invocation import Killed
from tests.factories import commerce, courses, people, shop
from tests.factories.commerce import enrolled, taken
from tests.faults.injector import Injector, Kill
from tests.http.api import Api, Person, at_once, fields, problem

pytestmark = pytest.mark.row("M69")
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


@pytest.mark.row("M14", "M43", "M44", "M46")
def test_a_cart_becomes_an_order_at_the_present_prices(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(price_minor=1999, capacity=2)
    commerce.a_cart(buyer.id, course, PREMIUM)
    reply = api.post(CREATE, {"expected_total": "68.99"}, token=buyer.access)
    said = reply.json()
    assert (reply.status, reply.header("location")) == (201, f"/api/v1/orders/{said['id']}")
    assert (said["status"], said["total"], said["total_minor"], said["currency"]) == ("pending", "68.99", 6899, "USD")
    assert [(each["id"], each["product"], each["total"]) for each in said["items"]] == [
        (course, None, "19.99"),
        (PREMIUM, "premium", "49.00"),
    ]
    assert said["expires_at"] is not None
    assert said["links"]["cancel"] == f"/api/v1/orders/{said['id']}/cancel"
    assert taken(course) == 1


def test_the_same_cart_is_one_order_however_often_it_is_ordered(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(capacity=5)
    commerce.a_cart(buyer.id, course)
    replies = at_once(16, lambda n: api.post(CREATE, {}, token=buyer.access, idempotency_key=f"key-{n}"))
    assert sorted(reply.status for reply in replies) == [200] * 15 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert taken(course) == 1


@pytest.mark.row("M14")
def test_a_repeat_with_its_key_gets_the_first_answer(api: Api, buyer: Person) -> None:
    commerce.a_cart(buyer.id, commerce.a_priced_course())
    first, again = (api.post(CREATE, {}, token=buyer.access, idempotency_key="k") for _ in range(2))
    assert (first.status, again.status, again.header("idempotency-replayed")) == (201, 201, "true")
    assert first.json() == again.json()


def test_another_total_than_the_buyer_has_seen_is_refused_and_named(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(price_minor=2000)
    commerce.a_cart(buyer.id, course)
    courses.edited(course, price_minor=2500)
    for body in ({"expected_total": "20"}, {"expected_total_minor": 2000}, {"expected_total": 20.0}):
        reply = api.post(CREATE, body, token=buyer.access)
        assert problem(reply) == (409, "total_changed")
        assert "25.00 USD" in reply.json()["errors"][0]["message"]
    assert ordered(api, buyer, {"expected_total_minor": 2500, "expected_total": 25})["total"] == "25.00"
    assert problem(api.post(CREATE, {"expected_total": "20"}, token=buyer.access)) == (409, "total_changed")


@pytest.mark.parametrize(
    "body",
    [
        {"expected_total": "19.999"},
        {"expected_total": True},
        {"expected_total": "-1"},
        {"expected_total_minor": -1},
        {"expected_total_minor": "5"},
        {"expected_total": "5", "expected_total_minor": 501},
        {"total": "0.01"},
        {"lines": []},
    ],
)
def test_nothing_but_the_expected_total_is_taken_from_the_client(api: Api, buyer: Person, body: Any) -> None:
    assert api.post(CREATE, body, token=buyer.access).status == 422


@pytest.mark.row("M125")
def test_a_course_that_the_catalogue_does_not_show_yet_is_ordered_in_three_trips(
    api: Api, buyer: Person, faults: Injector
) -> None:
    commerce.a_cart(buyer.id, commerce.a_priced_course(), commerce.a_priced_course())
    api.get("/cart", token=buyer.access)
    faults.forget()
    ordered(api, buyer)
    assert faults.names() == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]


def test_an_empty_cart_is_no_order(api: Api, buyer: Person) -> None:
    assert problem(api.post(CREATE, {}, token=buyer.access)) == (409, "cart_empty")


def test_buying_waits_for_a_verified_address(api: Api) -> None:
    carl = api.member("carl")
    commerce.a_cart(carl.id, commerce.a_priced_course())
    assert problem(api.post(CREATE, {}, token=carl.access)) == (403, "address_unverified")


def test_what_cannot_be_bought_any_more_is_named(api: Api, buyer: Person) -> None:
    gone, full = commerce.a_priced_course(), commerce.a_priced_course(capacity=1)
    commerce.a_cart(buyer.id, gone, full)
    commerce.a_pending_order(commerce.a_buyer().id, full)
    courses.unpublished(gone)
    reply = api.post(CREATE, {}, token=buyer.access)
    assert problem(reply) == (409, "line_unavailable")
    assert fields(reply) == {gone: "not_offered", full: "sold_out"}


def test_many_buyers_and_one_seat(api: Api) -> None:
    course = commerce.a_priced_course(capacity=1)
    buyers = [commerce.a_buyer() for _ in range(8)]
    for each in buyers:
        commerce.a_cart(each.id, course)
    tokens = [api.login(each.username).access for each in buyers]
    replies = at_once(8, lambda n: api.post(CREATE, {}, token=tokens[n]))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 7
    assert {fields(reply)[course] for reply in replies if reply.status == 409} == {"sold_out"}
    assert taken(course) == 1


@pytest.fixture
def a_lower_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices were set when Stripe charged less."""
    monkeypatch.setattr(authoring, "settings", replace(settings, smallest_charge_minor=1))


@pytest.mark.usefixtures("a_lower_least")
def test_a_total_that_stripe_does_not_charge_is_refused_with_the_least(api: Api, buyer: Person) -> None:
    commerce.a_cart(buyer.id, commerce.a_priced_course(price_minor=49))
    reply = api.post(CREATE, {}, token=buyer.access)
    assert problem(reply) == (422, "total_too_small")
    assert "0.50 USD" in reply.json()["errors"][0]["message"]


@pytest.mark.row("M69")
def test_a_total_that_stripe_does_not_charge_at_once_is_refused_with_the_most(api: Api, buyer: Person) -> None:
    dear = commerce.a_priced_course(price_minor=99_999_999)
    commerce.a_cart(buyer.id, dear, commerce.a_priced_course(price_minor=100))
    reply = api.post(CREATE, {}, token=buyer.access)
    assert problem(reply) == (422, "total_too_large")
    assert "999999.99 USD" in reply.json()["errors"][0]["message"]
    api.delete(f"/cart/items/{dear}", token=buyer.access)
    assert ordered(api, buyer)["total"] == "1.00"


@pytest.mark.row("B03")
def test_who_has_seen_that_prices_have_fallen_orders_at_the_lower_total(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(price_minor=2000, capacity=1)
    commerce.a_cart(buyer.id, course)
    first = ordered(api, buyer)["id"]
    courses.edited(course, price_minor=1500)
    assert problem(api.post(CREATE, {"expected_total": "14"}, token=buyer.access)) == (409, "total_changed")
    assert commerce.order_now(first).ended is None
    assert api.get("/cart", token=buyer.access).json()["total"] == "15.00"
    second = ordered(api, buyer, {"expected_total": "15.00"})
    assert (second["total"], second["id"] != first, taken(course)) == ("15.00", True, 1)
    assert commerce.order_now(first).ended == "cancelled"


@pytest.mark.row("B03")
def test_a_total_that_was_promised_does_not_rise(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(price_minor=2000)
    commerce.a_cart(buyer.id, course)
    first = ordered(api, buyer)["id"]
    courses.edited(course, price_minor=2500)
    assert problem(api.post(CREATE, {"expected_total": "25"}, token=buyer.access)) == (409, "total_changed")
    assert ordered(api, buyer, {"expected_total": "20"}, status=200)["id"] == first


@pytest.mark.usefixtures("a_lower_least")
def test_an_order_is_not_given_up_for_less_than_stripe_charges(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(price_minor=2000)
    commerce.a_cart(buyer.id, course)
    first = ordered(api, buyer)["id"]
    courses.edited(course, price_minor=30)
    assert problem(api.post(CREATE, {"expected_total": "0.30"}, token=buyer.access)) == (422, "total_too_small")
    assert commerce.order_now(first).ended is None


def test_the_price_of_an_order_stays(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(price_minor=2000)
    commerce.a_cart(buyer.id, course)
    order = ordered(api, buyer)["id"]
    courses.edited(course, price_minor=9900)
    assert ordered(api, buyer, status=200)["total"] == "20.00"
    assert api.get(f"/orders/{order}", token=buyer.access).json()["total_minor"] == 2000


def test_a_changed_cart_is_another_order_and_takes_over_what_the_first_one_held(api: Api, buyer: Person) -> None:
    last, other = commerce.a_priced_course(capacity=1), commerce.a_priced_course()
    commerce.a_cart(buyer.id, last)
    first = ordered(api, buyer)["id"]
    commerce.a_cart(buyer.id, other)
    second = ordered(api, buyer)
    assert (second["id"] != first, second["total_minor"], taken(last)) == (True, 4000, 1)
    assert api.get(f"/orders/{first}", token=buyer.access).json()["status"] == "cancelled"


def test_an_order_that_is_over_time_makes_room_for_another(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course(capacity=1)
    commerce.a_cart(buyer.id, course)
    first = ordered(api, buyer)["id"]
    order = commerce.order_now(first)
    alone(adjust(order, Order.expires_at.set(clock.now() - timedelta(seconds=1)), where=Order.id.exists()))
    second = ordered(api, buyer)["id"]
    assert second != first
    assert (commerce.order_now(first).ended, taken(course)) == ("expired", 1)


@pytest.mark.row("M15")
def test_what_costs_nothing_is_bought_at_once(api: Api, buyer: Person) -> None:
    course = commerce.a_priced_course()
    shop.a_code(code="GIFT", percent=100)
    commerce.a_cart(buyer.id, course, coupon="GIFT")
    first, again = (api.post(CREATE, {}, token=buyer.access, idempotency_key="k") for _ in range(2))
    assert (first.status, again.status, again.header("idempotency-replayed")) == (201, 201, "true")
    said = first.json()
    assert (said["status"], said["total"], said["discount"], said["coupon"]) == ("paid", "0.00", "20.00", "GIFT")
    assert again.json() == said
    assert enrolled(buyer.id, course) is not None
    assert commerce.postings_of(commerce.order_now(said["id"])) == []


@pytest.mark.row("X18")
def test_what_cost_nothing_is_left_like_any_free_course_and_is_not_taken_away(api: Api, buyer: Person) -> None:
    course, other = commerce.a_priced_course(), commerce.a_priced_course()
    shop.a_code(code="GIFT", percent=100, courses=[course])
    commerce.paid(commerce.a_pending_order(buyer.id, course, other, coupon="GIFT").id)
    free, paid = enrolled(buyer.id, course), enrolled(buyer.id, other)
    assert free
    assert paid
    assert not idle.is_idle(free)
    assert api.delete(f"/enrollments/{free.id}", token=buyer.access).status < 300
    assert problem(api.delete(f"/enrollments/{paid.id}", token=buyer.access)) == (409, "enrollment_paid")


def test_an_order_for_nothing_that_was_cut_off_is_looked_at_within_minutes(
    buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> Any:
        raise Killed

    shop.a_code(code="GIFT", percent=100)
    commerce.a_cart(buyer.id, commerce.a_priced_course(), coupon="GIFT")
    monkeypatch.setattr(payments, "apply", killed)
    with pytest.raises(Killed):
        placing.place(courses.act(buyer.id))
    [order] = reads.all_of(keys.buyer(buyer.id), prefix="ORDER#")
    assert isinstance(order, Order)
    due = unsettled.due_of(order)
    assert due
    assert due <= clock.now() + states.PATIENCE


@pytest.mark.parametrize("place", range(7))
def test_what_costs_nothing_is_bought_once_wherever_it_was_killed(api: Api, buyer: Person, place: int) -> None:
    course = commerce.a_priced_course(capacity=1)
    shop.a_code(code="GIFT", percent=100)
    commerce.a_cart(buyer.id, course, coupon="GIFT")
    with Injector() as injector:
        injector.kill_at(Kill(place, after=True))
        try:
            api.post(CREATE, {}, token=buyer.access, idempotency_key="k")
        except Killed:
            injector.heal()
        reply = api.post(CREATE, {}, token=buyer.access, idempotency_key="k")
    assert (reply.status, reply.json()["status"]) in ((201, "paid"), (200, "paid"))
    assert (taken(course), shop.slots_of("GIFT")[0]) == (1, 1)


def test_a_cart_that_changes_while_it_is_ordered_is_ordered_as_it_is_then(
    api: Api, buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, late = commerce.a_priced_course(), [commerce.a_priced_course()]
    commerce.a_cart(buyer.id, course)
    quoted = quotes.quoted

    def meddled(*given: Any, **named: Any) -> quotes.Quote:
        if late:
            commerce.a_cart(buyer.id, late.pop())
        return quoted(*given, **named)

    monkeypatch.setattr(quotes, "quoted", meddled)
    assert ordered(api, buyer)["total_minor"] == 4000
    assert len(list(reads.all_of(keys.buyer(buyer.id), prefix="ORDER#"))) == 1
