"""The report of sales over HTTP: what was placed, paid and given back, by day and by course."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.commerce import payments
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.products import PREMIUM
from chalicelib.insight import figures
from chalicelib.table.acts import by_system
from tests.conftest import House
from tests.factories import commerce
from tests.http.api import Api, Person, fields, problem
from tests.http.kept import kept

FRIDAY, SATURDAY = datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 20, tzinfo=UTC)


@pytest.fixture
def shop(api: Api, clean: House) -> dict[str, Any]:
    return kept(clean.cloud, "shop", lambda: opened(api, clean))


def opened(api: Api, clean: House) -> dict[str, Any]:
    """On Friday two orders of which one is paid; in the platform's night after it a third with two courses of two
    teachers and the premium tier, which is partly given back.
    """
    tara = api.member("tara", roles=("instructor",))
    with time_machine.travel(FRIDAY, tick=False):
        course = commerce.a_priced_course(tara.id)
        commerce.a_pending_order(commerce.a_buyer("kim").id, course)
        commerce.a_paid_order(commerce.a_buyer("meera").id, course)
    with time_machine.travel(SATURDAY, tick=False):
        other = commerce.a_priced_course(price_minor=999)
        order = commerce.a_paid_order(commerce.a_buyer("lena").id, course, other, PREMIUM)
        refunds = {"re_1": Returned(1000)}
        payments.apply(by_system("req_refund"), order.id, News(intent_id=order.intent_id, refunds=refunds))
        clean.driver.settle()
    return {"tara": tara, "course": course, "other": other}


def report(api: Api, who: Person, query: str = "from=2026-11-01&to=2026-11-30") -> dict[str, Any]:
    reply = api.get(f"/reports/sales?{query}", token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


@pytest.mark.row("M30", "M132")
def test_administrators_see_conversion_average_and_revenue_of_everything(api: Api, shop: dict[str, Any]) -> None:
    said = report(api, api.admin())
    assert (said["orders_placed"], said["orders_paid"], said["conversion_rate"]) == (3, 2, 66.67)
    (money,) = said["money"]
    # 20.00, and 20.00 + 9.99 + 49.00.
    assert (money["revenue"], money["refunded"], money["net"]) == ("98.99", "10.00", "88.99")
    assert (money["average_order_value"], money["refunds"]) == ("49.50", 1)
    assert [each["title"] for each in said["courses"] if each["id"] == PREMIUM] == ["Premium tier"]


@pytest.mark.row("M30")
def test_revenue_is_told_by_day_of_the_platform_and_by_course(api: Api, shop: dict[str, Any]) -> None:
    said = report(api, api.admin())
    assert [(day["day"], day["orders_placed"], day["orders_paid"]) for day in said["days"]] == [
        ("2026-11-20", 2, 1),
        ("2026-11-21", 1, 1),
    ]
    assert [day["money"][0]["revenue"] for day in said["days"]] == ["20.00", "78.99"]
    sold = {each["id"]: (each["sold"], each["revenue"]) for each in said["courses"]}
    assert sold == {shop["course"]: (2, "40.00"), shop["other"]: (1, "9.99"), PREMIUM: (1, "49.00")}
    assert sum(each["net_minor"] for each in said["courses"]) == said["money"][0]["net_minor"]


@pytest.mark.row("M30")
def test_a_teacher_sees_their_own_courses_and_nothing_else(api: Api, shop: dict[str, Any]) -> None:
    said = report(api, shop["tara"])
    assert (said["orders_placed"], said["orders_paid"], said["money"][0]["revenue"]) == (3, 2, "40.00")
    assert [each["id"] for each in said["courses"]] == [shop["course"]]
    assert shop["other"] not in str(said)


def test_the_sales_of_others_are_for_administrators(api: Api, shop: dict[str, Any]) -> None:
    whose, tara = api.admin(), shop["tara"]
    refused = api.get(f"/reports/sales?instructor_id={whose.id}", token=tara.access)
    assert problem(refused) == (403, "sales_not_yours")
    theirs = report(api, whose, f"from=2026-11-01&to=2026-11-30&instructor_id={tara.id}")
    assert {**theirs, "made_at": None} == {**report(api, tara), "made_at": None}
    assert problem(api.get("/reports/sales", token=api.member("meera2").access)) == (403, "role_missing")


def test_only_the_days_that_were_asked_for_are_in_it(api: Api, shop: dict[str, Any]) -> None:
    said = report(api, shop["tara"], "from=2026-11-20&to=2026-11-20")
    assert (said["from"], said["to"], said["orders_paid"]) == ("2026-11-20", "2026-11-20", 1)


def test_courses_go_on_from_a_cursor(api: Api, shop: dict[str, Any]) -> None:
    whose = api.admin()
    whole = report(api, whose)["courses"]
    first = report(api, whose, "from=2026-11-01&to=2026-11-30&page_size=2")
    rest = api.get(first["next"].partition("/api/v1")[2], token=whose.access).json()
    assert [*first["courses"], *rest["courses"]] == whole
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [("from=2026-11-02&to=2026-11-01", "after_to"), ("from=2026-01-01&to=2026-11-01", "too_far")],
)
def test_a_span_is_bounded(api: Api, query: str, code: str) -> None:
    reply = api.get(f"/reports/sales?{query}", token=api.admin().access)
    assert (problem(reply)[0], fields(reply)) == (422, {"from": code})


@pytest.mark.row("M30")
def test_the_daily_figures_have_the_money_too(shop: dict[str, Any]) -> None:
    from chalicelib.insight import figures

    counts = figures.of(SATURDAY.date().replace(day=21))
    assert (counts["order.paid"], counts["revenue.USD"], counts["returned.USD"]) == (1, 7899, 1000)


@pytest.mark.row("M30")
def test_a_refund_that_failed_in_the_end_is_none(api: Api, clean: House) -> None:
    boss = api.admin()
    order = commerce.a_paid_order(commerce.a_buyer("meera").id, commerce.a_priced_course())
    for failed in (False, True):
        told = {"re_1": Returned(1000, is_done=not failed, has_failed=failed)}
        payments.apply(by_system("req_refund"), order.id, News(intent_id=order.intent_id, refunds=told))
    clean.driver.settle()
    (money,) = report(api, boss, "")["money"]
    assert (money["refunds"], money["refunded"]) == (0, "0.00")
    assert figures.of(date.fromisoformat(figures.day_of(clock.now())))["order.refunded"] == 0
