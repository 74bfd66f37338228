"""What teachers have earned, their statements, and the accounts of the platform, over HTTP."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from chalicelib.commerce import payments
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.records import Order
from chalicelib.table.acts import by_system
from tests.conftest import House
from tests.factories import commerce
from tests.faults.injector import Injector
from tests.http.api import Api, Person, problem
from tests.http.kept import kept


@pytest.fixture
def teacher(api: Api, clean: House) -> Person:
    return kept(clean.cloud, "teacher", lambda: api.member("tara", roles=("instructor",)))


@pytest.fixture
def orders(teacher: Person, clean: House) -> list[Order]:
    return kept(clean.cloud, f"earned-{teacher.id}", lambda: sold(teacher, clean))


def sold(teacher: Person, clean: House) -> list[Order]:
    """Two sales, a course of somebody else in one of them; a quarter of the first is given back, its fee is known."""
    first, second = commerce.a_buyer("meera"), commerce.a_buyer("lena")
    made = [
        commerce.a_paid_order(first.id, commerce.a_priced_course(teacher.id), fee_minor=88),
        commerce.a_paid_order(second.id, commerce.a_priced_course(teacher.id, 999), commerce.a_priced_course()),
    ]
    given_back(made[0], 500)
    clean.driver.settle()
    return made


def given_back(order: Order, amount: int) -> None:
    news = News(intent_id=order.intent_id, refunds={f"re_{amount}": Returned(amount)})
    payments.apply(by_system("req_refund"), order.id, news)


def earned(api: Api, who: Person, query: str = "") -> dict[str, Any]:
    return dict(api.get(f"/earnings{query}", token=who.access).json())


@pytest.mark.row("B04", "M30")
def test_a_teacher_sees_the_balance_and_what_has_moved_it(api: Api, teacher: Person, orders: list[Order]) -> None:
    found = earned(api, teacher)
    # 20.00 less 20 %, three quarters of it; and 9.99 less 2.00.
    assert found["balances"] == [{"currency": "USD", "amount": "19.99", "amount_minor": 1200 + 799}]
    assert [(each["what"], each["amount"]) for each in found["movements"]] == [
        ("refund", "-4.00"),
        ("sale", "7.99"),
        ("sale", "16.00"),
    ]
    assert sum(each["amount_minor"] for each in found["movements"]) == found["balances"][0]["amount_minor"]


def test_movements_say_neither_who_bought_nor_what_else(api: Api, teacher: Person, orders: list[Order]) -> None:
    said = str(earned(api, teacher))
    assert all(order.user_id[4:] not in said for order in orders)
    assert [len(each["courses"]) for each in earned(api, teacher)["movements"]] == [1, 1, 1]


def test_movements_go_on_from_a_cursor(api: Api, teacher: Person, orders: list[Order]) -> None:
    first = earned(api, teacher, "?page_size=2")
    rest = api.get(first["next"].partition("/api/v1")[2], token=teacher.access).json()
    assert [len(first["movements"]), len(rest["movements"]), rest["next"]] == [2, 1, None]


def test_earnings_take_two_trips(api: Api, teacher: Person, faults: Injector) -> None:
    earned(api, teacher)
    faults.trips.clear()
    earned(api, teacher)
    assert [trip.operation for trip in faults.trips if "limiter" not in str(trip)][-2:] == ["BatchGetItem", "Query"]


def test_somebody_who_has_sold_nothing_has_nothing(api: Api, teacher: Person) -> None:
    assert earned(api, teacher) == {"balances": [], "movements": [], "next": None}


def test_earnings_are_for_those_who_teach(api: Api) -> None:
    assert problem(api.get("/earnings", token=api.member("meera").access)) == (403, "role_missing")


def statement(api: Api, who: Person, month: str) -> dict[str, Any]:
    return dict(api.get(f"/earnings/statements/{month}", token=who.access).json())


@pytest.mark.row("B04", "M106")
def test_a_statement_leads_from_what_was_to_what_is(api: Api, teacher: Person, clean: House) -> None:
    course = commerce.a_priced_course(teacher.id)
    with time_machine.travel(datetime(2026, 9, 30, 19, tzinfo=UTC), tick=False):  # October in the platform's zone
        before = commerce.a_paid_order(commerce.a_buyer("meera").id, course)
        clean.driver.settle()
    with time_machine.travel(datetime(2026, 11, 5, tzinfo=UTC), tick=False):
        commerce.a_paid_order(commerce.a_buyer("lena").id, course)
        given_back(before, 500)
        clean.driver.settle()
        who = api.login("tara")
        october, november = statement(api, who, "2026-10"), statement(api, who, "2026-11")
        assert statement(api, who, "2026-09")["closing"] == []
    assert (october["opening"], october["closing"][0]["amount"]) == ([], "16.00")
    assert (november["opening"], november["closing"][0]["amount"]) == (october["closing"], "28.00")
    (line,) = november["lines"]
    assert (line["sold"], line["gross"], line["fee"], line["earned"]) == (1, "20.00", "4.00", "16.00")
    assert (line["refunded"], line["fee_back"], line["earned_back"], line["net"]) == ("5.00", "1.00", "4.00", "12.00")
    assert line["title"]


@pytest.mark.row("M106")
def test_a_statement_is_a_file_whose_last_column_adds_up(api: Api, teacher: Person, orders: list[Order]) -> None:
    month = f"{orders[0].paid_at:%Y-%m}"
    reply = api.get(f"/earnings/statements/{month}?format=csv", token=teacher.access)
    assert reply.header("content-type") == "text/csv; charset=utf-8"
    assert reply.header("content-disposition") == f'attachment; filename="statement-{month}.csv"'
    text = reply.body.decode("utf-8-sig") if isinstance(reply.body, bytes) else reply.body.lstrip("\ufeff")
    _, opening, *lines, closing = [line.split(",") for line in text.splitlines()]
    assert Decimal(opening[-1]) + sum(Decimal(line[-1]) for line in lines) == Decimal(closing[-1]) == Decimal("19.99")


@pytest.mark.parametrize("month", ["2026-13", "2099-01", "november", "2026-1", "1999-12"])
def test_there_is_no_statement_of_what_is_no_month_or_not_yet(api: Api, teacher: Person, month: str) -> None:
    assert problem(api.get(f"/earnings/statements/{month}", token=teacher.access)) == (404, "statement_unknown")


@pytest.mark.row("B04")
def test_the_accounts_are_what_a_recount_of_the_postings_gives(api: Api, orders: list[Order]) -> None:
    said = api.get("/admin/accounts", token=api.admin().access).json()
    sums: Counter[str] = Counter()
    for order in orders:
        for account, amount in commerce.balances(order).items():
            sums["instructors" if account.startswith("instructor:") else account] += amount
    assert {name: sum(each["amount_minor"] for each in amounts) for name, amounts in said.items()} == sums
    assert sum(sums.values()) == 0


def test_the_accounts_are_for_administrators(api: Api, teacher: Person) -> None:
    assert problem(api.get("/admin/accounts", token=teacher.access)) == (403, "role_missing")


def test_a_buyer_is_not_told_what_of_the_price_is_whose(api: Api, teacher: Person, orders: list[Order]) -> None:
    events = api.get("/events?since=0", token=api.login("meera").access).json()["results"]
    paid = next(each for each in events if each["name"] == "order.paid")
    assert paid["data"]["total_minor"] == 2000
    assert {"entries", "shares", "teachers"}.isdisjoint(paid["data"])
    assert teacher.id not in str(events)
