"""How many writes rules put into one transaction: DynamoDB takes a hundred."""

from typing import Any

import pytest

from chalicelib.commerce import ending, payments
from chalicelib.commerce.news import News, Returned
from chalicelib.commerce.products import PREMIUM
from chalicelib.commerce.records import StripeEvent
from chalicelib.table import keys, reads
from tests.factories import commerce, courses, people, shop
from tests.factories.courses import act
from tests.http.api import Api

LARGEST = 100


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of every transaction."""
    seen: list[int] = []
    call = reads.call

    def counted(operation: str, **arguments: Any) -> Any:
        if operation == "transact_write_items":
            seen.append(len(arguments["TransactItems"]))
        return call(operation, **arguments)

    monkeypatch.setattr(reads, "call", counted)
    return seen


def test_every_rule_of_authoring_stays_far_below_a_hundred_writes(api: Api, sizes: list[int]) -> None:
    tara, boss = api.member("tara", roles=("instructor",)), api.admin()
    people.verified(tara.id)
    before = [courses.a_course(tara.id, 1).id for _ in range(10)]
    shelf, other = courses.a_category().id, courses.a_category().id
    largest: dict[str, int] = {}
    numbers = iter(range(1000))

    def measured(name: str, method: str, path: str, body: Any, token: str = tara.access) -> Any:
        sizes.clear()
        reply = api.call(method, path, body, token=token, idempotency_key=f"key-{next(numbers)}")
        assert reply.status < 300, reply.body
        largest[name] = max(sizes)
        return reply.json() if reply.body else None

    whole = {"title": "x", "category_id": shelf, "capacity": 5, "prerequisites": before}
    course = measured("make a course", "POST", "/courses", whole)["id"]
    section = measured("add a section", "POST", f"/courses/{course}/sections", {"title": "x"})["id"]
    lesson = measured("add a lesson", "POST", "/lessons", {"course": course, "title": "x"})["id"]
    lots = {"course": course, "lessons": [{"title": str(number)} for number in range(100)]}
    measured("add a hundred lessons", "POST", "/lessons/bulk", lots)
    measured("change a lesson", "PATCH", f"/lessons/{lesson}", {"title": "y", "content": "y", "position": 2})
    order = [lesson.rpartition("-")[0] + f"-{number}" for number in range(101, 0, -1)]
    measured("reorder", "POST", f"/courses/{course}/lessons/reorder", {"lessons": order})
    measured("publish", "POST", f"/courses/{course}/publish", None)
    change = {"title": "y", "slug": "y", "category_id": other, "capacity": 9, "prerequisites": before[:9]}
    measured("change a course", "PATCH", f"/courses/{course}", change)
    measured("rename a section", "PATCH", f"/courses/{course}/sections/{section}", {"title": "y"})
    measured("delete a lesson", "DELETE", f"/lessons/{lesson}", None)
    measured("delete a course", "DELETE", f"/courses/{course}", None)
    lone = measured("a lesson alone", "POST", "/lessons", {"title": "x", "kg_class": "KG1"})["id"]
    measured("delete it", "DELETE", f"/lessons/{lone}", None)
    child = measured("a category", "POST", "/categories", {"title": "x", "parent_id": shelf}, boss.access)["id"]
    measured("move it", "PATCH", f"/categories/{child}", {"parent_id": other, "slug": "z"}, boss.access)
    measured("delete the category", "DELETE", f"/categories/{child}", None, boss.access)
    assert largest.pop("add a hundred lessons") == LARGEST
    assert max(largest.values()) <= 25, largest


@pytest.mark.row("M43")
def test_the_largest_order_stays_below_a_hundred_writes_whatever_becomes_of_it(api: Api, sizes: list[int]) -> None:
    buyer = api.member("bea")
    people.verified(buyer.id)
    sold = [commerce.a_priced_course(capacity=1) for _ in range(9)]
    code = shop.a_code(percent=50).code
    largest: dict[str, int] = {}

    def measured(name: str) -> None:
        largest[name] = max(sizes)
        sizes.clear()

    commerce.a_cart(buyer.id, *sold, PREMIUM, coupon=code)
    sizes.clear()
    placed = api.post("/orders/create-from-cart", {}, token=buyer.access, idempotency_key="k")
    assert placed.status == 201, placed.body
    measured("place")
    order, event = placed.json()["id"], StripeEvent.under(keys.stripe_event("evt_1"), event_id="evt_1", type="x")
    ending.end(act(), commerce.order_now(order), "expired")
    measured("end")
    captured = commerce.captured(commerce.order_now(order), fee_minor=88)
    payments.apply(act(), order, captured, event=event)
    measured("pay what had ended")
    total = int(commerce.order_now(order).total_minor)
    payments.apply(act(), order, News(dispute="open", disputed_minor=total))
    measured("dispute")
    for course in sold:
        courses.deleted(course)
    payments.apply(act(), order, News(dispute="won", disputed_minor=total))
    measured("nothing to open again")
    refunds = commerce.refunds_of(commerce.order_now(order))
    asked = {f"re_{each.number}": Returned(int(each.amount_minor), each.id) for each in refunds}
    assert len(asked) == 9
    sizes.clear()
    payments.apply(act(), order, News(refunds=asked))
    measured("give it all back")
    assert max(largest.values()) <= 75, largest
