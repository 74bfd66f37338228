"""The cart: what is in it, what it costs now, and what does not come into it."""

from typing import Any

import pytest

from chalicelib import clock
from chalicelib.accounts.records import User
from chalicelib.commerce import belongings, products
from chalicelib.commerce.records import Order
from chalicelib.learning import enrollments
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.writes import adjust, alone
from infra.local.gateway import Reply
from tests.factories import commerce, courses, people, shelf, shop
from tests.http.api import Api, Person, at_once, fields, problem


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("meera")


@pytest.fixture
def teacher() -> str:
    return people.enlisted(roles=("instructor",)).id


def cart(api: Api, who: Person) -> dict[str, Any]:
    reply = api.get("/cart", token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


def put(api: Api, who: Person, course_id: str) -> Reply:
    return api.post("/cart/items", {"course_id": course_id}, token=who.access)


@pytest.mark.row("M13", "M34", "M63", "M64")
def test_what_is_put_in_is_there_with_its_price_in_both_spellings(api: Api, me: Person, teacher: str) -> None:
    course = shop.sold(teacher)
    reply = put(api, me, course.id)
    added = reply.json()
    assert (reply.status, reply.header("location")) == (201, "/api/v1/cart")
    assert (added["id"], added["course_id"], added["price"], added["price_minor"]) == (
        course.id,
        course.id,
        "19.99",
        1999,
    )
    shown = cart(api, me)
    assert added["cart"] == shown
    assert shown["items"] == [{name: value for name, value in added.items() if name != "cart"}]
    assert (shown["total"], shown["total_minor"], shown["subtotal_minor"], shown["currency"]) == (
        "19.99",
        1999,
        1999,
        "USD",
    )
    assert (shown["money"], shown["count"]) == ({"amount_minor": 1999, "currency": "USD"}, 1)


@pytest.mark.row("M13", "M63")
def test_nobody_has_bought_anything_yet(api: Api, me: Person) -> None:
    shown = cart(api, me)
    assert (shown["items"], shown["total"], shown["currency"], shown["coupon"]) == ([], "0.00", None, None)


#: What somebody might like to say of the price of a cart.
FORGED = "price price_minor discount discount_minor total total_minor subtotal currency percent quantity items".split()


@pytest.mark.row("M15")
@pytest.mark.parametrize("name", FORGED)
def test_no_word_about_money_is_taken_from_a_client(api: Api, me: Person, teacher: str, name: str) -> None:
    course, code = shop.sold(teacher), shop.a_code(percent=10)
    commerce.a_cart(me.id, course.id)
    forged = [
        api.post("/cart/items", {"course_id": shop.sold(teacher).id, name: 1}, token=me.access),
        api.post("/cart/coupon", {"code": code.code, name: 1}, token=me.access),
        api.post("/orders/create-from-cart", {name: 1}, token=me.access),
    ]
    assert [(reply.status, fields(reply)) for reply in forged] == [(422, {name: "unknown_field"})] * 3
    shown = cart(api, me)
    assert (shown["total_minor"], shown["count"], shown["coupon"]) == (1999, 1, None)


@pytest.mark.row("B03")
def test_codes_are_not_guessed_by_the_thousand(api: Api, me: Person, teacher: str) -> None:
    commerce.a_cart(me.id, shop.sold(teacher).id)
    tries = [api.post("/cart/coupon", {"code": f"GUESS{number}"}, token=me.access).status for number in range(31)]
    assert tries == [409] * 30 + [429]
    assert api.delete("/cart/coupon", token=me.access).status == 200


@pytest.mark.row("X01", "X02", "M63", "M64", "M65", "M66")
def test_the_older_paths_lead_to_the_same_cart(api: Api, me: Person, teacher: str) -> None:
    course, token = shop.sold(teacher), me.access
    assert api.post("/api/cart/items/", {"course_id": course.id}, token=token).status == 201
    shown = [api.get(path, token=token).json()["count"] for path in ("/api/cart", "/api/cart/", "/cart", "/cart/")]
    assert shown == [1, 1, 1, 1]
    assert api.delete(f"/api/cart/items/{course.id}/", token=token).json()["items"] == []
    assert api.delete("/api/cart/", token=token).status == 204


@pytest.mark.row("X56", "M35", "M64")
def test_what_is_in_already_stays_as_it_was(api: Api, me: Person, teacher: str) -> None:
    course = shop.sold(teacher)
    first = put(api, me, course.id)
    courses.edited(course.id, price_minor=2500)
    again = put(api, me, course.id)
    assert (first.status, again.status) == (201, 200)
    assert again.json()["added_at"] == first.json()["added_at"]
    assert again.json()["price_changed"]["before_minor"] == 1999
    assert cart(api, me)["count"] == 1


@pytest.mark.row("X56", "M35")
def test_two_devices_that_add_at_once_lose_nothing_and_double_nothing(api: Api, me: Person, teacher: str) -> None:
    sold = [shop.sold(teacher).id for _ in range(4)]
    statuses = at_once(8, lambda n: put(api, me, sold[n % 4]).status)
    assert sorted(statuses) == [200] * 4 + [201] * 4
    assert sorted(item["id"] for item in cart(api, me)["items"]) == sorted(sold)


@pytest.mark.row("M13", "B03")
def test_what_is_bought_takes_its_own_code_out_of_the_cart_and_no_other(api: Api, me: Person, teacher: str) -> None:
    people.verified(me.id)
    one, two, code, other = shop.sold(teacher), shop.sold(teacher), shop.a_code().code, shop.a_code().code
    order = commerce.a_pending_order(me.id, one.id, coupon=code)
    commerce.a_cart(me.id, two.id, coupon=other)
    commerce.paid(order.id)
    shown = cart(api, me)
    assert ([item["id"] for item in shown["items"]], shown["coupon"]["code"]) == ([two.id], other)
    commerce.paid(commerce.a_pending_order(me.id).id)
    assert (cart(api, me)["items"], cart(api, me)["coupon"]) == ([], None)


@pytest.mark.row("M34")
def test_an_order_whose_time_is_up_is_not_shown_as_open(api: Api, me: Person, teacher: str) -> None:
    people.verified(me.id)
    order = commerce.a_pending_order(me.id, shop.sold(teacher, capacity=1).id)
    assert cart(api, me)["open_order_id"] == order.id
    alone(adjust(order, Order.expires_at.set(clock.now()), where=Order.id.exists()))
    shown = cart(api, me)
    assert (shown["open_order_id"], shown["items"][0]["unavailable"]) == (None, None)


@pytest.mark.row("M65")
def test_what_is_taken_out_is_gone_and_the_rest_stays(api: Api, me: Person, teacher: str) -> None:
    one, two = shop.sold(teacher), shop.sold(teacher, 500)
    commerce.a_cart(me.id, one.id, two.id)
    shown = api.delete(f"/cart/items/{one.id}", token=me.access).json()
    assert ([item["id"] for item in shown["items"]], shown["total_minor"]) == ([two.id], 500)
    assert shown == cart(api, me)
    assert problem(api.delete(f"/cart/items/{one.id}", token=me.access)) == (404, "not_in_cart")


@pytest.mark.row("M66")
def test_an_emptied_cart_is_empty_and_may_be_emptied_again(api: Api, me: Person, teacher: str) -> None:
    commerce.a_cart(me.id, shop.sold(teacher).id, coupon=shop.a_code().code)
    assert [api.delete("/cart", token=me.access).status for _ in range(2)] == [204, 204]
    assert (cart(api, me)["items"], cart(api, me)["coupon"]) == ([], None)


@pytest.mark.row("M34")
def test_everybody_has_a_cart_of_their_own(api: Api, me: Person, teacher: str) -> None:
    course, other = shop.sold(teacher), api.member("other")
    put(api, me, course.id)
    assert cart(api, other)["items"] == []
    assert problem(api.delete(f"/cart/items/{course.id}", token=other.access)) == (404, "not_in_cart")


def test_the_premium_tier_is_put_in_beside_courses(api: Api, me: Person, teacher: str) -> None:
    put(api, me, shop.sold(teacher).id)
    reply = api.post("/cart/items", {"product": "premium"}, token=me.access)
    said = reply.json()
    assert (reply.status, said["product"], said["course_id"]) == (201, "premium", None)
    assert said["price_minor"] == settings.premium_price_minor
    assert said["cart"]["total_minor"] == 1999 + settings.premium_price_minor
    assert api.delete(f"/cart/items/{products.PREMIUM}", token=me.access).json()["count"] == 1


@pytest.mark.row("M102")
def test_a_new_price_is_shown_at_once_beside_that_of_before(api: Api, me: Person, teacher: str) -> None:
    course = shop.sold(teacher)
    put(api, me, course.id)
    courses.edited(course.id, price_minor=1500)
    shown = cart(api, me)
    [item] = shown["items"]
    assert item["price_changed"] == {"before": "19.99", "before_minor": 1999, "now": "15.00", "now_minor": 1500}
    assert (item["price_minor"], shown["total_minor"]) == (1500, 1500)


@pytest.mark.row("M102")
def test_what_is_not_offered_any_more_is_shown_as_it_was_and_not_counted(api: Api, me: Person, teacher: str) -> None:
    gone, hidden, kept = (shop.sold(teacher, title=f"Number {n}") for n in (1, 2, 3))
    commerce.a_cart(me.id, gone.id, hidden.id, kept.id)
    courses.edited(hidden.id, title="A secret", price_minor=100)
    courses.unpublished(hidden.id)
    courses.deleted(gone.id)
    shown = cart(api, me)
    told = [(item["title"], item["price_minor"], (item["unavailable"] or {}).get("code")) for item in shown["items"]]
    assert told == [("Number 1", 1999, "not_offered"), ("Number 2", 1999, "not_offered"), ("Number 3", 1999, None)]
    assert shown["total_minor"] == 1999


@pytest.mark.parametrize("is_in_the_catalogue", [True, False])
def test_a_course_of_somebody_suspended_is_neither_put_in_nor_ordered(
    api: Api, me: Person, is_in_the_catalogue: bool
) -> None:
    people.verified(me.id)
    author, boss, late = api.member("tess", roles=("instructor",)), api.admin(), api.member("late")
    course = shop.sold(author.id, title="Knots")
    if is_in_the_catalogue:
        shelf.published()
    assert put(api, me, course.id).status == 201
    assert api.post(f"/admin/users/{author.id}/ban", {}, token=boss.access).status == 200
    shelf.published()
    assert problem(put(api, late, course.id)) == (404, "course_unknown")
    shown = cart(api, me)
    assert [(item["title"], item["unavailable"]["code"]) for item in shown["items"]] == [("Knots", "not_offered")]
    refused = api.post("/orders/create-from-cart", {}, token=me.access)
    assert (problem(refused), fields(refused)) == ((409, "line_unavailable"), {course.id: "not_offered"})


@pytest.mark.row("M102")
def test_a_course_that_one_has_got_meanwhile_is_shown_as_owned(api: Api, me: Person, teacher: str) -> None:
    course = shop.sold(teacher)
    commerce.a_cart(me.id, course.id)
    courses.edited(course.id, price_minor=0)
    enrollments.enroll(courses.act(me.id), course.id)
    [item] = cart(api, me)["items"]
    assert item["unavailable"]["code"] == "owned"
    assert cart(api, me)["total_minor"] == 0


def test_a_course_that_is_paid_in_another_currency_now_must_be_put_in_again(api: Api, me: Person, teacher: str) -> None:
    course, other = shop.sold(teacher), shop.sold(teacher)
    commerce.a_cart(me.id, course.id, other.id)
    courses.edited(course.id, currency="EUR")
    shown = cart(api, me)
    assert shown["items"][0]["unavailable"]["code"] == "currency_changed"
    assert (shown["currency"], shown["total_minor"]) == ("USD", 1999)


def test_a_course_without_a_seat_is_shown_as_sold_out(api: Api, me: Person, teacher: str) -> None:
    course = shop.sold(teacher, capacity=1)
    commerce.a_cart(me.id, course.id)
    alone(enrollments.seat_taken(course.id))
    assert cart(api, me)["items"][0]["unavailable"]["code"] == "sold_out"
    other = api.member("other")
    assert problem(put(api, other, course.id)) == (409, "sold_out")


def test_the_own_course_of_a_teacher_is_not_bought(api: Api) -> None:
    teacher = api.member("tara", roles=("instructor",))
    reply = put(api, teacher, shop.sold(teacher.id).id)
    assert problem(reply) == (409, "own_course")
    assert fields(reply) == {"course_id": "own_course"}


def test_what_one_has_already_is_not_bought(api: Api, me: Person, teacher: str) -> None:
    course = courses.a_course(teacher)
    enrollments.enroll(courses.act(me.id), course.id)
    courses.edited(course.id, price_minor=500)
    assert problem(put(api, me, course.id)) == (409, "already_yours")
    alone(adjust(User.under(keys.user(me.id)), User.tier.set("premium"), where=User.id.exists()))
    reply = api.post("/cart/items", {"product": "premium"}, token=me.access)
    assert (problem(reply), fields(reply)) == ((409, "already_yours"), {"product": "already_yours"})


def test_what_costs_nothing_is_enrolled_in_instead(api: Api, me: Person, teacher: str) -> None:
    reply = put(api, me, courses.a_course(teacher, 1).id)
    assert problem(reply) == (409, "costs_nothing")
    assert "POST /api/v1/enrollments" in reply.json()["detail"]


def test_what_is_not_published_is_not_there(api: Api, me: Person, teacher: str) -> None:
    hidden, gone = shop.sold(teacher), shop.sold(teacher)
    courses.archived(hidden.id)
    courses.deleted(gone.id)
    nothing = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
    draft = courses.a_draft(teacher, lessons=1, price_minor=500).id
    answers = {problem(put(api, me, each)) for each in (hidden.id, gone.id, draft, nothing)}
    assert answers == {(404, "course_unknown")}


def test_one_cart_has_one_currency(api: Api, me: Person, teacher: str) -> None:
    commerce.a_cart(me.id, shop.sold(teacher).id)
    reply = put(api, me, shop.sold(teacher, currency="EUR").id)
    assert (problem(reply), fields(reply)) == ((409, "one_currency"), {"course_id": "one_currency"})


def test_an_eleventh_thing_does_not_fit(api: Api, me: Person, teacher: str) -> None:
    ten = [shop.sold(teacher).id for _ in range(9)]
    commerce.a_cart(me.id, products.PREMIUM, *ten)
    reply = put(api, me, shop.sold(teacher).id)
    assert (problem(reply), fields(reply)) == ((409, "cart_full"), {"course_id": "cart_full"})
    assert put(api, me, ten[0]).status == 200


@pytest.mark.parametrize("body", [{}, {"course_id": "", "product": ""}, {"product": "gold"}, {"course_id": "x"}])
def test_what_names_nothing_that_is_sold_is_refused(api: Api, me: Person, body: dict[str, str]) -> None:
    assert api.post("/cart/items", body, token=me.access).status == 422


@pytest.mark.row("M13")
def test_what_was_bought_leaves_the_cart_by_itself_and_what_came_later_stays(api: Api, teacher: str) -> None:
    buyer = commerce.a_buyer()
    bought, later = shop.sold(teacher).id, shop.sold(teacher).id
    order = commerce.a_pending_order(buyer.id, bought, coupon=shop.a_code().code)
    commerce.a_cart(buyer.id, later)
    commerce.paid(order.id)
    left = shop.cart_now(buyer.id)
    assert left
    assert list(left.lines) == [later]
    assert left.coupon is None


def test_a_repeat_with_its_key_is_answered_as_the_first_time(api: Api, me: Person, teacher: str) -> None:
    body = {"course_id": shop.sold(teacher).id}
    first, again = (api.post("/cart/items", body, token=me.access, idempotency_key="one") for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body


def test_the_cart_is_part_of_what_is_exported_and_goes_with_the_person(api: Api, me: Person, teacher: str) -> None:
    course = shop.sold(teacher)
    commerce.a_cart(me.id, course.id)
    exported = api.get("/users/me/export", token=me.access).json()
    assert course.id in exported["items"]["cart"][0]["lines"]
    belongings.erase(shop.act(), me.id)
    assert shop.cart_now(me.id) is None
