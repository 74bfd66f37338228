"""A write happens and its answer is lost: each write of each operation once, and nobody is told a false conflict."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.settings import settings
from chalicelib.table import acts, facts, keys, reads
from chalicelib.table.facts import DetailRecord
from chalicelib.table.writes import AlreadyThere, commit, put_new
from infra.local.gateway import Reply
from tests.factories.people import PASSWORD, registration
from tests.faults.injector import Injector, Trip, lost_acknowledgement
from tests.http.api import Api, Person, problem

NEW = "nine-quiet-herons"


@dataclass(frozen=True)
class Operation:
    """A call and the fact it leaves; a rotation leaves none."""

    name: str
    call: Callable[[Api, Person, Person], Reply]
    fact: str | None


OPERATIONS = [
    Operation("register", lambda api, me, boss: api.post("/auth/register", registration()), "user.registered"),
    Operation(
        "login",
        lambda api, me, boss: api.post("/auth/login", {"username": "member", "password": PASSWORD}),
        "user.logged_in",
    ),
    Operation("refresh", lambda api, me, boss: api.post("/auth/refresh", {"refresh": me.refresh}), None),
    Operation(
        "profile patch",
        lambda api, me, boss: api.patch("/users/profile", {"bio": "new"}, token=me.access),
        "user.profile_changed",
    ),
    Operation(
        "profile patch of a named version",
        lambda api, me, boss: api.patch("/users/profile", {"bio": "new"}, token=me.access, if_match='"1.x"'),
        "user.profile_changed",
    ),
    Operation(
        "change password",
        lambda api, me, boss: api.post(
            "/auth/change-password", {"current_password": PASSWORD, "new_password": NEW}, token=me.access
        ),
        "user.password_changed",
    ),
    Operation("logout", lambda api, me, boss: api.post("/auth/logout", {"refresh": me.refresh}), "user.logged_out"),
    Operation("ban", lambda api, me, boss: api.post(f"/admin/users/{me.id}/ban", {}, token=boss.access), "user.banned"),
    Operation(
        "tier change",
        lambda api, me, boss: api.patch(f"/admin/users/{me.id}", {"tier": "premium"}, token=boss.access),
        "user.tier_changed",
    ),
    Operation(
        "role",
        lambda api, me, boss: api.post("/users/me/roles", {"role": "instructor"}, token=me.access),
        "user.role_changed",
    ),
    Operation(
        "mail preferences",
        lambda api, me, boss: api.put("/users/me/mail-preferences", {"news": False}, token=me.access),
        "user.mail_preferences_changed",
    ),
    Operation(
        "delete account",
        lambda api, me, boss: api.delete("/users/me", {"password": PASSWORD}, token=me.access),
        "user.erasure_requested",
    ),
    Operation(
        "forgotten password",
        lambda api, me, boss: api.post("/auth/password/forgot", {"email": "member@example.org"}),
        "auth.reset_requested",
    ),
]
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def of_product(trip: Trip) -> bool:
    return trip.writes and not trip.of_limiter


def people_of(api: Api) -> tuple[Person, Person]:
    member, boss = api.member("member", email="member@example.org"), api.member("the-boss", roles=("admin",))
    for token in (None, member.access, boss.access):
        api.get("/events" if token else "/auth/me", token=token)
    return member, boss


def facts_told(name: str | None) -> int:
    items = reads.call("scan", TableName=settings.table_name)["Items"]
    facts = [item for item in items if item["kind"]["S"] == "fact" and item["name"]["S"] == name]
    return len(facts)


@each_operation
@pytest.mark.parametrize("lost", [(0,), (0, 1)], ids=["once", "twice"])
def test_an_operation_survives_the_loss_of_its_acknowledgement(
    api: Api, faults: Injector, operation: Operation, lost: tuple[int, ...]
) -> None:
    member, boss = people_of(api)
    before = facts_told(operation.fact)
    faults.forget()
    faults.break_nth(lost, of_product, lost_acknowledgement)
    reply = operation.call(api, member, boss)
    assert 200 <= reply.status < 300, reply.body
    assert facts_told(operation.fact) - before == (operation.fact is not None)


@each_operation
def test_an_operation_whose_answer_never_arrives_is_503(api: Api, faults: Injector, operation: Operation) -> None:
    member, boss = people_of(api)
    faults.break_nth(range(settings.aws_attempts), of_product, lost_acknowledgement)
    reply = operation.call(api, member, boss)
    assert problem(reply) == (503, "store_unavailable")
    assert reply.header("retry-after")


@pytest.mark.row("B01")
@each_operation
def test_an_operation_with_a_key_finds_its_own_answer_where_none_arrived(
    api: Api, faults: Injector, operation: Operation
) -> None:
    member, boss = people_of(api)
    before = facts_told(operation.fact)
    faults.break_nth(range(settings.aws_attempts), of_product, lost_acknowledgement)
    replies = [with_key(operation, member, boss) for _ in range(2)]
    # A rotation keeps no record; its repeat gives the same successor. Who leaves has no session to repeat it with.
    repeat = {"refresh": [5, 2], "delete account": [2, 4]}.get(operation.name, [2, 2])
    assert [reply.status // 100 for reply in replies] == repeat
    assert facts_told(operation.fact) - before == (operation.fact is not None)


def with_key(operation: Operation, member: Person, boss: Person) -> Reply:
    class Keyed(Api):
        def call(self, *args: Any, **options: Any) -> Reply:
            return super().call(*args, **{"idempotency_key": "k", **options})

    return operation.call(Keyed(), member, boss)


def test_a_registration_whose_answer_was_lost_can_sign_in(api: Api, faults: Injector) -> None:
    faults.break_nth((0,), of_product, lost_acknowledgement)
    person = api.register()
    assert api.login(person.username).id == person.id


def test_a_refresh_whose_answer_was_lost_gives_the_one_successor(api: Api, faults: Injector) -> None:
    person = api.register()
    faults.break_nth((0,), lambda trip: trip.operation == "UpdateItem" and not trip.of_limiter, lost_acknowledgement)
    first = api.post("/auth/refresh", {"refresh": person.refresh}).json()["refresh"]
    assert api.post("/auth/refresh", {"refresh": person.refresh}).json()["refresh"] == first
    assert ".1." in first


def test_an_attempt_to_sign_in_that_may_not_have_been_counted_is_503(api: Api, faults: Injector) -> None:
    people_of(api)
    faults.break_nth((0,), lambda trip: trip.of_limiter and trip.writes, lost_acknowledgement)
    reply = api.post("/auth/login", {"username": "member", "password": PASSWORD})
    assert (reply.status, reply.header("retry-after")) == (503, "2")
    assert api.post("/auth/login", {"username": "member", "password": PASSWORD}).status == 200


def test_a_hash_is_upgraded_though_the_acknowledgement_was_lost(api: Api, faults: Injector) -> None:
    from tests.factories import people
    from tests.http.test_signing_in import django_pbkdf2

    people.enlisted("asha", hash=django_pbkdf2(PASSWORD))
    faults.break_nth((0, 2), of_product, lost_acknowledgement)
    assert api.login("asha").username == "asha"
    assert api.login("asha").username == "asha"


def test_a_transaction_that_finds_its_own_fact_has_succeeded_before(api: Api) -> None:
    """Beyond the ten minutes for which DynamoDB knows the token of a transaction by itself."""
    fact = acts.by_system("test").fact("user.viewed", "usr_ada")
    detail = DetailRecord.under(keys.detail("usr_ada", fact.id), fact_id=fact.id, salt="s", values={})
    writes = [put_new(facts.record(fact)), put_new(detail)]
    deadline = time.monotonic() + 5
    commit(writes, deadline, token="first", own=0)
    commit(writes, deadline, token="second", own=0)
    with pytest.raises(AlreadyThere):
        commit(writes, deadline, token="third")
