"""Trips per operation: how many calls to AWS one request makes, one after the other. A failing row names the calls."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.gateway import Reply
from tests.factories import people
from tests.factories.people import PASSWORD, registration
from tests.faults.injector import Injector
from tests.http.api import Api, Person

Call = Callable[[Api, Person, Person], Reply]
NEW = {"current_password": PASSWORD, "new_password": "nine-quiet-herons"}
DIRECTORY = ["Query"] * 3


#: Operation, the call, its trips in order. The keys are at hand and the caller's lease is filled, as in steady state.
BUDGET: list[tuple[str, Call, list[str]]] = [
    ("health", lambda api, me, _: api.get("/health"), []),
    ("health with a token", lambda api, me, _: api.get("/health", token=me.access), []),
    ("refused without a token", lambda api, me, _: api.get("/auth/me"), []),
    ("refused body", lambda api, me, _: api.post("/auth/login", {}), []),
    ("me", lambda api, me, _: api.get("/auth/me", token=me.access), ["BatchGetItem"]),
    ("profile", lambda api, me, _: api.get("/users/profile", token=me.access), ["BatchGetItem"]),
    (
        "register",
        lambda api, me, _: api.post("/auth/register", registration()),
        ["limiter UpdateItem", "TransactWriteItems"],
    ),
    (
        "login",
        lambda api, me, _: api.post("/auth/login", {"username": "member", "password": PASSWORD}),
        ["GetItem", "limiter TransactWriteItems", "BatchGetItem", "TransactWriteItems"],
    ),
    (
        "login with a wrong password",
        lambda api, me, _: api.post("/auth/login", {"username": "member", "password": "wrong-wrong-wrong"}),
        ["GetItem", "limiter TransactWriteItems", "BatchGetItem"],
    ),
    (
        "login as nobody",
        lambda api, me, _: api.post("/auth/login", {"username": "nobody", "password": PASSWORD}),
        ["GetItem", "limiter TransactWriteItems", "BatchGetItem"],
    ),
    (
        "refresh",
        lambda api, me, _: api.post("/auth/refresh", {"refresh": me.refresh}),
        ["BatchGetItem", "UpdateItem"],
    ),
    ("verify", lambda api, me, _: api.post("/auth/verify", {"token": me.access}), ["GetItem"]),
    (
        "logout",
        lambda api, me, _: api.post("/auth/logout", {"refresh": me.refresh}),
        ["BatchGetItem", "TransactWriteItems"],
    ),
    (
        "change password",
        lambda api, me, _: api.post("/auth/change-password", NEW, token=me.access),
        ["BatchGetItem", "limiter UpdateItem", "GetItem", "GetItem", "TransactWriteItems"],
    ),
    (
        "profile patch",
        lambda api, me, _: api.patch("/users/profile", {"bio": "x"}, token=me.access),
        ["BatchGetItem", "TransactWriteItems"],
    ),
    (
        "profile patch with an idempotency key",
        lambda api, me, _: api.patch("/users/profile", {"bio": "x"}, token=me.access, idempotency_key="k"),
        ["BatchGetItem", "TransactWriteItems"],
    ),
    (
        "profile patch that changes nothing",
        lambda api, me, _: api.patch("/users/profile", {"bio": ""}, token=me.access),
        ["BatchGetItem"],
    ),
    ("users list", lambda api, me, _: api.get("/users", token=me.access), DIRECTORY),
    ("users by prefix", lambda api, me, _: api.get("/users?q=mem", token=me.access), ["Query"]),
    ("sessions list", lambda api, me, _: api.get("/auth/sessions", token=me.access), ["BatchGetItem", "Query"]),
    (
        "mail preferences",
        lambda api, me, _: api.put("/users/me/mail-preferences", {"news": False}, token=me.access),
        ["BatchGetItem", "TransactWriteItems"],
    ),
    (
        "forgotten password",
        lambda api, me, _: api.post("/auth/password/forgot", {"email": "member@example.org"}),
        ["limiter UpdateItem", "TransactWriteItems"],
    ),
    (
        "forgotten password of nobody",
        lambda api, me, _: api.post("/auth/password/forgot", {"email": "nobody@example.org"}),
        ["limiter UpdateItem", "TransactWriteItems"],
    ),
    (
        "ban",
        lambda api, me, boss: api.post(f"/admin/users/{me.id}/ban", {}, token=boss.access),
        ["GetItem", "GetItem", "GetItem", "TransactWriteItems"],
    ),
    (
        "tier change",
        lambda api, me, boss: api.patch(f"/admin/users/{me.id}", {"tier": "premium"}, token=boss.access),
        ["GetItem", "GetItem", "GetItem", "TransactWriteItems"],
    ),
]


@pytest.mark.parametrize(("operation", "call", "trips"), BUDGET, ids=[row[0] for row in BUDGET])
def test_an_operation_keeps_to_its_trips(
    api: Api, faults: Injector, operation: str, call: Call, trips: list[str]
) -> None:
    member = api.member("member", email="member@example.org")
    boss = api.member("the-boss", roles=("admin",))
    for warm in (None, member.access, boss.access):
        api.get("/events" if warm else "/auth/me", token=warm)
    faults.forget()
    reply = call(api, member, boss)
    assert reply.status < 500
    assert faults.names() == trips, f"{operation}: {', '.join(faults.names())}"


def test_a_page_of_the_directory_costs_the_same_however_many_people_there_are(api: Api, faults: Injector) -> None:
    reader: Any = api.member("aaa-reader")
    counts = []
    for amount in (30, 60):
        for n in range(amount):
            people.enlisted(f"b{amount}-{n:03d}")
        api.get("/users?q=b", token=reader.access)
        faults.forget()
        api.get("/users?q=b", token=reader.access)
        counts.append(faults.names())
    assert counts == [["Query"]] * 2
