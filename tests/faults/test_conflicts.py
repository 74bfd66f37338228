"""Transactions that meet others, and a table that is too busy: tried again, then 503 with Retry-After, never 500."""

import pytest

from chalicelib.table import writes
from chalicelib.web import exchange
from tests.factories.people import PASSWORD
from tests.faults.injector import Injector, Trip, broken, conflict, single_conflict, throttled, unreachable
from tests.faults.test_lost_acknowledgements import Operation, each_operation, of_product, people_of
from tests.http.api import Api, at_once, problem


def transacts(trip: Trip) -> bool:
    return trip.operation == "TransactWriteItems"


@each_operation
@pytest.mark.parametrize("times", [1, 4])
def test_an_operation_goes_through_when_the_others_have_finished(
    api: Api, faults: Injector, operation: Operation, times: int
) -> None:
    member, boss = people_of(api)
    faults.break_nth(range(times), transacts, conflict)
    reply = operation.call(api, member, boss)
    assert 200 <= reply.status < 300, reply.body


@each_operation
@pytest.mark.parametrize("fault", [throttled, broken, unreachable], ids=["throttled", "broken", "unreachable"])
def test_an_operation_whose_writes_never_go_through_is_503(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch, operation: Operation, fault: object
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert callable(fault)
    member, boss = people_of(api)
    faults.break_when(of_product, fault)
    reply = operation.call(api, member, boss)
    assert problem(reply) == (503, "store_unavailable")
    assert reply.header("retry-after")


@pytest.mark.parametrize(
    "path", ["/auth/me", "/users", "/auth/sessions", "/users/me/export", "/users/me/mail-preferences"]
)
@pytest.mark.parametrize("fault", [throttled, broken, unreachable], ids=["throttled", "broken", "unreachable"])
def test_a_read_that_never_gets_an_answer_is_503(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch, path: str, fault: object
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert callable(fault)
    member, _ = people_of(api)
    faults.break_when(lambda trip: not trip.of_limiter, fault)
    reply = api.get(path, token=member.access)
    assert problem(reply) == (503, "store_unavailable")


@pytest.mark.parametrize("fault", [throttled, broken], ids=["throttled", "broken"])
def test_a_short_trouble_is_not_noticed(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch, fault: object
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert callable(fault)
    member, _ = people_of(api)
    faults.break_nth((0, 2), lambda trip: not trip.of_limiter, fault)
    assert api.patch("/users/profile", {"bio": "x"}, token=member.access).status == 200


@pytest.mark.row("M93")
def test_a_conflict_that_never_ends_is_503_when_time_is_up(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, _ = people_of(api)
    monkeypatch.setattr(exchange, "PATIENCE_SECONDS", 0.3)
    faults.break_when(transacts, conflict)
    assert problem(api.patch("/users/profile", {"bio": "x"}, token=member.access)) == (503, "store_unavailable")


def test_signing_in_survives_conflicts_of_the_limiter(api: Api, faults: Injector) -> None:
    people_of(api)
    faults.break_nth(range(3), lambda trip: transacts(trip) and trip.of_limiter, conflict)
    assert api.post("/auth/login", {"username": "member", "password": PASSWORD}).status == 200


def test_twelve_devices_sign_in_at_once_while_every_third_transaction_conflicts(api: Api, faults: Injector) -> None:
    people_of(api)
    faults.break_nth(range(0, 300, 3), transacts, conflict)
    replies = at_once(5, lambda _: api.post("/auth/login", {"username": "member", "password": PASSWORD}))
    assert [reply.status for reply in replies] == [200] * 5


def test_a_single_write_waits_until_the_transaction_of_another_lets_go_of_its_item(api: Api, faults: Injector) -> None:
    member, _ = people_of(api)
    faults.break_nth(range(3), lambda trip: trip.operation == "UpdateItem", lambda _, request: single_conflict(request))
    assert api.post("/auth/refresh", {"refresh": member.refresh}).status == 200


def test_a_single_write_whose_item_is_never_let_go_is_503(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, _ = people_of(api)
    monkeypatch.setattr(writes, "ALONE_SECONDS", 0.1)
    faults.break_when(lambda trip: trip.operation == "UpdateItem", lambda _, request: single_conflict(request))
    assert problem(api.post("/auth/refresh", {"refresh": member.refresh})) == (503, "store_unavailable")


def test_a_limiter_that_is_busy_for_a_moment_is_asked_again(api: Api, faults: Injector) -> None:
    faults.break_nth((0,), lambda trip: trip.of_limiter, throttled)
    assert api.post("/auth/password/forgot", {"email": "member@example.org"}).status == 202
    faults.break_nth((0,), lambda trip: trip.of_limiter and transacts(trip), throttled)
    people_of(api)


def test_a_table_that_is_too_busy_is_asked_again_within_a_moment(
    api: Api, faults: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    member, _ = people_of(api)
    faults.break_nth(range(3), lambda trip: not trip.of_limiter, throttled)
    assert api.patch("/users/profile", {"bio": "x"}, token=member.access).status == 200
    assert len(slept) == 3
    assert sum(slept) < 0.7
