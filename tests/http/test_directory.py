"""The list of usernames: complete and in order over all its parts, for people who are signed in."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
import time_machine

from tests.factories import people
from tests.http.api import Api, problem
from tests.http.test_refreshing import NOON

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def sixty_names() -> list[str]:
    """Names on all sides of the directory's cuts, in no order."""
    edges = [
        "b",
        "bb",
        "baa",
        "d00",
        "g--",
        "kzz",
        "m_1",
        "p.p",
        "s+s",
        "uuu",
        "0zz",
        "zzz",
        "azz",
        "czz",
        "am1",
        "an1",
    ]
    chance = Random(7)
    rest = {f"{chance.choice(LETTERS)}{chance.choice(LETTERS)}-{n}" for n in range(60)}
    names = [name if len(name) > 2 else f"{name}-x" for name in edges] + sorted(rest)
    return names[:60]


def pages(api: Api, token: str, query: str = "", path: str = "/users") -> list[list[str]]:
    """Every page that the `next` links lead to."""
    found, target = [], f"{path}?{query}"
    while target:
        reply = api.get(target, token=token)
        assert reply.status == 200, reply.body
        said = reply.json()
        found.append([each["username"] for each in said["results"]])
        target = (said["next"] or "").removeprefix("http://localhost:8000")
    return found


def enlist(names: list[str]) -> None:
    for name in names:
        people.enlisted(name)


@pytest.mark.row("G07", "X40", "X28")
@pytest.mark.parametrize("size", [1, 7, 20, 100])
def test_paging_shows_everybody_once_and_in_order(api: Api, size: int) -> None:
    names = sixty_names() if size > 1 else sixty_names()[:18]
    enlist(names)
    me = api.member("n-the-reader")
    found = pages(api, me.access, f"page_size={size}")
    assert [name for page in found for name in page] == sorted([*names, "n-the-reader"])
    assert {len(page) for page in found[:-1]} <= {size}


@pytest.mark.row("G07", "X28")
def test_a_page_has_twenty_names_and_an_envelope(api: Api) -> None:
    enlist(sixty_names()[:25])
    said = api.get("/users", token=api.member().access).json()
    assert len(said["results"]) == 20
    assert set(said) >= {"results", "next", "previous"}


@pytest.mark.row("E58", "X28")
@pytest.mark.parametrize("size", [101, 1000, 10**15])
def test_a_page_size_above_the_maximum_is_read_as_the_maximum(api: Api, size: int) -> None:
    assert api.get(f"/users?page_size={size}", token=api.member().access).status == 200


@pytest.mark.row("X28")
@pytest.mark.parametrize("size", ["0", "-1", "x", "", "1.5", "1e3", "9" * 5000])
def test_a_page_size_that_is_no_size_is_refused(api: Api, size: str) -> None:
    assert api.get(f"/users?page_size={size}", token=api.member().access).status == 422


@pytest.mark.row("G07", "X40")
def test_the_list_takes_a_sign_in(api: Api) -> None:
    assert problem(api.get("/users")) == (401, "token_missing")


@pytest.mark.row("X40", "G07")
def test_the_list_shows_usernames_and_nothing_else(api: Api) -> None:
    people.enlisted("asha", first_name="Secret")
    reply = api.get("/users", token=api.member("ravi").access)
    assert reply.json()["results"] == [{"username": "asha"}, {"username": "ravi"}]


@pytest.mark.row("X40")
def test_who_does_not_want_to_be_listed_is_left_out(api: Api) -> None:
    hidden = api.member("hidden")
    reader = api.member("reader")
    api.patch("/users/profile", {"listed": False}, token=hidden.access)
    assert pages(api, reader.access) == [["reader"]]
    api.patch("/users/profile", {"listed": True}, token=hidden.access)
    assert pages(api, reader.access) == [["hidden", "reader"]]


@pytest.mark.row("X40")
def test_hidden_people_between_others_leave_no_gaps_in_pages(api: Api) -> None:
    for n in range(12):
        people.enlisted(f"name{n:02d}", listed=n % 3 == 0)
    reader = api.member("reader", listed=False)
    assert pages(api, reader.access, "page_size=2") == [["name00", "name03"], ["name06", "name09"]]


@pytest.mark.parametrize("prefix", ["b", "am", "z", "d", "g", "0", "u", "m_", "p.", "aZ", "nobody", "ZZ", "bb"])
def test_a_prefix_finds_exactly_the_names_that_begin_with_it(api: Api, prefix: str) -> None:
    names = sixty_names()
    enlist(names)
    reader = api.member("n-reader", listed=False)
    found = pages(api, reader.access, f"q={prefix}&page_size=3")
    expected = sorted(name for name in names if name.startswith(prefix.lower()))
    assert [name for page in found for name in page] == expected


def test_a_prefix_finds_names_in_any_case(api: Api) -> None:
    enlist(["AnnaLee", "annabel", "ANNO"])
    reader = api.member("reader")
    assert pages(api, reader.access, "q=anna") == [["annabel", "AnnaLee"]]


def test_a_prefix_finds_names_in_every_script(api: Api) -> None:
    names = ["aЖанна", "a李小龙", "a𠮷野"]
    enlist(names)
    found = pages(api, api.member("reader").access, "q=a")
    assert sorted(found[0]) == sorted(names)


@pytest.mark.parametrize("q", ["%23", "%00", "%F0%9F%98%80", "%ED%A0%80", "'", '"', "%25", "..", "NAMES%230", "\\"])
def test_an_odd_prefix_finds_nobody(api: Api, q: str) -> None:
    reply = api.get(f"/users?q={q}", token=api.member("reader").access)
    assert reply.status in (200, 422)
    assert reply.status == 422 or reply.json()["results"] == []


def cursor_of(api: Api, token: str, query: str = "page_size=2") -> str:
    reply = api.get(f"/users?{query}", token=token)
    return str(reply.json()["next"].rpartition("cursor=")[2])


@pytest.fixture
def reader(api: Api) -> Any:
    enlist(["ana", "ben", "cia", "dov", "eli"])
    return api.member("reader")


@pytest.mark.parametrize("change", [("A", "B"), ("e", "f"), (".", ""), (".", ".."), ("", "%23"), ("", "é")])
def test_a_changed_cursor_is_400(api: Api, reader: Any, change: tuple[str, str]) -> None:
    cursor = cursor_of(api, reader.access)
    changed = cursor.replace(*change, 1) if change[0] else cursor + change[1]
    if changed != cursor:
        assert problem(api.get(f"/users?page_size=2&cursor={changed}", token=reader.access)) == (400, "cursor_invalid")


def test_somebody_elses_cursor_is_400(api: Api, reader: Any) -> None:
    cursor = cursor_of(api, reader.access)
    assert api.get(f"/users?cursor={cursor}", token=api.member("other").access).status == 400


def test_a_cursor_of_another_search_is_400(api: Api, reader: Any) -> None:
    cursor = cursor_of(api, reader.access)
    assert api.get(f"/users?q=a&cursor={cursor}", token=reader.access).status == 400


def test_a_cursor_of_another_list_is_400(api: Api, reader: Any) -> None:
    admin = api.admin()
    cursor = cursor_of(api, admin.access)
    assert api.get(f"/admin/users?cursor={cursor}", token=admin.access).status == 400


def test_a_cursor_is_good_for_a_day(api: Api, reader: Any) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        cursor = cursor_of(api, api.login("reader").access)
        clock.shift(timedelta(days=1, seconds=-1))
        assert api.get(f"/users?cursor={cursor}", token=api.login("reader").access).status == 200
        clock.shift(timedelta(seconds=1))
        assert api.get(f"/users?cursor={cursor}", token=api.login("reader").access).status == 400


@pytest.mark.parametrize("cursor", ["x", ".", "..", "a.b", "x" * 2049, "bnVsbA.x", "%00"])
def test_something_that_is_no_cursor_is_refused(api: Api, reader: Any, cursor: str) -> None:
    assert api.get(f"/users?cursor={cursor}", token=reader.access).status in (400, 422)


def test_the_next_page_is_also_in_the_link_header(api: Api, reader: Any) -> None:
    reply = api.get("/users?page_size=2", token=reader.access)
    assert reply.header("link") == f'<{reply.json()["next"]}>; rel="next"'


@pytest.mark.row("X40")
@pytest.mark.parametrize("path", ["/users/profile", "/users/me"])
def test_a_fixed_path_wins_over_an_id(api: Api, path: str) -> None:
    assert api.get(path, token=api.member("reader").access).json()["username"] == "reader"
