"""The demo that `make run` fills an empty table with: courses on their shelves, learners at all stages, goals."""

from collections import Counter
from typing import Any

import pytest
import yaml

from chalicelib.catalog.index import asking, holding
from chalicelib.commerce import states
from chalicelib.commerce.records import Order
from chalicelib.table import reads
from infra.local.demo import purchases, shelves
from infra.local.stripe.server import Stripe
from tests.conftest import House


@pytest.fixture(scope="module")
def bank() -> Stripe:
    return Stripe()


@pytest.fixture(scope="module")
def kinds(engine: House, bank: Stripe) -> Counter[str]:
    """How many items of each kind, and of each state, the seeded table has."""
    from chalicelib.settings import settings
    from infra.local import demo

    engine.wipe()
    holding.forget()
    demo.seed(bank)
    found = Counter[str]()
    start: dict[str, Any] = {}
    while True:
        page = reads.call("scan", TableName=settings.table_name, **start)
        for item in page["Items"]:
            kind = item["kind"]["S"]
            found[kind] += 1
            found[f"{kind} {item.get('status', {}).get('S', '')}"] += 1
            found[f"{kind} finished"] += "completed_at" in item
            found[f"{kind} begun"] += "started_at" in item
            if kind == "order":
                found[f"order {states.status(Order.from_raw_data(item))}"] += 1
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def test_about_forty_courses_stand_on_eight_shelves(kinds: Counter[str]) -> None:
    assert kinds["category"] == 8
    assert 38 <= kinds["course"] <= 45
    assert 180 <= kinds["lesson"] <= 230
    assert kinds["course draft"]
    assert kinds["course archived"]
    assert kinds["seats"] == 3


def test_learners_are_at_all_stages(kinds: Counter[str]) -> None:
    assert kinds["enrollment finished"] >= 8
    assert kinds["enrollment begun"] > kinds["enrollment finished"]
    assert kinds["enrollment"] > kinds["enrollment begun"]
    assert kinds["enrollment cancelled"] == 4


def test_the_catalogue_has_what_is_published_before_the_first_request(kinds: Counter[str]) -> None:
    found = asking.found(holding.current(), asking.Query(size=100))
    assert found.count == kinds["course published"]


def test_two_people_have_goals_at_all_stages_with_weeks_of_entries(kinds: Counter[str]) -> None:
    assert kinds["goal"] == 12
    assert kinds["goal paused"] == kinds["goal completed"] == 2
    assert kinds["goal_entry"] > 100
    assert kinds["goal_day"] > 60
    assert kinds["goal_ledger"] == 2


def test_orders_are_at_all_stages(kinds: Counter[str]) -> None:
    assert kinds["order paid"] >= 15
    once = "partially_refunded refunded disputed expired cancelled".split()
    assert kinds["order pending"] == 2
    assert {status: kinds[f"order {status}"] for status in once} == dict.fromkeys(once, 1)
    assert kinds["refund succeeded"] == 2
    assert kinds["coupon"] == 3


def test_whoever_signs_in_as_the_teacher_has_sold_something() -> None:
    stock = [course for shelf in shelves.ALL for course in yaml.safe_load(shelf.read_bytes())["courses"]]
    priced = {course["title"] for course in stock if course["teacher"] == "teacher" and "price" in course}
    orders = [order for buyer in purchases.BUYERS for order in buyer["orders"] if "becomes" not in order]
    assert priced & {thing for order in orders for thing in order["things"]}


def test_the_bank_knows_each_payment_of_the_demo(kinds: Counter[str], bank: Stripe) -> None:
    orders = sum(kinds[f"order {status}"] for status in ("paid", "partially_refunded", "refunded", "disputed"))
    assert len(bank.captured()) == orders
    assert len(list(bank.store.all("payment_intent"))) == orders + 1
