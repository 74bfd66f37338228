"""`/progress`: entries of goals and lessons at one address, each by the rules of its kind."""

from typing import Any

import pytest

from chalicelib.settings import settings
from tests.factories import courses, goals
from tests.http.api import Api, Person, fields, problem

pytestmark = pytest.mark.row("X12", "X24")


@pytest.fixture
def me(api: Api) -> Person:
    """Somebody with two entries of a goal and a course of three lessons."""
    member = api.member("meera", tier="premium")
    goals.filled(member.id, int(goals.a_goal(member.id).number), 2)
    course = courses.a_course(api.member("tessa", roles=("instructor",)).id, 3).id
    assert api.post("/enrollments", {"course": course}, token=member.access).status == 201
    return member


def rows(api: Api, me: Person, query: str = "") -> list[dict[str, Any]]:
    """A list followed to its end."""
    found, following = list[dict[str, Any]](), f"/progress{query}"
    while following:
        page = api.get(following.removeprefix(settings.public_url), token=me.access).json()
        found, following = found + page["results"], page["next"]
    return found


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [each["kind"] for each in found]


@pytest.mark.row("G18")
def test_all_progress_is_in_one_list_and_each_row_says_its_kind(api: Api, me: Person) -> None:
    assert kinds(rows(api, me)) == ["goal", "goal", "lesson", "lesson", "lesson"]
    said = api.get("/api/progress/", token=me.access).json()["results"]
    assert [each["id"][:3] for each in said] == ["gp_", "gp_", "lp_", "lp_", "lp_"]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pages_of_any_size_go_from_one_kind_to_the_next(api: Api, me: Person, size: int) -> None:
    whole = rows(api, me)
    assert rows(api, me, f"?page_size={size}") == whole
    third = api.get(f"/progress?page_size={size}&page=2", token=me.access).json()["results"]
    assert third == whole[size : 2 * size]


@pytest.mark.row("G18", "G30", "G31", "X28")
def test_one_kind_alone_has_the_pages_of_its_kind(api: Api, me: Person) -> None:
    goals.filled(me.id, 1, 12)
    said = api.get("/progress?kind=goal", token=me.access).json()
    assert (len(said["results"]), said["count"], set(kinds(said["results"]))) == (5, 14, {"goal"})
    assert len(api.get("/progress?kind=goal&page_size=99", token=me.access).json()["results"]) == 10
    assert kinds(rows(api, me, "?kind=lesson")) == ["lesson"] * 3


def test_each_row_is_read_by_its_id_as_it_stands_in_the_list(api: Api, me: Person) -> None:
    for row in rows(api, me):
        assert api.get(f"/progress/{row['id']}", token=me.access).json() == row


def test_an_entry_is_changed_by_the_rules_of_entries(api: Api, me: Person) -> None:
    entry = rows(api, me)[0]
    path = f"/progress/{entry['id']}"
    said = api.patch(path, {"logged_hours": "00:45:00"}, token=me.access).json()
    assert (said["logged_seconds"], said["progress"]) == (2700, entry["progress"])
    said = api.put(path, {"logged_hours": "00:50:00"}, token=me.access).json()
    assert (said["logged_seconds"], said["progress"], said["logged_on"]) == (3000, "", entry["logged_on"])
    assert problem(api.patch(path, {"logged_hours": 1}, token=me.access, if_match='"1.x"')) == (
        412,
        "goal_entry_changed",
    )
    assert fields(api.put(path, {"progress": "words"}, token=me.access)) == {"logged_hours": "required"}


def test_a_lesson_is_changed_by_the_rules_of_lessons(api: Api, me: Person) -> None:
    path = f"/progress/{rows(api, me)[-1]['id']}"
    for method in ("PUT", "PATCH"):
        assert api.call(method, path, {"is_completed": True}, token=me.access).json()["completed"] is True


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("row", "body", "named"),
    [
        (0, {"completed": True, "logged_hours": "01:00:00"}, {"completed": "unknown_field"}),
        (0, {"logged_hours": "01:00:00", "percentage_complete": 5}, {"percentage_complete": "derived"}),
        (0, {"logged_hours": "soon"}, {"logged_hours": "value_error"}),
        (-1, {"logged_hours": "01:00:00"}, {"logged_hours": "unknown_field"}),
        (-1, {"progress": "words", "total_seconds": 5}, dict.fromkeys(["progress", "total_seconds"], "unknown_field")),
        (-1, {"completed": "yes"}, {"completed": "bool_type"}),
        (0, {"nothing": 1}, {"nothing": "unknown_field"}),
        (-1, {"nothing": 1}, {"nothing": "unknown_field"}),
    ],
)
def test_what_belongs_to_the_other_kind_is_refused_by_name(
    api: Api, me: Person, method: str, row: int, body: dict[str, Any], named: dict[str, str]
) -> None:
    reply = api.call(method, f"/progress/{rows(api, me)[row]['id']}", body, token=me.access)
    assert (problem(reply), fields(reply)) == ((422, "fields_invalid"), named)


def test_who_does_not_learn_has_goals_and_no_lessons(api: Api, me: Person) -> None:
    teacher = api.member("tara", roles=("instructor",))
    goals.filled(teacher.id, int(goals.a_goal(teacher.id).number), 1)
    assert kinds(rows(api, teacher)) == ["goal"]
    lesson = rows(api, me)[-1]["id"]
    for reply in (
        api.get("/progress?kind=lesson", token=teacher.access),
        api.get(f"/progress/{lesson}", token=teacher.access),
        api.put(f"/progress/{lesson}", {"completed": True}, token=teacher.access),
    ):
        assert problem(reply) == (403, "role_missing")


@pytest.mark.parametrize("id", ["gp_1", "gp_1-1-nobody", "lp_1", "xx_1", "1"])
def test_what_is_no_id_of_progress_is_not_there(api: Api, me: Person, id: str) -> None:
    for method, body in (("GET", None), ("PUT", {"logged_hours": 60}), ("PATCH", {})):
        assert problem(api.call(method, f"/progress/{id}", body, token=me.access))[0] in (404, 422)
    assert api.get(f"/progress/{id}", token=me.access).status == 404
