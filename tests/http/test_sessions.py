"""Sessions: signing out in each way, asking whether a token lives, where one is signed in, changing the password."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.factories.people import PASSWORD
from tests.http.api import Api, at_once, fields, problem
from tests.http.test_refreshing import NOON

NEW = "nine-quiet-herons"


@pytest.mark.row("E04", "M54")
def test_me_is_the_person_of_the_token(api: Api) -> None:
    person = api.register()
    said = api.get("/auth/me", token=person.access).json()
    assert (said["id"], said["username"], said["email"]) == (person.id, person.username, person.email)


@pytest.mark.row("E04", "M54")
def test_me_without_a_token_is_401_and_says_what_to_send(api: Api) -> None:
    reply = api.get("/auth/me")
    assert problem(reply) == (401, "token_missing")
    assert reply.header("www-authenticate") is not None


@pytest.mark.parametrize("value", ["Basic abc", "Bearer", "Bearer ", "bearer x.y.z", "Bearer " + "x" * 5000, "é"])
def test_an_authorization_that_is_no_token_of_ours_is_401(api: Api, value: str) -> None:
    assert problem(api.get("/auth/me", authorization=value)) == (401, "token_invalid")


@pytest.mark.row("M53", "M86", "X37", "K09")
def test_signing_out_with_the_refresh_token_makes_it_invalid(api: Api) -> None:
    person = api.register()
    assert api.post("/auth/logout", {"refresh": person.refresh}).status == 204
    assert api.post("/auth/refresh", {"refresh": person.refresh}).status == 401


@pytest.mark.row("M53", "X37")
def test_signing_out_with_the_access_token_ends_its_session(api: Api) -> None:
    person = api.register()
    assert api.post("/auth/logout", token=person.access).status == 204
    assert api.post("/auth/refresh", {"refresh": person.refresh}).status == 401


@pytest.mark.row("X37")
def test_me_after_signing_out_is_401(api: Api) -> None:
    person = api.register()
    api.post("/auth/logout", token=person.access)
    assert problem(api.get("/auth/me", token=person.access)) == (401, "session_ended")


@pytest.mark.row("X37")
def test_a_signed_out_token_writes_nothing(api: Api) -> None:
    person = api.register()
    api.post("/auth/logout", {"refresh": person.refresh})
    assert api.patch("/users/profile", {"bio": "x"}, token=person.access).status == 401


@pytest.mark.row("X37")
def test_signing_out_ends_this_session_only(api: Api) -> None:
    person = api.register()
    other = api.login(person.username)
    api.post("/auth/logout", token=person.access)
    assert api.get("/auth/me", token=other.access).status == 200


def test_signing_out_twice_is_no_error(api: Api) -> None:
    person = api.register()
    replies = [api.post("/auth/logout", {"refresh": person.refresh}) for _ in range(2)]
    assert [reply.status for reply in replies] == [204, 204]


def test_signing_out_ten_times_at_once_is_no_error(api: Api) -> None:
    person = api.register()
    replies = at_once(10, lambda _: api.post("/auth/logout", {"refresh": person.refresh}))
    assert [reply.status for reply in replies] == [204] * 10


def test_six_devices_sign_out_at_once(api: Api) -> None:
    people = [api.register(), *(api.login("asha") for _ in range(5))]
    replies = at_once(6, lambda n: api.post("/auth/logout", {"refresh": people[n].refresh}))
    assert [reply.status for reply in replies] == [204] * 6
    assert [api.get("/auth/me", token=person.access).status for person in people] == [401] * 6


def test_nobody_signs_out_without_saying_who_they_are(api: Api) -> None:
    assert problem(api.post("/auth/logout")) == (401, "token_missing")


def test_signing_out_with_a_forged_token_is_refused(api: Api) -> None:
    assert problem(api.post("/auth/logout", {"refresh": "usr_x~ses_y.0.forged"})) == (401, "refresh_token_invalid")


@pytest.mark.row("C05")
@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_living_token_verifies(api: Api, kind: str) -> None:
    person = api.register()
    reply = api.post("/auth/verify", {"token": getattr(person, kind)})
    said = reply.json()
    assert (reply.status, said["valid"], said["token_type"], said["user_id"]) == (200, True, kind, person.id)


@pytest.mark.row("C05")
@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_token_of_an_ended_session_does_not_verify(api: Api, kind: str) -> None:
    person = api.register()
    api.post("/auth/logout", token=person.access)
    assert api.post("/auth/verify", {"token": getattr(person, kind)}).status == 401


@pytest.mark.row("C05")
@pytest.mark.parametrize("token", ["", "rubbish", "a.b.c", "~", "usr~ses.0.x", "x" * 4096])
def test_rubbish_does_not_verify(api: Api, token: str) -> None:
    assert api.post("/auth/verify", {"token": token}).status == 401


def test_sessions_are_listed_newest_first_and_the_present_one_is_marked(api: Api) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        first = api.register()
        clock.shift(timedelta(minutes=1))
        second = api.login(first.username)
        said = api.get("/auth/sessions", token=second.access).json()
    assert [each["id"] for each in said["results"]] == [second.session, first.session]
    assert [each["current"] for each in said["results"]] == [True, False]
    assert said["count"] == 2


def test_a_session_tells_the_device_and_the_place(api: Api) -> None:
    person = api.register()
    api.post("/auth/login", {"username": "asha", "password": PASSWORD}, user_agent="Tablet/1.0", ip="203.0.113.4")
    said = api.get("/auth/sessions", token=person.access).json()["results"]
    assert {"Tablet/1.0": "203.0.113.4"}.items() <= {each["device"]: each["place"] for each in said}.items()


def test_a_session_shows_no_token(api: Api) -> None:
    person = api.register()
    assert person.refresh.rpartition(".")[2].encode() not in api.get("/auth/sessions", token=person.access).body


def test_a_revoked_session_is_dead_at_once(api: Api) -> None:
    here = api.register()
    there = api.login(here.username)
    assert api.delete(f"/auth/sessions/{there.session}", token=here.access).status == 204
    assert api.get("/auth/me", token=there.access).status == 401
    assert api.post("/auth/refresh", {"refresh": there.refresh}).status == 401
    assert api.get("/auth/me", token=here.access).status == 200


def test_somebody_elses_session_is_not_found(api: Api) -> None:
    asha, ravi = api.register("asha"), api.register("ravi")
    assert problem(api.delete(f"/auth/sessions/{ravi.session}", token=asha.access)) == (404, "session_unknown")
    assert api.get("/auth/me", token=ravi.access).status == 200


def change(method: str, path: str, **fields: str) -> dict[str, Any]:
    return {"method": method, "path": path, "body": {"new_password": NEW, **fields}}


@pytest.mark.row("M55", "M80", "X38")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/change-password"),
        ("PUT", "/auth/change-password"),
        ("PUT", "/users/change-password"),
        ("PUT", "/api/users/change-password"),
    ],
)
@pytest.mark.parametrize("field", ["current_password", "old_password"])
def test_a_password_is_changed_on_each_path(api: Api, method: str, path: str, field: str) -> None:
    person = api.register()
    reply = api.call(method, path, {field: PASSWORD, "new_password": NEW}, token=person.access)
    assert reply.status == 200
    assert api.post("/auth/login", {"username": "asha", "password": PASSWORD}).status == 401
    assert api.post("/auth/login", {"username": "asha", "password": NEW}).status == 200


@pytest.mark.row("X38")
def test_changing_the_password_ends_every_other_session(api: Api) -> None:
    here = api.register()
    there = api.login(here.username)
    said = api.post(
        "/auth/change-password", {"current_password": PASSWORD, "new_password": NEW}, token=here.access
    ).json()
    assert api.get("/auth/me", token=there.access).status == 401
    assert api.post("/auth/refresh", {"refresh": there.refresh}).status == 401
    assert api.post("/auth/refresh", {"refresh": here.refresh}).status == 401
    assert api.get("/auth/me", token=said["access"]).status == 200
    assert api.post("/auth/refresh", {"refresh": said["refresh"]}).status == 200


@pytest.mark.row("X38")
def test_a_wrong_present_password_is_named_and_changes_nothing(api: Api) -> None:
    person = api.register()
    body = {"current_password": "not-my-password", "new_password": NEW}
    reply = api.post("/auth/change-password", body, token=person.access)
    assert (reply.status, fields(reply)) == (422, {"current_password": "wrong"})
    assert api.login("asha").id == person.id


@pytest.mark.row("X38", "X06")
def test_a_weak_new_password_is_refused_by_name(api: Api) -> None:
    person = api.register()
    body = {"current_password": PASSWORD, "new_password": "kq7-zebra"}
    reply = api.post("/auth/change-password", body, token=person.access)
    assert (reply.status, fields(reply)) == (422, {"new_password": "too_short"})


def test_the_present_password_is_guessed_ten_times_at_most(api: Api) -> None:
    person = api.register()
    body = {"current_password": "not-my-password", "new_password": NEW}
    replies = at_once(13, lambda _: api.post("/auth/change-password", body, token=person.access))
    assert sorted(reply.status for reply in replies) == [422] * 10 + [429] * 3


def test_of_two_changes_at_once_exactly_one_wins_and_the_other_hears_of_it(api: Api) -> None:
    person = api.register()
    passwords = ["nine-quiet-herons", "four-loud-magpies"]
    replies = at_once(
        2,
        lambda n: api.post(
            "/auth/change-password", {"current_password": PASSWORD, "new_password": passwords[n]}, token=person.access
        ),
    )
    statuses = sorted(reply.status for reply in replies)
    assert statuses[0] == 200
    assert statuses[1] in (401, 422)
    living = [api.post("/auth/login", {"username": "asha", "password": word}).status for word in passwords]
    assert sorted(living) == [200, 401]
