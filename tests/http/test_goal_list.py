"""The list of one's goals: filters, sorts and pages."""

from typing import Any

import pytest

from tests.factories import courses, people
from tests.faults.injector import Injector
from tests.http.api import Api, Person, fields

CATEGORIES = ("Primary", "Secondary", "Minor")


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("meera")


def with_goals(api: Api, who: Person, count: int, **values: Any) -> None:
    for number in range(count):
        body = {"goal_name": f"Goal {number}", "category": CATEGORIES[number % 3], **values}
        assert api.post("/goals", body, token=who.access).status == 201


def numbers(api: Api, who: Person, query: str = "") -> list[int]:
    reply = api.get(f"/goals{query}", token=who.access)
    assert reply.status == 200, reply.body
    return [goal["number"] for goal in reply.json()["results"]]


@pytest.mark.row("G08", "G11", "G30", "X28")
def test_five_goals_are_a_page_and_neighbours_are_linked(api: Api, me: Person) -> None:
    with_goals(api, me, 7)
    reply = api.get("/api/goals/", token=me.access)
    first = reply.json()
    assert [goal["number"] for goal in first["results"]] == [1, 2, 3, 4, 5]
    assert (list(first), first["count"], first["previous"]) == (["count", "next", "previous", "results"], 7, None)
    assert 'rel="next"' in str(reply.header("link"))
    second = api.get("/api/" + first["next"].partition("/api/")[2], token=me.access).json()
    assert ([goal["number"] for goal in second["results"]], second["next"]) == ([6, 7], None)
    assert second["previous"].endswith("page=1")


@pytest.mark.row("G11", "G31", "X28")
@pytest.mark.parametrize(("asked", "given"), [(1, 1), (7, 7), (10, 10), (11, 10), (1000, 10)])
def test_a_page_has_ten_goals_at_most(api: Api, me: Person, asked: int, given: int) -> None:
    with_goals(api, me, 12)
    assert len(numbers(api, me, f"?page_size={asked}")) == given


def test_a_page_beyond_the_last_is_empty(api: Api, me: Person) -> None:
    with_goals(api, me, 2)
    assert numbers(api, me, "?page=2") == []
    assert api.get("/goals", token=api.member("new").access).json()["results"] == []


@pytest.mark.row("G09", "G01")
@pytest.mark.parametrize(("category", "expected"), [("Primary", [1, 4]), ("secondary", [2, 5]), ("MINOR", [3])])
def test_goals_of_one_category(api: Api, me: Person, category: str, expected: list[int]) -> None:
    with_goals(api, me, 5)
    assert numbers(api, me, f"?category={category}") == expected
    assert api.get(f"/api/goals?category={category}", token=me.access).json()["count"] == len(expected)


@pytest.mark.row("G10")
def test_goals_that_are_complete_and_those_that_are_not(api: Api, me: Person) -> None:
    with_goals(api, me, 4)
    api.post("/goals/2/complete", token=me.access)
    api.post("/goals/3/pause", token=me.access)
    asked = ("is_complete=true", "is_complete=false", "is_complete=True", "is_complete=0", "status=paused")
    assert [numbers(api, me, f"?{query}") for query in asked] == [[2], [1, 3, 4], [2], [1, 3, 4], [3]]
    assert numbers(api, me, "?is_complete=false&category=primary&status=active") == [1, 4]


def test_goals_of_one_course(api: Api, me: Person) -> None:
    course = courses.a_course(people.enlisted("tessa", roles=("instructor",)).id)
    with_goals(api, me, 1)
    with_goals(api, me, 1, course_id=course.id)
    assert numbers(api, me, f"?course_id={course.id}") == numbers(api, me, f"?course={course.id}") == [2]


def test_goals_are_sorted_by_several_names_and_those_without_a_value_stand_last(api: Api, me: Person) -> None:
    for name, category, deadline in (
        ("b", "Minor", "2027-01-01"),
        ("A", "Primary", None),
        ("c", "Primary", "2026-12-01"),
        ("d", "Minor", "2027-01-01"),
    ):
        api.post("/goals", {"goal_name": name, "category": category, "deadline": deadline}, token=me.access)
    by = {
        "goal_name": [2, 1, 3, 4],
        "-goal_name": [4, 3, 1, 2],
        "deadline": [3, 1, 4, 2],
        "-deadline": [1, 4, 3, 2],
        "category,-number": [3, 2, 4, 1],
        "-number": [4, 3, 2, 1],
        "completion_percentage": [1, 2, 3, 4],
    }
    assert {sort: numbers(api, me, f"?sort={sort}") for sort in by} == by
    assert numbers(api, me, "?ordering=-created_at") == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("category=Tertiary", "category"),
        ("is_complete=perhaps", "is_complete"),
        ("status=done", "status"),
        ("page=0", "page"),
        ("page_size=0", "page_size"),
        ("page_size=x", "page_size"),
        ("course_id=1", "course_id"),
        ("size=5", "size"),
        ("page=1&page=2", "page"),
    ],
)
def test_what_the_list_does_not_know_is_named(api: Api, me: Person, query: str, field: str) -> None:
    reply = api.get(f"/goals?{query}", token=me.access)
    assert (reply.status, list(fields(reply))) == (422, [field])


def test_a_sort_that_is_not_known_is_refused_with_those_that_are(api: Api, me: Person) -> None:
    reply = api.get("/goals?sort=size", token=me.access)
    assert reply.status == 422
    assert "completion_percentage" in reply.json()["errors"][0]["message"]


def test_the_list_is_one_trip_and_known_again(api: Api, me: Person, faults: Injector) -> None:
    with_goals(api, me, 3)
    tag = str(api.get("/goals", token=me.access).header("etag"))
    faults.forget()
    assert api.get("/goals", token=me.access, if_none_match=tag).status == 304
    assert faults.names() == ["Query"]
    api.post("/goals/1/pause", token=me.access)
    assert api.get("/goals", token=me.access, if_none_match=tag).status == 200
