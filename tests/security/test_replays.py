"""What was right once is tried again: idempotency keys, refresh tokens, mailed tokens, by the wrong one or too late."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.accounts import records
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from tests.security import crew, forgery, matrix
from tests.security.client import Api, require_problem

NEW = "nine-quiet-herons"


def test_an_answer_is_replayed_to_nobody_else(api: Api) -> None:
    asha, ben = crew.join("asha"), crew.join("ben")
    for person in (asha, ben):
        answer = api.call(
            "PATCH", "/api/v1/users/profile", {"bio": "mine"}, token=person.access, Idempotency_Key="same"
        )
        assert answer.json()["username"] == person.user.username
    again = api.call("PATCH", "/api/v1/users/profile", {"bio": "other"}, token=asha.access, Idempotency_Key="same")
    assert again.status in (200, 422)
    assert "ben" not in again.everything()


@pytest.mark.parametrize("how", ["banned", "logged out"])
def test_no_answer_is_replayed_to_somebody_who_may_no_longer_act(api: Api, how: str) -> None:
    person = crew.join("asha")
    sent: dict[str, Any] = {"token": person.access, "Idempotency_Key": "once"}
    assert api.call("PATCH", "/api/v1/users/profile", {"bio": "mine"}, **sent).status == 200
    crew.ban(person) if how == "banned" else crew.sign_out(person)
    answer = api.call("PATCH", "/api/v1/users/profile", {"bio": "mine"}, **sent)
    require_problem(answer, 401, 403)


@pytest.mark.parametrize("how", ["banned", "password reset"])
def test_a_sign_in_is_not_replayed_once_it_would_be_refused(api: Api, how: str) -> None:
    person = crew.join("asha")
    body = {"username": "asha", "password": crew.PASSWORD}
    assert api.post("/api/v1/auth/login", body, Idempotency_Key="once").status == 200
    if how == "banned":
        crew.ban(person)
    else:
        change = {"token": crew.mailed(person, "reset"), "new_password": NEW}
        assert api.post("/api/v1/auth/password/reset", change).status == 200
    require_problem(api.post("/api/v1/auth/login", body, Idempotency_Key="once"), 401, 403)


@pytest.mark.parametrize("route", [route for route in matrix.rows() if not route.startswith("GET ")])
def test_every_writing_route_takes_an_idempotency_key(api: Api, route: str) -> None:
    stage, row = matrix.stage(api), matrix.rows()[route]
    actor = row.user
    path, body = stage.request(row, actor)
    sent: dict[str, Any] = {"token": stage.token(actor), "Idempotency_Key": "once"}
    first, again = (api.call(row.method, path, body, **sent) for _ in range(2))
    assert first.status == row.expect[actor]
    assert again.status < 500


def test_reuse_is_seen_also_under_an_idempotency_key(api: Api) -> None:
    person = crew.join("asha")
    text = person.refresh
    for _ in range(3):
        text = api.post("/api/v1/auth/refresh", {"refresh": text}).json()["refresh"]
    answer = api.post("/api/v1/auth/refresh", {"refresh": person.refresh}, Idempotency_Key="a-thief-s-key")
    require_problem(answer, 401)
    require_problem(api.post("/api/v1/auth/refresh", {"refresh": text}), 401)
    require_problem(api.get("/api/v1/auth/me", token=person.access), 401)


def test_reuse_ends_this_session_and_no_other(api: Api) -> None:
    person = crew.join("asha")
    elsewhere = crew.again(person)
    text = person.refresh
    for _ in range(3):
        text = api.post("/api/v1/auth/refresh", {"refresh": text}).json()["refresh"]
    require_problem(api.post("/api/v1/auth/refresh", {"refresh": person.refresh}), 401)
    require_problem(api.post("/api/v1/auth/refresh", {"refresh": text}), 401)
    assert api.post("/api/v1/auth/refresh", {"refresh": elsewhere.refresh}).status == 200


def test_fifty_at_once_refresh_to_one_and_the_same_successor(api: Api) -> None:
    person = crew.join("asha")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/api/v1/auth/refresh", {"refresh": person.refresh}), range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["refresh"] for answer in answers}) == 1


@pytest.mark.row("K59")
@pytest.mark.parametrize("purpose", ["reset", "verify"])
def test_of_fifty_uses_of_a_mailed_token_at_once_exactly_one_succeeds(api: Api, purpose: str) -> None:
    person = crew.join("asha")
    token = crew.mailed(person, purpose)
    path = "/api/v1/auth/password/reset" if purpose == "reset" else "/api/v1/auth/email/verify"

    def use(number: int) -> int:
        body = {"token": token} | ({"new_password": f"{NEW}-{number}"} if purpose == "reset" else {})
        return api.post(path, body).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(use, range(50)))
    assert statuses == [200] + [422] * 49


def test_a_mailed_token_serves_its_purpose_person_and_address_only(api: Api) -> None:
    asha, ben = crew.join("asha"), crew.join("ben")
    verify, reset, other = crew.mailed(asha, "verify"), crew.mailed(asha, "reset"), crew.mailed(ben, "reset")
    require_problem(api.post("/api/v1/auth/password/reset", {"token": verify, "new_password": NEW}), 422)
    require_problem(api.post("/api/v1/auth/email/verify", {"token": reset}), 422)
    mixed = f"{reset.partition('.')[0]}.{other.partition('.')[2]}"
    require_problem(api.post("/api/v1/auth/password/reset", {"token": mixed, "new_password": NEW}), 422)
    user = records.user(asha.id)
    assert user
    user.email = "moved@example.org"
    alone(put(user))
    require_problem(api.post("/api/v1/auth/password/reset", {"token": reset, "new_password": NEW}), 422)


def test_a_used_reset_leaves_no_other_reset_mail_good(api: Api) -> None:
    person = crew.join("asha")
    first, second = crew.mailed(person, "reset"), crew.mailed(person, "reset")
    assert api.post("/api/v1/auth/password/reset", {"token": first, "new_password": NEW}).status == 200
    answer = api.post("/api/v1/auth/password/reset", {"token": second, "new_password": "other-quiet-owls"})
    require_problem(answer, 422)


def test_a_reset_mail_dies_with_a_changed_password(api: Api) -> None:
    person = crew.join("asha")
    token = crew.mailed(person, "reset")
    body = {"current_password": crew.PASSWORD, "new_password": NEW}
    assert api.post("/api/v1/auth/change-password", body, token=person.access).status == 200
    answer = api.post("/api/v1/auth/password/reset", {"token": token, "new_password": "other-quiet-owls"})
    require_problem(answer, 422)


def test_erasure_leaves_no_item_that_names_the_person(api: Api) -> None:
    person = crew.join("zebulon", email="zebulon@hidden.example", first_name="Zebulonia")
    sent: dict[str, Any] = {"token": person.access, "Idempotency_Key": "k"}
    assert api.call("PATCH", "/api/v1/users/profile", {"bio": "zebulon was here"}, **sent).status == 200
    crew.mailed(person, "reset")
    forgery.endings()["erased"](person)
    items = reads.call("scan", TableName=settings.table_name)
    left = [item["pk"]["S"] for item in items["Items"] if "zebulon" in str(item).lower()]
    assert left == []
    digest = keys.digest("zebulon@hidden.example")
    assert [item["pk"]["S"] for item in items["Items"] if digest in str(item)] == []
