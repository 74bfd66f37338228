"""Goals that point at a course, and what belongs to all goals of a person, until they are erased."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.accounts import privacy
from chalicelib.accounts.records import User
from chalicelib.goals import belongings
from chalicelib.goals.records import GoalLedger
from chalicelib.insight.holders import HOLDERS
from chalicelib.table import keys, reads
from chalicelib.table.writes import adjust, alone
from infra.local.gateway import Reply
from tests.factories import courses
from tests.http.api import Api, Person, fields


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("meera")


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tessa", roles=("instructor",))


def made(api: Api, who: Person, course: str | None) -> Reply:
    return api.post("/goals", {"goal_name": "Sing", "category": "Minor", "course_id": course}, token=who.access)


def pointing(who: Person) -> dict[str, list[int]]:
    ledger = reads.one(GoalLedger, keys.goal_ledger(who.id))
    assert ledger
    return dict(ledger.courses)


def test_a_goal_points_at_a_course_that_its_owner_can_see(api: Api, me: Person, teacher: Person) -> None:
    course, draft = courses.a_course(teacher.id), courses.a_draft(teacher.id)
    said = made(api, me, course.id)
    assert (said.status, said.json()["course_id"]) == (201, course.id)
    assert made(api, teacher, draft.id).status == 201
    unknown = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
    for hidden in (draft.id, unknown):
        assert fields(made(api, me, hidden)) == {"course_id": "unknown"}
        assert fields(api.patch("/goals/1", {"course_id": hidden}, token=me.access)) == {"course_id": "unknown"}
    assert pointing(me) == {course.id: [1]}


def test_who_learns_in_a_course_may_point_at_it_when_it_is_no_longer_published(
    api: Api, me: Person, teacher: Person
) -> None:
    course = courses.a_course(teacher.id)
    api.post("/enrollments", {"course": course.id}, token=me.access)
    courses.unpublished(course.id)
    assert made(api, me, course.id).status == 201
    courses.deleted(course.id)
    assert fields(made(api, me, course.id)) == {"course_id": "unknown"}
    kept = api.patch("/goals/1", {"goal_name": "Hum", "course_id": course.id}, token=me.access)
    assert (kept.status, kept.json()["course_id"]) == (200, course.id)


def test_the_ledger_knows_which_goals_count_the_lessons_of_a_course(api: Api, me: Person, teacher: Person) -> None:
    one, two = courses.a_course(teacher.id).id, courses.a_course(teacher.id).id
    for course in (one, one, None):
        made(api, me, course)
    assert pointing(me) == {one: [1, 2]}
    api.patch("/goals/2", {"course": two}, token=me.access)
    api.patch("/goals/3", {"course": two}, token=me.access)
    assert pointing(me) == {one: [1], two: [2, 3]}
    api.patch("/goals/3", {"course_id": None}, token=me.access)
    api.delete("/goals/1", token=me.access)
    assert pointing(me) == {two: [2]}


def erased(who: Person) -> bool:
    alone(
        adjust(
            User.under(keys.user(who.id)), User.erasure_due.set(clock.now() - timedelta(days=1)), where=User.id.exists()
        )
    )
    return privacy.erase(courses.act(), who.id, as_of=clock.now(), holders=HOLDERS)


@pytest.mark.row("B15")
def test_goals_are_in_the_export_of_their_owner_alone(api: Api, me: Person) -> None:
    made(api, me, None)
    made(api, me, None)
    api.delete("/goals/2", token=me.access)
    items = api.get("/users/me/export", token=me.access).json()["items"]
    assert [goal["name"] for goal in items["goal"]] == ["Sing"]
    assert [goal["number"] for goal in items["gone_goal"]] == [2]
    assert [ledger["last_number"] for ledger in items["goal_ledger"]] == [2]
    others = api.get("/users/me/export", token=api.member("other").access).json()["items"]
    assert not {"goal", "gone_goal", "goal_ledger"} & set(others)


@pytest.mark.row("B15")
def test_an_erasure_leaves_no_goal_and_may_be_repeated(api: Api, me: Person) -> None:
    other = api.member("other")
    for who in (me, me, other):
        made(api, who, None)
    api.delete("/goals/1", token=me.access)
    assert [erased(me), erased(me)] == [True, True]
    assert list(belongings.held(me.id)) == []
    assert len(list(belongings.held(other.id))) == 2
