"""Receipts over HTTP: a link for their owner, and the public check of whoever has the paper."""

import pytest

from chalicelib import clock
from chalicelib.commerce import payments, printing, receipts
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order
from chalicelib.table.acts import by_system
from infra.local.gateway import Reply
from tests.factories import commerce, people
from tests.faults.injector import Injector
from tests.http.api import Api, Person, problem


@pytest.fixture
def buyer(api: Api) -> Person:
    person = api.member("meera", first_name="Meera")
    people.verified(person.id)
    return person


@pytest.fixture
def order(buyer: Person) -> Order:
    return commerce.a_paid_order(buyer.id, commerce.a_priced_course())


def asked(api: Api, order: Order, who: Person) -> Reply:
    return api.get(f"/orders/{order.id}/receipt", token=who.access)


def checked(api: Api, order: Order, **headers: str) -> Reply:
    return api.get(f"/receipts/{receipts.code_of(order.id)}", **headers)


@pytest.mark.row("M17")
def test_a_receipt_is_lent_by_a_link_for_five_minutes(api: Api, order: Order, buyer: Person) -> None:
    printing.keep(order.id, clock.now())
    reply = asked(api, order, buyer)
    assert reply.status == 200
    url = reply.json()["url"]
    assert f"/receipts/{buyer.id}/" in url
    assert "Expires=" in url
    assert reply.header("cache-control") == "no-store"


def test_an_order_says_where_its_receipt_is_once_it_is_paid(api: Api, order: Order, buyer: Person) -> None:
    def link(of: Order) -> str | None:
        place: str | None = api.get(f"/orders/{of.id}", token=buyer.access).json()["links"]["receipt"]
        return place

    assert link(order) == f"/api/v1/orders/{order.id}/receipt"
    assert link(commerce.a_pending_order(buyer.id, commerce.a_priced_course())) is None


def test_one_trip_asks_for_a_receipt(api: Api, order: Order, buyer: Person, faults: Injector) -> None:
    printing.keep(order.id, clock.now())
    asked(api, order, buyer)
    faults.trips.clear()
    asked(api, order, buyer)
    assert [trip.operation for trip in faults.trips] == ["BatchGetItem"]


def test_before_it_is_printed_one_is_asked_to_wait(api: Api, order: Order, buyer: Person) -> None:
    reply = asked(api, order, buyer)
    assert problem(reply) == (409, "receipt_not_printed")
    assert reply.header("retry-after") == "3"


def test_an_unpaid_order_has_none(api: Api, buyer: Person) -> None:
    reply = asked(api, commerce.a_pending_order(buyer.id, commerce.a_priced_course()), buyer)
    assert problem(reply) == (409, "order_unpaid")
    assert reply.header("retry-after") is not None


def test_a_paper_that_says_too_little_is_lent_no_more(api: Api, order: Order, buyer: Person) -> None:
    printing.keep(order.id, clock.now())
    news = News(intent_id=order.intent_id, refunds={"re_1": Returned(500)})
    payments.apply(by_system("req_refund"), order.id, news)
    assert problem(asked(api, order, buyer)) == (409, "receipt_not_printed")
    printing.keep(order.id, clock.now())
    assert asked(api, order, buyer).status == 200


def test_a_receipt_of_somebody_else_is_not_found(api: Api, order: Order) -> None:
    printing.keep(order.id, clock.now())
    for who in (api.member("lena"), api.admin()):
        assert problem(asked(api, order, who)) == (404, "order_unknown")


@pytest.mark.row("M17")
def test_a_stranger_checks_a_receipt_and_learns_neither_who_nor_what(api: Api, order: Order) -> None:
    said = checked(api, order).json()
    assert (said["number"], said["status"], said["total"]) == (receipts.number_of(order), "paid", "20.00")
    assert set(said) == {
        "number", "status", "paid_at", "currency", "total", "total_minor", "returned", "returned_minor",
    }  # fmt: skip


def test_a_browser_gets_a_page(api: Api, order: Order) -> None:
    reply = checked(api, order, accept="text/html")
    assert reply.header("content-type") == "text/html; charset=utf-8"
    page = reply.body.decode() if isinstance(reply.body, bytes) else reply.body
    assert "This receipt is real" in page
    assert "20.00 USD" in page
    assert "Meera" not in page


def test_a_code_with_one_changed_letter_is_unknown(api: Api, order: Order) -> None:
    code = receipts.code_of(order.id)
    for place in (0, 27, 53, 60, 77):
        other = "x" if code[place] != "x" else "y"
        assert problem(api.get(f"/receipts/{code[:place]}{other}{code[place + 1 :]}")) == (404, "receipt_unknown")


def test_a_code_outlives_the_key_that_signed_it(api: Api, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import keyring

    code, old = receipts.code_of(order.id), keyring.keys()
    lasting = {old.current: old.key(old.current, keyring.LASTING) or b""}
    monkeypatch.setattr(keyring, "keys", lambda: keyring.Keyring("k9", {"k9": b"9" * 32}, lasting))
    assert api.get(f"/receipts/{code}").json()["number"] == receipts.number_of(order)
