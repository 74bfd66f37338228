"""Asking for money back over HTTP: who may, until when, how much, and what a repeated click gets."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.commerce import payments, states
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order
from chalicelib.learning import progress
from chalicelib.learning.steps import Wish
from infra.local.gateway import Reply
from tests.factories import commerce, courses, people
from tests.factories.courses import act
from tests.faults.clock import Clock
from tests.faults.injector import Injector
from tests.http.api import Api, Person, at_once, fields, problem

pytestmark = pytest.mark.row("B04")
START = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def traveller() -> Iterator[Clock]:
    moving = Clock()
    with moving.running(START):
        yield moving


@pytest.fixture
def mona(api: Api) -> Person:
    person = api.member("mona")
    people.verified(person.id)
    return person


@pytest.fixture
def lesson_course() -> str:
    """Ten lessons, so that one is ten percent."""
    teacher = people.enlisted(roles=("instructor",)).id
    return courses.a_course(teacher, 10, price_minor=2000).id


def place(order: Order) -> str:
    return f"/orders/{order.id}/refunds"


def ask(api: Api, person: Person, order: Order, **body: Any) -> Reply:
    return api.post(place(order), body, token=person.access)


def done(person: Person, course: str, lessons: int) -> None:
    for ordinal in range(1, lessons + 1):
        progress.record_step(act(person.id), "UTC", course, ordinal, Wish(completed=True))


def test_a_buyer_gets_a_refund_that_is_under_way(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    reply = ask(api, mona, order, reason="not_as_described")
    said = reply.json()
    assert (reply.status, said["status"], said["amount"], said["amount_minor"]) == (202, "requested", "20.00", 2000)
    assert (said["order_id"], said["reason"], said["asked_by"]) == (order.id, "not_as_described", "buyer")
    assert said["items"] == [{"id": order.lines[0]["id"], "amount": "20.00", "amount_minor": 2000}]
    assert api.get(str(reply.header("location")), token=mona.access).json() == said
    assert api.get(place(order), token=mona.access).json()["results"] == [said]
    assert courses.told("refund.requested") == {"refund.requested": 1}


def test_only_the_named_course_is_given_back(api: Api, mona: Person) -> None:
    one, other = commerce.a_priced_course(), commerce.a_priced_course(price_minor=3000)
    order = commerce.a_paid_order(mona.id, one, other)
    assert ask(api, mona, order, course_ids=[other]).json()["amount_minor"] == 3000
    assert ask(api, mona, order).json()["items"] == [{"id": one, "amount": "20.00", "amount_minor": 2000}]


@pytest.mark.parametrize("name", ["course_ids", "courses", "items", "lines"])
def test_items_have_all_their_names(api: Api, mona: Person, name: str) -> None:
    one, other = commerce.a_priced_course(), commerce.a_priced_course(price_minor=3000)
    order = commerce.a_paid_order(mona.id, one, other)
    assert [item["id"] for item in ask(api, mona, order, **{name: [other]}).json()["items"]] == [other]


def test_fifty_clicks_are_one_refund(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    replies = at_once(50, lambda number: ask(api, mona, order))
    assert {reply.json()["id"] for reply in replies} == {f"rfd_1-{order.id[4:]}"}
    assert sorted(reply.status for reply in replies) == [200] * 49 + [202]
    assert [int(each.amount_minor) for each in commerce.refunds_of(order)] == [2000]
    assert int(commerce.order_now(order.id).refunding_minor) == 2000


def test_the_same_key_gets_the_same_answer(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    first, second = (api.post(place(order), {}, token=mona.access, idempotency_key="click") for _ in range(2))
    assert (first.status, first.body) == (second.status, second.body)
    assert second.header("idempotency-replayed") == "true"


def test_who_asks_again_when_it_is_done_gets_the_refund_that_did_it(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    asked = ask(api, mona, order).json()
    payments.apply(act(), order.id, News(refunds={"re_1": Returned(2000, asked["id"])}))
    again = ask(api, mona, order)
    assert (again.status, again.json()["id"], again.json()["status"]) == (200, asked["id"], "succeeded")


def test_what_somebody_else_has_given_back_is_not_left(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    payments.apply(act(), order.id, News(refunds={"re_by_hand": Returned(2000)}))
    assert problem(ask(api, mona, order)) == (409, "nothing_left")


def test_what_cost_nothing_is_not_said_to_have_been_given_back(api: Api, mona: Person) -> None:
    free, paid = commerce.a_line(clock.new_id("crs"), 0), commerce.a_line(clock.new_id("crs"), 2000)
    order = commerce.a_stored_record(mona.id, free, paid, captured_minor=2000, paid_at=START)
    assert problem(ask(api, mona, order, items=[free["id"]])) == (409, "nothing_paid")


@pytest.mark.parametrize(("days", "seconds", "expected"), [(30, 0, 202), (30, 1, 409)])
def test_money_goes_back_for_thirty_days(
    api: Api, mona: Person, traveller: Clock, days: int, seconds: int, expected: int
) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    traveller.move_to(START + timedelta(days=days, seconds=seconds))
    fresh = api.login("mona")
    reply = ask(api, fresh, order)
    assert reply.status == expected
    if expected == 409:
        assert problem(reply) == (409, "refund_not_offered")
        assert fields(reply) == {"order": "too_late"}
        assert "for 30 days, until" in reply.json()["errors"][0]["message"]


@pytest.mark.parametrize(("lessons", "expected"), [(2, 202), (3, 409)])
def test_money_goes_back_under_thirty_percent(
    api: Api, mona: Person, lesson_course: str, lessons: int, expected: int
) -> None:
    order = commerce.a_paid_order(mona.id, lesson_course)
    done(mona, lesson_course, lessons)
    reply = ask(api, mona, order)
    assert reply.status == expected
    if expected == 409:
        assert fields(reply) == {lesson_course: "watched_too_much"}
        assert "30.00 %" in reply.json()["errors"][0]["message"]


def test_opening_lessons_again_makes_nothing_unseen(api: Api, mona: Person, lesson_course: str) -> None:
    order = commerce.a_paid_order(mona.id, lesson_course)
    done(mona, lesson_course, 4)
    for ordinal in range(1, 5):
        progress.record_step(act(mona.id), "UTC", lesson_course, ordinal, Wish(reset=True))
    assert fields(ask(api, mona, order)) == {lesson_course: "watched_too_much"}


def test_a_course_that_was_used_keeps_nothing_else_from_going_back(api: Api, mona: Person, lesson_course: str) -> None:
    other = commerce.a_priced_course()
    order = commerce.a_paid_order(mona.id, lesson_course, other)
    done(mona, lesson_course, 5)
    assert fields(ask(api, mona, order)) == {lesson_course: "watched_too_much"}
    assert ask(api, mona, order, course_ids=[other]).status == 202


def test_administrators_give_back_at_any_time(api: Api, mona: Person, traveller: Clock, lesson_course: str) -> None:
    order = commerce.a_paid_order(mona.id, lesson_course)
    done(mona, lesson_course, 10)
    traveller.move_to(START + timedelta(days=200))
    reply = api.post(f"/admin{place(order)}", {"reason": "goodwill"}, token=api.admin().access)
    assert (reply.status, reply.json()["asked_by"]) == (202, "administrator")


def test_administrators_give_back_parts_and_never_more_than_was_paid(api: Api, mona: Person) -> None:
    order, boss = commerce.a_paid_order(mona.id, commerce.a_priced_course(), commerce.a_priced_course()), api.admin()
    parts = [{"amount": "12.34"}, {"amount_minor": 1766, "course_ids": [order.lines[0]["id"]]}]
    amounts = [api.post(f"/admin{place(order)}", part, token=boss.access) for part in parts]
    assert [reply.status for reply in amounts] == [202, 409]
    assert fields(amounts[1]) == {"amount": "more_than_is_left"}
    assert re.fullmatch(r"At most \d+\.\d\d is left\.", amounts[1].json()["errors"][0]["message"])
    rest = api.post(f"/admin{place(order)}", {}, token=boss.access).json()
    assert rest["amount_minor"] == 4000 - 1234
    assert states.refundable(commerce.order_now(order.id)) == 0


def test_an_amount_is_shared_out_over_the_courses(api: Api, mona: Person) -> None:
    one, other = commerce.a_priced_course(), commerce.a_priced_course(price_minor=6000)
    order = commerce.a_paid_order(mona.id, one, other)
    said = api.post(f"/admin{place(order)}", {"amount": "10.01"}, token=api.admin().access).json()
    assert {item["id"]: item["amount_minor"] for item in said["items"]} == {one: 250, other: 751}


def test_buyers_do_not_say_how_much(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    assert problem(ask(api, mona, order, amount="1.00")) == (403, "amount_not_yours")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0"}, "body"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount": "1.00", "amount_minor": 99}, "body"),
        ({"reason": "my name is Mona"}, "reason"),
        ({"course_ids": ["everything"]}, "course_ids.0"),
        ({"total": 5}, "total"),
    ],
)
def test_odd_wishes_are_refused_by_field(api: Api, mona: Person, body: dict[str, Any], field: str) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    reply = ask(api, mona, order, **body)
    assert (reply.status, list(fields(reply))) == (422, [field])


def test_a_course_of_another_order_is_refused(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    assert problem(ask(api, mona, order, course_ids=[commerce.a_priced_course()])) == (422, "not_of_this_order")


def test_what_is_not_paid_is_not_given_back(api: Api, mona: Person) -> None:
    order = commerce.a_pending_order(mona.id, commerce.a_priced_course())
    assert problem(ask(api, mona, order)) == (409, "order_unpaid")


def test_what_was_free_is_not_given_back(api: Api, mona: Person) -> None:
    order = commerce.a_stored_record(mona.id, commerce.a_line("crs_free", 0), captured_minor=0, paid_at=START)
    assert problem(ask(api, mona, order)) == (409, "nothing_paid")


@pytest.mark.parametrize("dispute", ["open", "lost"])
def test_while_the_bank_decides_nothing_is_given_back(api: Api, mona: Person, dispute: str) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    payments.apply(act(), order.id, News(dispute=dispute, disputed_minor=2000))
    assert problem(ask(api, mona, order)) == (409, "order_disputed")
    assert problem(api.post(f"/admin{place(order)}", {}, token=api.admin().access)) == (409, "order_disputed")


def test_orders_of_others_are_not_there(api: Api, mona: Person) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    refund = ask(api, mona, order).json()["id"]
    stranger, boss = api.member("stranger"), api.admin()
    for reader in (stranger, boss):
        assert problem(ask(api, reader, order)) == (404, "order_unknown")
    for path in (place(order), f"/refunds/{refund}"):
        assert api.get(path, token=stranger.access).status == 404
        assert api.get(path, token=boss.access).status == 200
    assert api.post(f"/admin{place(order)}", {}, token=stranger.access).status == 403


@pytest.mark.parametrize("order_id", ["ord_x", "ord_01KAKZ6Q8M4T6V1N2B3C4D5E6F-01KAKZ6Q8M4T6V1N2B3C4D5E6F", "rfd_1"])
def test_what_is_no_order_is_not_found(api: Api, mona: Person, order_id: str) -> None:
    boss = api.admin()
    for method, path, token in (
        ("POST", f"/orders/{order_id}/refunds", mona.access),
        ("GET", f"/orders/{order_id}/refunds", mona.access),
        ("POST", f"/admin/orders/{order_id}/refunds", boss.access),
        ("GET", f"/orders/{order_id}/refunds", boss.access),
        ("GET", f"/admin/orders/{order_id}", boss.access),
        ("GET", f"/refunds/rfd_1-{order_id[4:]}", boss.access),
    ):
        assert api.call(method, path, {} if method == "POST" else None, token=token).status == 404, path


def test_asking_costs_two_reads_and_one_transaction(api: Api, mona: Person, faults: Injector) -> None:
    order = commerce.a_paid_order(mona.id, commerce.a_priced_course())
    api.get(place(order), token=mona.access)
    faults.forget()
    assert ask(api, mona, order).status == 202
    assert [name for name in faults.names() if not name.startswith("limiter")] == [
        "BatchGetItem",
        "BatchGetItem",
        "TransactWriteItems",
    ]
