"""The paths of the five systems: the same answer as the canonical path, with and without a slash, and a word of it."""

import re
from typing import Any

import pytest

from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import building, holding
from chalicelib.web.aliases import ALIASES
from infra.local.gateway import Reply
from tests.factories import courses, goals, people
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, Person

VARYING = {
    "access",
    "access_token",
    "refresh",
    "refresh_token",
    "expires_at",
    "id",
    "user_id",
    "created_at",
    "updated_at",
}
CALLS = [(method, alias.path, alias.canonical) for alias in ALIASES for method in alias.methods]
#: Lists that take a catalogue.
CATALOGUE = ("/api/v1/courses", "/api/v1/lessons")
#: What takes somebody who learns: `test_lesson_progress.py` tries these.
LEARNING = ("/api/v1/enrollments", "/api/v1/progress", "/api/v1/lessons/{lesson_id}/progress")
#: What takes somebody who teaches, and a course of theirs.
TEACHING = [
    call for call in CALLS if call[2].startswith(CATALOGUE) and not call[2].startswith(LEARNING) and call[0] != "GET"
]
#: Pages of one course or lesson, which its teacher may read too.
PAGES = [call for call in CALLS if call[0] == "GET" and call[2].startswith(CATALOGUE) and "{" in call[2]]
#: What is about one's goals.
INTENDING = [call for call in CALLS if call[2].startswith(("/api/v1/goals", "/api/v1/summary"))]
#: What takes somebody who buys: `test_cart.py`, `test_orders_shown.py` and `test_paying.py` try these.
BUYING = ("/api/v1/cart", "/api/v1/orders", "/api/v1/payments")
ALIKE = [
    call for call in CALLS if not call[2].startswith((*LEARNING, *BUYING)) and call not in TEACHING + PAGES + INTENDING
]
LOGIN = {"username": "member", "password": PASSWORD}
CHANGE = {"current_password": PASSWORD, "new_password": "nine-quiet-herons"}


def said(reply: Reply) -> Any:
    """The status and the body, without what is new each time."""
    document = reply.json() if reply.body else None
    return reply.status, _still(document)


def _still(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: _still(value) for name, value in document.items() if name not in VARYING}
    return [_still(each) for each in document] if isinstance(document, list) else document


def ask(api: Api, method: str, path: str, canonical: str, *, wipe: Any) -> Reply:
    """Call it as somebody who may, in a house as it was before."""
    wipe()
    if canonical in CATALOGUE:
        building.rebuild(())
    roles = ("admin",) if "/admin/" in canonical else ("student",)
    member = api.member("member", email="member@example.org", roles=roles)
    body: Any = (
        {
            "/api/v1/auth/login": LOGIN,
            "/api/v1/auth/refresh": {"refresh": member.refresh},
            "/api/v1/auth/verify": {"token": member.refresh},
            "/api/v1/auth/register": registration(),
            "/api/v1/auth/logout": {"refresh": member.refresh},
            "/api/v1/auth/change-password": CHANGE,
            "/api/v1/users/profile": {"first_name": "Usha"},
        }.get(canonical)
        if method != "GET"
        else None
    )
    takes_token = method == "GET" or "change-password" in canonical or "profile" in canonical
    return api.call(method, path, body, token=member.access if takes_token else None)


@pytest.fixture
def wipe(clean: Any) -> Any:
    from chalicelib.web import limits

    def afresh() -> None:
        clean.wipe()
        limits.forget()
        holding.forget()
        people.password_hash.cache_clear()

    return afresh


@pytest.mark.row("X01", "X02", "X03", "G04", "G05", "G06", "G07", "C03", "C04", "C05", "C06", "M78", "M79", "M80")
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "path", "canonical"), ALIKE)
def test_an_alias_answers_like_its_canonical_path(
    api: Api, wipe: Any, method: str, path: str, canonical: str, slash: str
) -> None:
    expected = ask(api, method, canonical, canonical, wipe=wipe)
    assert expected.status in (200, 201, 204)
    assert said(ask(api, method, path + slash, canonical, wipe=wipe)) == said(expected)


def of_a_fresh_course(api: Api, teacher: Person, method: str, path: str) -> tuple[int, set[str]]:
    """The status of a call about a draft that nobody has touched, and which fields the answer has."""
    course = courses.a_draft(teacher.id, lessons=1)
    lesson = lesson_of(course.id, 1)
    words = {"title": "Light", "content": "It is fast."}
    body: Any = {"title": "Physics"} if "/courses" in path else {**words, "course": course.id}
    if "bulk" in path:
        body = {"course_id": course.id, "lessons": [words]}
    if path.rstrip("/").endswith("publish") or method in ("DELETE", "GET"):
        body = None
    reply = api.call(method, path.format(course_id=course.id, lesson_id=lesson), body, token=teacher.access)
    return reply.status, set(reply.json() if reply.body else ())


@pytest.mark.row("X01", "X02")
@pytest.mark.parametrize(("method", "path", "canonical"), TEACHING + PAGES)
def test_an_alias_of_the_catalogue_does_what_its_canonical_path_does(
    api: Api, method: str, path: str, canonical: str
) -> None:
    teacher = api.member("teacher", roles=("instructor",))
    people.verified(teacher.id)
    expected = of_a_fresh_course(api, teacher, method, canonical)
    assert expected[0] in (200, 201, 204)
    assert of_a_fresh_course(api, teacher, method, path) == expected
    assert of_a_fresh_course(api, teacher, method, path + "/") == expected


def of_a_fresh_goal(api: Api, method: str, path: str) -> tuple[int, str]:
    """The status and the body of a call of somebody with a goal and an entry, without who it is and when it was."""
    me = api.member()
    goals.logged(goals.a_goal(me.id, name="Sing"))
    entry = {"progress": "Sang", "logged_hours": "02:30:00", "total_hours": "05:00:00"}
    body: Any = entry if "progress" in path else {"goal_name": "Sing", "category": "Primary", "deadline": "2025-12-31"}
    if method in ("GET", "DELETE"):
        body = None
    reply = api.call(method, path.format(goal=1, entry=1), body, token=me.access)
    said = reply.body.decode().replace(me.id.removeprefix("usr_"), "")
    return reply.status, re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", said)


@pytest.mark.row("X01", "X02", "G08", "G12", "G13", "G14", "G15", "G16", "G17", "G19", "G20", "G21", "G22")
@pytest.mark.parametrize(("method", "path", "canonical"), INTENDING)
def test_an_alias_about_goals_does_what_its_canonical_path_does(
    api: Api, method: str, path: str, canonical: str
) -> None:
    expected = of_a_fresh_goal(api, method, canonical)
    assert expected[0] in (200, 201, 204)
    assert of_a_fresh_goal(api, method, path) == expected
    assert of_a_fresh_goal(api, method, path + "/") == expected


@pytest.mark.row("X01", "X03")
@pytest.mark.parametrize(("method", "path", "canonical"), CALLS)
def test_an_alias_says_that_it_is_one_and_where_to_go(api: Api, method: str, path: str, canonical: str) -> None:
    reply = api.call(method, path)
    assert (reply.header("deprecation") or "").startswith("@")
    assert (reply.header("link") or "").startswith(f'<{canonical}>; rel="successor-version"')


@pytest.mark.row("X02", "E01", "E02", "E03", "E04", "M49", "M50", "M52", "M53", "M54", "M55", "M78", "M81")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/logout"),
        ("GET", "/api/v1/auth/me"),
        ("GET", "/api/v1/users/profile"),
        ("GET", "/api/v1/users"),
    ],
)
def test_a_canonical_path_answers_with_and_without_a_slash_and_is_not_deprecated(
    api: Api, wipe: Any, method: str, path: str
) -> None:
    with_slash, without = (ask(api, method, path + end, path, wipe=wipe) for end in ("/", ""))
    assert said(with_slash) == said(without)
    assert without.status in (200, 201, 204)
    assert (with_slash.header("deprecation"), without.header("deprecation")) == (None, None)


@pytest.mark.row("X28")
def test_the_link_to_the_next_page_stands_beside_the_link_to_the_canonical_path(api: Api) -> None:
    for n in range(3):
        people.enlisted(f"name{n}")
    reply = api.get("/api/users?page_size=2", token=api.member("reader").access)
    links = reply.header("link") or ""
    assert 'rel="successor-version"' in links
    assert 'rel="next"' in links
