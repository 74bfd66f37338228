"""What attackers and broken clients send. Never an answer of 5xx, never somebody else's data, always a problem."""

import json
from typing import Any

import pytest

from chalicelib.commerce import products
from tests.factories import commerce, goals, people
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, at_once

ODD = [
    "\u0000",
    "\ud800",
    "\U0010ffff",
    "\u202eevil",
    "ⅷⅷⅷ",
    "𝒜𝓁𝒾𝒸𝑒",
    "ﬃﬃﬃ",
    "İİİ",
    "ẞẞẞ",
    "a\u0301\u0301\u0301",
    "नमस्ते",
    "👩‍👩‍👧‍👦",
    "٣٣٣",
    "USERNAME#asha",
    "../../etc",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "<script>",
    "x" * 100_000,
    "\r\nSet-Cookie: a=b",
    " ",
    "\u00a0\u2003",
    "True",
    "null",
    "-1",
    "1e999",
]
odd = pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:12]))


def answered(api: Api, method: str, path: str, body: Any = None, **options: Any) -> int:
    """The status, after a look that the answer is whole and no mistake of ours."""
    reply = api.call(method, path, body, **options)
    assert reply.status < 500, reply.body
    if reply.status >= 400 and method != "HEAD":
        assert reply.header("content-type") == "application/problem+json"
        json.loads(reply.body)
    return reply.status


@pytest.mark.parametrize("field", ["username", "email", "password", "first_name", "role", "time_zone", "language"])
def test_odd_text_registers_nobody_or_somebody_whole(api: Api, field: str) -> None:
    for number, text in enumerate(ODD):
        body = registration(username=f"name-{number}", email=f"n{number}@example.org") | {field: text}
        if answered(api, "POST", "/auth/register", body) == 201:
            assert (
                answered(api, "POST", "/auth/login", {"identifier": body["username"], "password": body["password"]})
                == 200
            )


@odd
def test_odd_text_signs_nobody_in(api: Api, text: str) -> None:
    for body in ({"identifier": text, "password": PASSWORD}, {"identifier": "asha", "password": text}):
        assert answered(api, "POST", "/auth/login", body) in (401, 422)


@odd
def test_odd_text_in_a_token_is_refused(api: Api, text: str) -> None:
    assert answered(api, "POST", "/auth/refresh", {"refresh": text}) in (401, 422)
    assert answered(api, "POST", "/auth/verify", {"token": text}) in (401, 422)
    assert answered(api, "POST", "/auth/email/verify", {"token": text}) == 422
    assert answered(api, "POST", "/auth/password/reset", {"token": text, "new_password": PASSWORD}) == 422


@odd
def test_odd_text_in_a_profile_comes_back_as_it_was_or_is_refused(api: Api, text: str) -> None:
    person = api.register()
    for field in ("bio", "headline", "website", "last_name"):
        if answered(api, "PATCH", "/users/profile", {field: text}, token=person.access) == 200:
            assert api.get("/auth/me", token=person.access).status == 200


@pytest.mark.parametrize("field", ["goal_name", "description", "category", "deadline", "target_hours", "course_id"])
def test_odd_text_in_a_goal_comes_back_or_is_refused(api: Api, field: str) -> None:
    token = api.member().access
    body = {"goal_name": "Sing", "category": "Minor"}
    statuses = {answered(api, "POST", "/goals", body | {field: text}, token=token) for text in ODD}
    assert statuses <= {201, 422}
    for name in ("number", "goal_name", "deadline", "completion_percentage"):
        assert answered(api, "GET", f"/goals?sort={name}&page_size=10", token=token) == 200


@pytest.mark.parametrize("field", ["progress", "logged_hours", "total_hours", "logged_on", "lesson_id"])
def test_odd_text_in_an_entry_comes_back_or_is_refused(api: Api, field: str) -> None:
    me = api.member(tier="premium")
    goals.a_goal(me.id)
    body = {"logged_hours": "00:30:00", field: "sound"}
    statuses = {answered(api, "POST", "/goals/1/progress", body | {field: text}, token=me.access) for text in ODD}
    assert statuses <= {201, 422}
    for path in ("/goals/1/progress", "/goal-progress", "/goal-progress/entries.csv", "/progress"):
        assert answered(api, "GET", path, token=me.access) == 200


@pytest.mark.parametrize("field", ["course_id", "product", "code"])
def test_odd_text_puts_nothing_into_a_cart(api: Api, field: str) -> None:
    token = api.member().access
    path = "/cart/coupon" if field == "code" else "/cart/items"
    statuses = {answered(api, "POST", path, {field: text}, token=token) for text in ODD}
    assert statuses <= {409, 422}
    assert api.get("/cart", token=token).json()["items"] == []


@pytest.mark.parametrize("field", ["code", "name", "percent", "amount", "courses", "category_id", "starts_at", "scope"])
def test_odd_text_in_a_code_comes_back_or_is_refused(api: Api, field: str) -> None:
    token = api.member(roles=("instructor",)).access
    for number, text in enumerate(ODD):
        body = {"code": f"CODE-{number}", "percent": 10, field: [text] if field == "courses" else text}
        assert answered(api, "POST", "/coupons", body, token=token) in (201, 403, 409, 422)
    assert answered(api, "GET", "/coupons?page_size=100", token=token) == 200


@pytest.mark.parametrize("field", ["expected_total", "expected_total_minor", "price", "status", "coupon"])
def test_odd_text_in_an_order_orders_nothing(api: Api, field: str) -> None:
    me = api.member()
    people.verified(me.id)
    commerce.a_cart(me.id, products.PREMIUM)
    statuses = {answered(api, "POST", "/orders/create-from-cart", {field: text}, token=me.access) for text in ODD}
    assert statuses == {422}
    for text in ("ord_", "ord_x-y", "%00", "ord_%F0%9F%98%80", "x" * 200):
        assert answered(api, "GET", f"/orders/{text}", token=me.access) == 404
        assert answered(api, "POST", f"/orders/{text}/cancel", token=me.access) == 404
    assert api.get("/orders", token=me.access).json()["results"] == []


HEADERS = """authorization if_match if_none_match origin cookie x_csrf_token user_agent x_request_id idempotency_key
content_type accept_encoding x_forwarded_for content_length""".split()


@pytest.mark.parametrize("name", HEADERS)
def test_an_odd_header_breaks_nothing(api: Api, name: str) -> None:
    body = json.dumps({"identifier": "asha", "password": PASSWORD}).encode()
    for text in ODD:
        if text != "\ud800":  # No wire carries it.
            answered(api, "POST", "/auth/login", body, **{name: text})
            answered(api, "GET", "/auth/me", **{name: text})


@pytest.mark.parametrize("agent", ["ÿ", "x" * 9000, "a\x00b", "é"])
def test_an_odd_user_agent_signs_in_and_is_listed(api: Api, agent: str) -> None:
    api.register()
    reply = api.post("/auth/login", {"identifier": "asha", "password": PASSWORD}, user_agent=agent)
    assert reply.status == 200
    assert answered(api, "GET", "/auth/sessions", token=reply.json()["access"]) == 200
    assert answered(api, "GET", "/users/me/export", token=reply.json()["access"]) == 200


@pytest.mark.parametrize("field", ["reason", "course_ids", "amount", "amount_minor"])
def test_odd_text_in_a_refund_gives_nothing_back(api: Api, field: str) -> None:
    me, boss = api.member("mona"), api.admin()
    people.verified(me.id)
    order = commerce.a_paid_order(me.id, commerce.a_priced_course())
    for path, token in ((f"/orders/{order.id}", me.access), (f"/admin/orders/{order.id}", boss.access)):
        assert {answered(api, "POST", f"{path}/refunds", {field: text}, token=token) for text in ODD} == {422}
        values = [value for value in VALUES if value not in (None, 1.5)]
        assert {answered(api, "POST", f"{path}/refunds", {field: value}, token=token) for value in values} <= {422, 409}
    for text in ("%00", "a%2Fb", "rfd_0-x", "rfd_99999-x", "%F0%9F%92%B8"):
        assert answered(api, "GET", f"/refunds/{text}", token=boss.access) == 404
    assert commerce.refunds_of(order) == []


@pytest.mark.parametrize("ip", ["", "unknown", "::1", "fe80::1%eth0", "999.1.1.1", "x" * 500, "#", "127.0.0.1:80"])
def test_an_odd_address_is_one_place(api: Api, ip: str) -> None:
    assert answered(api, "POST", "/auth/login", {"identifier": "asha", "password": PASSWORD}, ip=ip) == 401


VALUES: list[Any] = [None, True, 0, -1, 1.5, [], {}, [[]], {"a": 1}, "", 10**15, ["x"] * 1000, {"x": {"y": {}}}]


@pytest.mark.parametrize("field", ["username", "email", "password", "first_name", "role", "tier", "transport"])
def test_a_value_of_another_type_is_refused_by_name(api: Api, field: str) -> None:
    for value in VALUES:
        if (field, value) not in (("username", None), ("first_name", "")):
            assert answered(api, "POST", "/auth/register", registration() | {field: value}) == 422


@pytest.mark.parametrize("path", ["/auth/me", "/users", "/users/profile", "/admin/users", "/auth/sessions", "/nothing"])
def test_every_method_has_an_answer(api: Api, path: str) -> None:
    token = api.member().access
    for method in ("GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE"):
        answered(api, method, path, token=token)


@pytest.mark.parametrize(
    "query", ["?", "?=", "?&&", "?a", "?%", "?%00=1", "?q=%ff", "?" + "a=1&" * 500, "?q[]=1", "?" + "x" * 9000]
)
def test_an_odd_query_is_answered(api: Api, query: str) -> None:
    answered(api, "GET", "/users" + query, token=api.member().access)


@pytest.mark.parametrize("twin", ["ａｓｈａ", "𝖆𝖘𝖍𝖆", "аsha", "ash\u0430", "asha\u200b"])
def test_a_name_that_only_looks_like_another_is_refused(api: Api, twin: str) -> None:
    api.register("asha")
    reply = api.post("/auth/register", registration(username=twin, email="twin@example.org"))
    assert reply.status == 422


@pytest.mark.parametrize("name", ["admin", "Support", "SYSTEM", "anonymous", "learnflow"])
def test_a_name_that_speaks_for_the_platform_is_refused(api: Api, name: str) -> None:
    reply = api.post("/auth/register", registration(username=name))
    assert reply.status == 422
    assert [each["field"] for each in reply.json()["errors"]] == ["username"]


def test_an_address_with_a_plus_is_an_account_of_its_own(api: Api) -> None:
    one, two = (api.register(f"asha{n}", email=f"asha{tag}@example.org") for n, tag in enumerate(("", "+two")))
    assert one.id != two.id


@pytest.mark.parametrize("name", ["\ud800", "\u0000", "x" * 5000, "a.b", "__proto__", ""])
def test_the_name_of_an_unknown_field_is_quoted_safely(api: Api, name: str) -> None:
    assert answered(api, "POST", "/auth/register", registration() | {name: 1}) == 422


def test_a_hundred_kilobytes_of_password_cost_no_hash(api: Api) -> None:
    assert answered(api, "POST", "/auth/login", {"identifier": "asha", "password": "x" * 100_000}) == 422


def test_many_odd_requests_at_once_break_nothing(api: Api) -> None:
    statuses = at_once(12, lambda n: answered(api, "POST", "/auth/register", registration(username=ODD[n])))
    assert max(statuses) < 500


@pytest.mark.parametrize("odd", ["a" * 80, "-", "..", "01.x", "%00", "usr_1", "x" * 100_000])
def test_an_odd_code_of_a_receipt_or_month_of_a_statement_is_not_found(api: Api, odd: str) -> None:
    teacher = api.member("tara", roles=("instructor",))
    for path in (f"/receipts/{odd}", f"/earnings/statements/{odd}", f"/orders/{odd}/receipt"):
        reply = api.get(path, token=teacher.access)
        assert (reply.status, reply.header("content-type")) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=2026-13-01", "instructor_id=me", "page_size=0", "cursor=x", "a=1"]
)
def test_an_odd_question_about_sales_is_refused(api: Api, query: str) -> None:
    reply = api.get(f"/reports/sales?{query}", token=api.member("tara", roles=("instructor",)).access)
    assert reply.status in (400, 422)
