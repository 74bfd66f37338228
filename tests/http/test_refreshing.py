"""Refresh tokens: rotation that forgives honest clients, and ends the session of a thief."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib.accounts import refreshing
from chalicelib.accounts.records import Session
from chalicelib.accounts.refresh_tokens import parsed
from chalicelib.errors import Stale
from chalicelib.table import keys, reads
from infra.local.gateway import Reply
from tests.http.api import Api, Person, at_once, claims, problem

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def turn(api: Api, token: str) -> Reply:
    return api.post("/auth/refresh", {"refresh": token})


def successor(api: Api, token: str) -> str:
    reply = turn(api, token)
    assert reply.status == 200, reply.body
    return str(reply.json()["refresh"])


def is_over(api: Api, person: Person) -> bool:
    """Whether the session is ended, also for the access tokens that are still alive."""
    gone = reads.one(Session, keys.session(person.id, person.session)) is None
    return gone and api.get("/auth/me", token=person.access).status == 401


@pytest.mark.row("E03", "G05", "C04", "M52", "M85", "K10", "M06")
def test_refreshing_gives_a_new_pair(api: Api) -> None:
    person = api.register()
    said = turn(api, person.refresh).json()
    assert said["refresh"] != person.refresh
    assert claims(said["access"])["sid"] == person.session
    assert api.get("/auth/me", token=said["access"]).status == 200


@pytest.mark.row("X05", "M52")
@pytest.mark.parametrize("field", ["refresh", "refresh_token"])
def test_the_token_is_taken_under_both_names(api: Api, field: str) -> None:
    said = api.post("/auth/refresh", {field: api.register().refresh}).json()
    assert (said["refresh"], said["access"]) == (said["refresh_token"], said["access_token"])


@pytest.mark.row("X34", "M143")
def test_an_expired_access_token_does_not_keep_anybody_from_refreshing(api: Api, clock: time_machine.Traveller) -> None:
    person = api.register()
    clock.shift(timedelta(minutes=16))
    assert api.get("/auth/me", token=person.access).status == 401
    assert turn(api, person.refresh).status == 200


@pytest.mark.row("M85", "X34")
@pytest.mark.parametrize("tabs", [2, 20])
def test_tabs_that_refresh_at_once_get_the_same_successor(api: Api, tabs: int) -> None:
    person = api.register()
    replies = at_once(tabs, lambda _: turn(api, person.refresh))
    assert [reply.status for reply in replies] == [200] * tabs
    assert len({reply.json()["refresh"] for reply in replies}) == 1


@pytest.mark.row("M85")
def test_a_client_that_lost_the_answer_gets_the_successor_even_days_later(
    api: Api, clock: time_machine.Traveller
) -> None:
    person = api.register()
    lost = successor(api, person.refresh)
    clock.shift(timedelta(days=6))
    assert successor(api, person.refresh) == lost


@pytest.mark.row("M85", "X34")
@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (2, 200), (19, 200), (20, 200), (21, 401), (60, 401)])
def test_the_predecessor_lives_twenty_seconds_from_the_first_use_of_its_successor(
    api: Api, clock: time_machine.Traveller, seconds: int, status: int
) -> None:
    person = api.register()
    second = successor(api, person.refresh)
    clock.shift(timedelta(hours=1))
    third = successor(api, second)
    clock.shift(timedelta(seconds=seconds))
    reply = turn(api, person.refresh)
    assert reply.status == status
    if status == 200:
        assert reply.json()["refresh"] == third


@pytest.mark.row("M85")
def test_the_grace_ends_after_exactly_twenty_seconds(api: Api, clock: time_machine.Traveller) -> None:
    person = api.register()
    successor(api, successor(api, person.refresh))
    clock.shift(timedelta(seconds=20, microseconds=1))
    assert turn(api, person.refresh).status == 401


@pytest.mark.row("M85")
def test_a_token_two_turns_old_ends_the_session_at_once(api: Api) -> None:
    person = api.register()
    newest = successor(api, successor(api, successor(api, person.refresh)))
    assert problem(turn(api, person.refresh)) == (401, "refresh_token_reused")
    assert problem(turn(api, newest)) == (401, "refresh_token_invalid")
    assert is_over(api, person)


@pytest.mark.row("M85")
def test_a_thief_and_the_owner_cannot_both_go_on(api: Api, clock: time_machine.Traveller) -> None:
    owner = api.register()
    stolen = successor(api, owner.refresh)
    of_thief = successor(api, successor(api, stolen))
    clock.shift(timedelta(minutes=10))
    assert turn(api, stolen).status == 401
    assert turn(api, of_thief).status == 401


@pytest.mark.row("M85")
def test_reuse_ends_only_the_session_it_happened_in(api: Api) -> None:
    person = api.register()
    other = api.login(person.username)
    successor(api, successor(api, successor(api, person.refresh)))
    assert turn(api, person.refresh).status == 401
    assert turn(api, other.refresh).status == 200


@pytest.mark.row("M85")
def test_copies_that_arrive_together_are_all_refused_alike(api: Api) -> None:
    person = api.register()
    successor(api, successor(api, successor(api, person.refresh)))
    replies = at_once(8, lambda _: turn(api, person.refresh))
    assert [reply.status for reply in replies] == [401] * 8


@pytest.mark.row("M85")
def test_thirty_turns_follow_one_another(api: Api) -> None:
    token = api.register().refresh
    for n in range(1, 31):
        token = successor(api, token)
        assert parsed(token)[2] == n


@pytest.mark.row("X36", "M83")
@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 401), (1, 401)])
def test_a_refresh_token_lives_seven_days(api: Api, clock: time_machine.Traveller, seconds: int, status: int) -> None:
    person = api.register()
    clock.shift(timedelta(days=7, seconds=seconds))
    assert turn(api, person.refresh).status == status


@pytest.mark.row("M83")
def test_a_session_ends_after_thirty_days_however_often_it_is_refreshed(
    api: Api, clock: time_machine.Traveller
) -> None:
    token = api.register().refresh
    for _ in range(4):
        clock.shift(timedelta(days=6))
        token = successor(api, token)
    clock.shift(timedelta(days=6, seconds=-1))
    token = successor(api, token)
    clock.shift(timedelta(seconds=1))
    assert turn(api, token).status == 401


@pytest.mark.row("X36", "M82")
@pytest.mark.parametrize(("seconds", "status"), [(899, 200), (929, 200), (930, 401)])
def test_an_access_token_dies_after_fifteen_minutes_and_the_leeway(
    api: Api, clock: time_machine.Traveller, seconds: int, status: int
) -> None:
    person = api.register()
    clock.shift(timedelta(seconds=seconds))
    assert api.get("/auth/me", token=person.access).status == status


@pytest.mark.parametrize(
    "break_it",
    [
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.replace(".0.", ".1."),
        lambda token: token.replace(".0.", ".00."),
        lambda token: token.replace(".0.", ".-1."),
        lambda token: token.replace(".0.", ".0.0."),
        lambda token: token.replace("~", "~~"),
        lambda token: token.replace("usr_", "usr_#"),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token.rpartition(".")[0] + ".é" + "x" * 40,
        lambda token: "." * 30,
        lambda token: "x" * 400,
        lambda token: token.replace(".0.", ".٠."),
    ],
)
def test_a_token_that_is_not_ours_to_the_letter_is_refused(api: Api, break_it: object) -> None:
    assert callable(break_it)
    person = api.register()
    assert problem(turn(api, break_it(person.refresh))) == (401, "refresh_token_invalid")
    assert turn(api, person.refresh).status == 200


def test_an_access_token_does_not_refresh(api: Api) -> None:
    assert turn(api, api.register().access[:400]).status == 401


def test_a_refresh_token_does_not_open_a_route(api: Api) -> None:
    assert problem(api.get("/auth/me", token=api.register().refresh)) == (401, "token_invalid")


def test_refreshing_without_a_token_says_which_field_is_missing(api: Api) -> None:
    reply = api.post("/auth/refresh", {})
    assert problem(reply) == (401, "refresh_token_invalid")
    assert "refresh" in reply.json()["detail"]


def test_a_token_is_taken_under_one_name_only(api: Api) -> None:
    first, second = api.register("asha"), api.register("ravi")
    reply = api.post("/auth/refresh", {"refresh": first.refresh, "refresh_token": second.refresh})
    assert reply.status in (200, 422)


@pytest.mark.row("M85")
def test_a_rotation_that_was_overtaken_does_not_turn_the_session_back(api: Api) -> None:
    person = api.register()
    seen = reads.one(Session, keys.session(person.id, person.session))
    assert seen
    successor(api, successor(api, person.refresh))
    with pytest.raises(Stale):
        refreshing._rotated(seen, 0, seen.rotated_at)
    now = reads.one(Session, keys.session(person.id, person.session))
    assert now
    assert int(now.turn) == 2
