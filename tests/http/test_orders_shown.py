"""Orders as their buyers see them."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.commerce import payments
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order
from chalicelib.table.record import moment_text
from chalicelib.table.writes import adjust, alone
from tests.factories import commerce, people
from tests.factories.courses import act
from tests.http.api import Api, Person, problem


@pytest.fixture
def buyer(api: Api) -> Person:
    bea = api.member("bea")
    people.verified(bea.id)
    return bea


@pytest.mark.row("M68")
def test_other_peoples_orders_are_not_there(api: Api, buyer: Person) -> None:
    order = commerce.a_pending_order(commerce.a_buyer().id, commerce.a_priced_course())
    boss = api.member("boss", roles=("admin",))
    for who in (buyer, boss):
        for reply in (
            api.get(f"/orders/{order.id}", token=who.access),
            api.post(f"/orders/{order.id}/cancel", token=who.access),
            api.get("/orders/ord_1", token=who.access),
        ):
            assert problem(reply) == (404, "order_unknown")
    assert commerce.order_now(order.id).ended is None


@pytest.mark.row("M68", "M44")
def test_a_paid_order_says_what_can_be_given_back_and_no_secret(api: Api, buyer: Person) -> None:
    course, other = commerce.a_priced_course(), commerce.a_priced_course()
    order = commerce.a_paid_order(buyer.id, course, other)
    payments.apply(act(), order.id, News(refunds={"re_1": Returned(1000)}))
    said = api.get(f"/orders/{order.id}", token=buyer.access).json()
    assert (said["status"], said["refunded"], said["refundable_minor"]) == ("partially_refunded", "10.00", 3000)
    assert [(each["refunded"], each["closed"]) for each in said["items"]] == [("5.00", False), ("5.00", False)]
    assert (said["payment_intent_id"], said["expires_at"]) == (order.intent_id, None)
    assert said["paid_at"] is not None
    assert said["links"]["refund"] == f"/api/v1/orders/{order.id}/refunds"
    assert (said["links"]["pay"], said["links"]["receipt"]) == (None, f"/api/v1/orders/{order.id}/receipt")
    assert "secret" not in str(said)


@pytest.mark.row("M67", "M14")
def test_orders_are_listed_newest_first_by_status_page_by_page(api: Api, buyer: Person) -> None:
    made = [
        commerce.a_stored_record(
            buyer.id, at=clock.now() - timedelta(days=n), ended="cancelled" if n % 3 else "expired", lines=[]
        ).id
        for n in range(7)
    ]
    commerce.a_stored_record("usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F")

    def listed(query: str) -> list[str]:
        seen, path = [], f"/orders?page_size=3{query}"
        while path:
            page = api.get(path, token=buyer.access).json()
            seen += [each["id"] for each in page["results"]]
            path = (page["next"] or "").partition("/api/v1")[2]
        return seen

    assert listed("") == made
    assert listed("&status=expired") == made[::3]
    assert listed("&status=paid") == []
    assert api.get("/orders?status=odd", token=buyer.access).status == 422


def over(buyer: Person, **changes: Any) -> Order:
    """An order whose time was up some minutes ago and that nobody has ended yet."""
    return commerce.a_stored_record(buyer.id, at=clock.now() - timedelta(minutes=33), **changes)


@pytest.mark.row("M14", "M68")
def test_an_order_whose_time_is_up_is_expired_before_the_clock_comes_by(api: Api, buyer: Person) -> None:
    order = over(buyer)
    said = api.get(f"/orders/{order.id}", token=buyer.access).json()
    assert (said["status"], said["expires_at"], said["ended_at"]) == ("expired", None, moment_text(order.expires_at))
    assert (said["links"]["pay"], said["links"]["cancel"]) == (None, None)
    for status, found in (("expired", [said]), ("pending", [])):
        assert api.get(f"/orders?status={status}", token=buyer.access).json()["results"] == found
    boss = api.admin()
    shown = api.get(f"/admin/orders/{order.id}", token=boss.access).json()
    assert (shown["status"], api.get("/admin/orders", token=boss.access).json()["results"]) == ("expired", [shown])
    ended = commerce.ended(order.id)
    assert ended.ended == "expired"
    assert api.get(f"/orders/{order.id}", token=buyer.access).json() == said


@pytest.mark.row("M14", "M68")
def test_what_has_expired_stays_so_when_its_buyer_cancels_it_or_orders_anew(api: Api, buyer: Person) -> None:
    order = commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    alone(adjust(order, Order.expires_at.set(clock.now()), where=Order.id.exists()))
    assert api.get(f"/orders/{order.id}", token=buyer.access).json()["status"] == "expired"
    commerce.a_pending_order(buyer.id, commerce.a_priced_course())
    assert commerce.order_now(order.id).ended == "expired"
    late = over(buyer)
    assert api.post(f"/orders/{late.id}/cancel", {}, token=buyer.access).json()["status"] == "expired"


@pytest.mark.row("M14", "M68")
def test_while_stripe_may_have_taken_the_money_nobody_says_that_an_order_has_expired(api: Api, buyer: Person) -> None:
    order = over(buyer, intent_id="pi_1")
    said = api.get(f"/orders/{order.id}", token=buyer.access).json()
    assert (said["status"], said["ended_at"]) == ("pending", None)
    assert (said["links"]["pay"], said["links"]["cancel"]) == (None, f"/api/v1/orders/{order.id}/cancel")


@pytest.mark.row("M67", "M68", "M69", "X01")
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_older_paths_lead_to_the_same_orders(api: Api, buyer: Person, slash: str) -> None:
    commerce.a_cart(buyer.id, commerce.a_priced_course())
    made = api.post(f"/api/orders/create-from-cart{slash}", {}, token=buyer.access)
    assert made.status == 201
    one = api.get(f"/api/orders/{made.json()['id']}{slash}", token=buyer.access)
    listed = api.get(f"/api/orders{slash}", token=buyer.access)
    assert one.json() == made.json()
    assert listed.json()["results"] == [one.json()]
    assert one.body == api.get(f"/orders/{made.json()['id']}", token=buyer.access).body
