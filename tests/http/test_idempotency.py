"""`Idempotency-Key`: the same request again gets the same answer, once more nothing happens."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.settings import settings
from chalicelib.table import reads
from tests.factories import people
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, at_once, problem
from tests.http.test_refreshing import NOON

pytestmark = pytest.mark.row("B01")
KEY = "3f0e0a2c-5d1b-4d7e-9a55-0a6f3a1b2c3d"


def count(kind: str) -> int:
    answer = reads.call(
        "scan",
        TableName=settings.table_name,
        FilterExpression="#k = :k",
        ExpressionAttributeNames={"#k": "kind"},
        ExpressionAttributeValues={":k": {"S": kind}},
    )
    return int(answer["Count"])


def test_the_same_registration_in_twenty_threads_makes_one_account_and_twenty_equal_answers(api: Api) -> None:
    replies = at_once(20, lambda _: api.post("/auth/register", registration(), idempotency_key=KEY))
    assert [reply.status for reply in replies] == [201] * 20
    assert len({reply.body for reply in replies}) == 1
    assert {reply.header("location") for reply in replies} == {"/api/v1/users/me"}
    assert (count("user"), count("session"), count("fact")) == (1, 1, 1)


def test_a_replay_says_that_it_is_one(api: Api) -> None:
    replies = [api.post("/auth/register", registration(), idempotency_key=KEY) for _ in range(2)]
    assert [reply.header("idempotency-replayed") for reply in replies] == [None, "true"]
    assert replies[0].body == replies[1].body


def test_the_order_of_fields_does_not_matter(api: Api) -> None:
    first = registration()
    replies = [api.post("/auth/register", body, idempotency_key=KEY) for body in (first, dict(reversed(first.items())))]
    assert replies[0].body == replies[1].body


def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    api.post("/auth/register", registration(), idempotency_key=KEY)
    reply = api.post("/auth/register", registration(first_name="Usha"), idempotency_key=KEY)
    assert problem(reply) == (422, "idempotency_key_reused")


def test_the_same_key_with_a_body_that_would_succeed_is_refused(api: Api) -> None:
    api.post("/auth/register", registration(), idempotency_key=KEY)
    reply = api.post("/auth/register", registration(username="new", email="new@example.org"), idempotency_key=KEY)
    assert problem(reply) == (422, "idempotency_key_reused")
    assert count("user") == 1


def test_keys_of_different_people_do_not_meet(api: Api) -> None:
    asha, ravi = api.register("asha"), api.register("ravi")
    for person in (asha, ravi):
        reply = api.patch("/users/profile", {"bio": person.username}, token=person.access, idempotency_key=KEY)
        assert reply.json()["bio"] == person.username


def test_a_persons_key_on_another_route_is_refused(api: Api) -> None:
    person = api.register()
    api.patch("/users/profile", {"bio": "x"}, token=person.access, idempotency_key=KEY)
    reply = api.put("/users/me/mail-preferences", {"news": False}, token=person.access, idempotency_key=KEY)
    assert problem(reply) == (422, "idempotency_key_reused")


def test_keys_of_strangers_do_not_meet_across_routes(api: Api) -> None:
    people.enlisted("ravi")
    api.post("/auth/register", registration(), idempotency_key=KEY)
    assert api.post("/auth/login", {"username": "ravi", "password": PASSWORD}, idempotency_key=KEY).status == 200


def test_an_alias_replays_the_answer_of_its_canonical_path(api: Api) -> None:
    first = api.post("/auth/register", registration(), idempotency_key=KEY)
    again = api.post("/api/user/", registration(), idempotency_key=KEY)
    assert (again.status, again.body) == (201, first.body)


@pytest.mark.parametrize(("hours", "status"), [(24 * 3600 - 1, 201), (24 * 3600, 409)])
def test_a_key_is_remembered_for_a_day_whether_or_not_it_is_deleted(api: Api, hours: int, status: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        api.post("/auth/register", registration(), idempotency_key=KEY)
        clock.shift(timedelta(seconds=hours))
        assert api.post("/auth/register", registration(), idempotency_key=KEY).status == status


def test_after_a_day_a_key_serves_another_request(api: Api) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        api.post("/auth/register", registration(), idempotency_key=KEY)
        clock.shift(timedelta(days=1))
        reply = api.post("/auth/register", registration(username="new", email="new@example.org"), idempotency_key=KEY)
        assert (reply.status, reply.header("idempotency-replayed")) == (201, None)


def test_a_replayed_sign_in_answers_the_same_tokens_and_opens_no_second_session(api: Api) -> None:
    people.enlisted("asha")
    body = {"username": "asha", "password": PASSWORD}
    with time_machine.travel(NOON, tick=False) as clock:
        first = api.post("/auth/login", body, idempotency_key=KEY)
        clock.shift(timedelta(minutes=3))
        again = api.post("/auth/login", body, idempotency_key=KEY)
    assert (again.status, again.body) == (200, first.body)
    assert count("session") == 1


def test_replays_of_a_sign_in_use_up_no_attempts(api: Api) -> None:
    people.enlisted("asha")
    body = {"username": "asha", "password": PASSWORD}
    for _ in range(8):
        assert api.post("/auth/login", body, idempotency_key=KEY).status == 200
    assert api.post("/auth/login", body).status == 200


def test_the_stored_answer_holds_no_token(api: Api) -> None:
    said = api.post("/auth/register", registration(), idempotency_key=KEY).json()
    kept = str(reads.call("scan", TableName=settings.table_name)["Items"])
    assert said["access"].rpartition(".")[2] not in kept
    assert said["refresh"].rpartition(".")[2] not in kept
    assert PASSWORD not in kept


def test_a_refusal_is_not_remembered(api: Api) -> None:
    weak = registration(password="password1234")
    assert api.post("/auth/register", weak, idempotency_key=KEY).status == 422
    assert api.post("/auth/register", registration(), idempotency_key=KEY).status == 201


def test_a_conflict_is_not_remembered(api: Api) -> None:
    api.register("asha")
    assert api.post("/auth/register", registration(), idempotency_key=KEY).status == 409
    assert count("answer") == 0


@pytest.mark.parametrize("key", ["x" * 256, "é", "\x07", "", "a\tb", "😀"])
def test_a_key_of_another_form_is_refused(api: Api, key: str) -> None:
    reply = api.post("/auth/register", registration(), idempotency_key=key)
    assert problem(reply) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("key", ["x" * 255, " ", "a#b", "..", '"quoted"', "~"])
def test_every_printable_key_is_accepted(api: Api, key: str) -> None:
    assert api.post("/auth/register", registration(), idempotency_key=key).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/users/profile", {"bio": "x"}),
        ("PUT", "/users/profile", {"bio": "x"}),
        ("POST", "/users/me/roles", {"role": "instructor"}),
        ("PUT", "/users/me/mail-preferences", {"news": False}),
        ("POST", "/auth/email/resend", {}),
    ],
)
def test_each_write_answers_a_repeat_as_it_answered_the_first(api: Api, method: str, path: str, body: Any) -> None:
    person = api.register()
    replies = [api.call(method, path, body, token=person.access, idempotency_key=KEY) for _ in range(3)]
    assert len({(reply.status, reply.body) for reply in replies}) == 1
    assert replies[0].status in (200, 202)


def test_the_etag_of_a_replay_is_good_for_the_next_change(api: Api) -> None:
    person = api.register()
    replies = [api.patch("/users/profile", {"bio": "x"}, token=person.access, idempotency_key=KEY) for _ in range(2)]
    tag = str(replies[1].header("etag"))
    assert tag == replies[0].header("etag")
    assert api.patch("/users/profile", {"bio": "y"}, token=person.access, if_match=tag).status == 200


def test_a_password_change_survives_its_own_repeat(api: Api) -> None:
    person = api.register()
    body = {"current_password": PASSWORD, "new_password": "nine-quiet-herons"}
    first = api.post("/auth/change-password", body, token=person.access, idempotency_key=KEY)
    again = api.post("/auth/change-password", body, token=person.access, idempotency_key=KEY)
    assert first.status == 200
    assert (again.status, again.body) == (200, first.body)


def test_a_get_takes_no_notice_of_a_key(api: Api) -> None:
    person = api.register()
    assert api.get("/auth/me", token=person.access, idempotency_key="é").status == 200
