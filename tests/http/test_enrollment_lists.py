"""Who sees which enrollments, what is missing in one, and what export and erasure make of them."""

import json
from typing import Any

import pytest

from chalicelib.accounts import privacy
from chalicelib.accounts.records import User
from chalicelib.catalog.records import Seats
from chalicelib.insight.holders import HOLDERS
from chalicelib.learning import enrollment_list
from chalicelib.table import acts, keys, reads
from tests.factories import courses
from tests.http.api import Api, Person, fields, problem
from tests.http.test_lesson_progress import done, enrolled, learner, lesson, teacher
from tests.http.test_privacy import ask_erasure, whole_table

__all__ = ["learner", "teacher"]


def results(api: Api, who: Person, query: str = "") -> list[dict[str, Any]]:
    reply = api.get(f"/enrollments{query}", token=who.access)
    assert reply.status == 200, reply.body
    return list(reply.json()["results"])


@pytest.mark.row("E30", "E31", "C24", "M72", "X17")
def test_a_learner_sees_their_own_newest_first(api: Api, teacher: Person, learner: Person) -> None:
    made = [enrolled(api, teacher, learner)[1] for _ in range(3)]
    enrolled(api, teacher, api.member("other"))
    assert [each["id"] for each in results(api, learner)] == list(reversed(made))
    first = api.get("/enrollments?page_size=2", token=learner.access).json()
    rest = api.get(first["next"].partition("/api/v1")[2], token=learner.access).json()
    assert [each["id"] for each in first["results"] + rest["results"]] == list(reversed(made))
    assert rest["next"] is None


def test_a_list_can_be_narrowed_by_status_and_course(api: Api, teacher: Person, learner: Person) -> None:
    (first, one), (_, two), (_, three) = (enrolled(api, teacher, learner, 1) for _ in range(3))
    done(api, learner, lesson(first, 1))
    api.delete(f"/enrollments/{two}", token=learner.access)
    assert [each["id"] for each in results(api, learner)] == [three, one]
    assert [each["id"] for each in results(api, learner, "?status=completed")] == [one]
    assert [each["id"] for each in results(api, learner, "?status=cancelled&page_size=1")] == [two]
    assert [each["id"] for each in results(api, learner, "?status=all")] == [three, two, one]
    assert [each["id"] for each in results(api, learner, f"?course_id={first}")] == [one]
    assert fields(api.get("/enrollments?sort=x", token=learner.access)) == {"sort": "unknown_field"}


def test_a_filter_that_leaves_little_makes_short_pages_and_not_long_ones_to_wait_for(
    api: Api, teacher: Person, learner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrollment_list, "MOST_LOOKED_AT", 2)
    made = [enrolled(api, teacher, learner, 1) for _ in range(5)]
    done(api, learner, lesson(made[0][0], 1))
    pages, following = list[list[str]](), "/enrollments?status=completed"
    while following:
        page = api.get(following, token=learner.access).json()
        pages.append([each["id"] for each in page["results"]])
        following = (page["next"] or "").partition("/api/v1")[2]
    assert pages == [[], [], [made[0][1]]]


def test_one_learner_of_a_course_is_found_without_its_roster(
    api: Api, teacher: Person, learner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    monkeypatch.setattr(reads, "span", lambda *_, **__: pytest.fail("walked over the roster"))
    assert [each["id"] for each in results(api, teacher, f"?course={course}&user={learner.id}")] == [enrollment]
    other = api.member("otto", roles=("instructor",))
    assert api.get(f"/enrollments?course={course}&user={learner.id}", token=other.access).status == 403


@pytest.mark.row("E31", "X17", "M46")
def test_a_teacher_sees_who_learns_in_their_own_courses_and_nobody_else(api: Api, teacher: Person) -> None:
    other = api.member("otto", roles=("instructor",))
    mia, noah = api.member("mia", first_name="Mia"), api.member("noah", first_name="Noah")
    course, first = enrolled(api, teacher, mia)
    _, second = enrolled(api, teacher, noah)
    foreign, _ = enrolled(api, other, mia)
    assert [(each["id"], each["student_name"]) for each in results(api, teacher)] == [(second, "Noah"), (first, "Mia")]
    assert [each["id"] for each in results(api, teacher, f"?course={course}")] == [first]
    assert [each["id"] for each in results(api, teacher, f"?user={noah.id}")] == [second]
    draft = courses.a_draft(other.id)
    refused = [api.get(f"/enrollments?course={id}", token=teacher.access) for id in (foreign, draft.id)]
    assert [problem(each) for each in refused] == [(403, "course_not_yours"), (404, "course_unknown")]
    assert results(api, teacher, "?scope=own") == []
    page = api.get("/enrollments?page_size=1", token=teacher.access).json()
    following = api.get(page["next"].partition("/api/v1")[2], token=teacher.access).json()
    assert [each["id"] for each in page["results"] + following["results"]] == [second, first]


@pytest.mark.row("E31", "X17")
def test_an_administrator_names_a_course_or_a_user(api: Api, teacher: Person, learner: Person) -> None:
    course, first = enrolled(api, teacher, learner)
    _, second = enrolled(api, teacher, learner)
    _, third = enrolled(api, teacher, api.member("other"))
    boss = api.admin()
    assert fields(api.get("/enrollments", token=boss.access)) == {"course": "required"}
    assert [each["id"] for each in results(api, boss, f"?user={learner.id}")] == [second, first]
    assert [each["id"] for each in results(api, boss, f"?course={course}")] == [first]
    assert [each["id"] for each in results(api, boss, f"?course={course}&user={learner.id}")] == [first]
    assert api.get(f"/enrollments/{third}", token=boss.access).status == 200


def test_nobody_becomes_an_administrator_by_asking_for_all(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    for query in (f"?scope=all&course={course}", f"?scope=all&user={teacher.id}"):
        for who in (learner, teacher):
            assert problem(api.get(f"/enrollments{query}", token=who.access)) == (403, "not_for_you")


def test_a_dismissed_administrator_sees_nobodys_with_an_old_token(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    boss, former = api.admin("boss-one"), api.admin("boss-two")
    reply = api.patch(f"/admin/users/{former.id}", {"roles": ["student"]}, token=boss.access)
    assert reply.status == 200
    statuses = [
        api.get(path, token=former.access).status
        for path in (f"/enrollments?course={course}", f"/enrollments?user={learner.id}", f"/enrollments/{enrollment}")
    ]
    assert all(status in (401, 403, 404) for status in statuses)


@pytest.mark.row("C27", "M73")
def test_one_enrollment_is_for_its_learner_its_teacher_and_administrators(
    api: Api, teacher: Person, learner: Person
) -> None:
    _, enrollment = enrolled(api, teacher, learner)
    strangers = [api.member("stranger"), api.member("otto", roles=("instructor",))]
    statuses = [
        api.get(f"/enrollments/{enrollment}", token=who.access).status
        for who in (learner, teacher, api.admin(), *strangers)
    ]
    assert statuses == [200, 200, 200, 404, 404]


@pytest.mark.row("B05")
def test_completion_lists_what_is_missing(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner, 3)
    done(api, learner, lesson(course, 2))
    said = api.get(f"/enrollments/{enrollment}/completion", token=learner.access).json()
    assert [(each["lesson"], each["title"], each["order"]) for each in said["missing"]] == [
        (lesson(course, 1), "Lesson 1", 1),
        (lesson(course, 3), "Lesson 3", 3),
    ]
    assert (said["is_completed"], said["completion_percentage"], said["added"]) == (False, 33.33, [])


@pytest.mark.row("B05")
def test_a_finished_course_misses_nothing_and_names_what_came_later(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner, 1)
    done(api, learner, lesson(course, 1))
    pinned = api.get(f"/enrollments/{enrollment}/completion", token=learner.access).json()["curriculum_version"]
    courses.a_lesson(course, teacher.id, title="Afterthought")
    said = api.get(f"/enrollments/{enrollment}/completion", token=teacher.access).json()
    assert (said["missing"], [each["title"] for each in said["added"]]) == ([], ["Afterthought"])
    assert (said["is_completed"], said["completion_percentage"], said["curriculum_version"]) == (True, 100, pinned)
    assert api.get(f"/enrollments/{enrollment}/completion", token=api.member("x").access).status == 404


def test_an_export_has_what_somebody_learns(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    done(api, learner, lesson(course, 2), completed=True, position=7)
    items = api.get("/users/me/export", token=learner.access).json()["items"]
    assert {"enrollment", "roster", "watched", "days", "totals"} <= set(items)
    assert items["totals"][0]["in_progress"] == 1
    assert (items["enrollment"][0]["id"], items["enrollment"][0]["done"]) == (enrollment, [2])


def test_an_erasure_leaves_nothing_of_what_somebody_learned_and_frees_their_seat(
    api: Api, teacher: Person, learner: Person
) -> None:
    course, _ = enrolled(api, teacher, learner, capacity=2)
    done(api, learner, lesson(course, 2), completed=True, position=7)
    ask_erasure(api, learner)
    due = reads.one(User, keys.user(learner.id))
    assert due
    assert due.erasure_due
    for _ in range(2):
        assert privacy.erase(acts.by_system("test"), learner.id, as_of=due.erasure_due, holders=HOLDERS)
    seats = reads.one(Seats, keys.seats(course))
    assert seats
    assert int(seats.taken) == 0
    left = [each for each in json.loads(whole_table()) if each["pk"]["S"].startswith(("LEARNER#", "ROSTER#"))]
    assert left == []
