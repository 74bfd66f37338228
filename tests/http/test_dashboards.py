"""Dashboards, the report of one's progress, and the performance of courses."""

import csv
import io
from typing import Any

import pytest

from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import holding
from chalicelib.catalog.records import Course
from chalicelib.spreadsheets import cell
from tests.conftest import House
from tests.factories import courses
from tests.faults.injector import Injector
from tests.http.api import Api, Person, problem


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tessa", roles=("instructor",))


@pytest.fixture
def learner(api: Api) -> Person:
    return api.member("lina")


def enroll(api: Api, who: Person, course: Course) -> None:
    assert api.post("/enrollments", {"course": course.id}, token=who.access).status == 201


def learn(api: Api, who: Person, course: Course, *ordinals: int) -> None:
    for ordinal in ordinals:
        path = f"/lessons/{lesson_of(course.id, ordinal)}/progress"
        reply = api.post(path, {"completed": True}, token=who.access)
        assert reply.status in (200, 201), reply.body


def stats(api: Api, who: Person) -> dict[str, Any]:
    reply = api.get("/dashboard/stats", token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


@pytest.mark.row("M75", "M22")
def test_the_dashboard_tells_a_learner_how_far_they_are(api: Api, teacher: Person, learner: Person) -> None:
    whole, begun, new = (courses.a_course(teacher.id, lessons=2) for _ in range(3))
    for course in (whole, begun, new):
        enroll(api, learner, course)
    learn(api, learner, whole, 1, 2)
    learn(api, learner, begun, 1)
    said = stats(api, learner)
    numbers = ("enrolled", "not_started", "in_progress", "completed", "lessons_completed", "certificates")
    assert [said["learner"][name] for name in numbers] == [3, 1, 1, 1, 3, 0]
    assert said["learner"]["streak"] == {"current": 1, "longest": 1, "freezes": 0}
    assert said["instructor"] is None


@pytest.mark.row("M75", "M22")
def test_watched_minutes_are_in_the_dashboard(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    enroll(api, learner, course)
    path = f"/lessons/{lesson_of(course.id, 1)}/progress"
    assert api.post(path, {"seconds": 130, "position": 130}, token=learner.access).status in (200, 201)
    assert stats(api, learner)["learner"]["minutes"] == 2
    assert stats(api, learner)["learner"]["in_progress"] == 1


@pytest.mark.row("M75", "M100")
def test_the_dashboard_is_never_older_than_what_was_just_done_and_costs_one_trip(
    api: Api, teacher: Person, learner: Person, faults: Injector
) -> None:
    course = courses.a_course(teacher.id)
    enroll(api, learner, course)
    first = api.get("/dashboard/stats", token=learner.access)
    faults.forget()
    same = api.get("/dashboard/stats", token=learner.access, if_none_match=first.header("etag"))
    assert (same.status, len(faults.trips)) == (304, 1)
    learn(api, learner, course, 1)
    after = api.get("/dashboard/stats", token=learner.access, if_none_match=first.header("etag"))
    assert (after.status, after.json()["learner"]["in_progress"]) == (200, 1)


@pytest.mark.row("M75", "M76")
@pytest.mark.parametrize("path", ["/dashboard/stats", "/dashboard/continue-learning", "/reports/progress"])
def test_a_slash_at_the_end_leads_to_the_same(api: Api, learner: Person, path: str) -> None:
    assert api.get(f"{path}/", token=learner.access).status == 200


def test_somebody_who_left_a_course_is_not_in_it(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    enroll(api, learner, course)
    enrollment = api.get("/enrollments", token=learner.access).json()["results"][0]["id"]
    api.delete(f"/enrollments/{enrollment}", token=learner.access)
    assert stats(api, learner)["learner"]["enrolled"] == 0


@pytest.mark.row("M75", "M47")
def test_the_dashboard_tells_an_instructor_about_their_students(
    api: Api, teacher: Person, learner: Person, clean: House
) -> None:
    one, other = courses.a_course(teacher.id, lessons=1), courses.a_course(teacher.id)
    courses.a_draft(teacher.id)
    enroll(api, learner, one)
    enroll(api, api.member("leo"), one)
    enroll(api, learner, other)
    learn(api, learner, one, 1)
    clean.driver.settle()
    said = stats(api, teacher)["instructor"]
    assert (said["courses"], said["published"], said["students"], said["completions"]) == (3, 2, 3, 1)
    assert (said["completion_rate"], said["rating"]) == (33.33, None)


def going_on(api: Api, who: Person, **query: Any) -> list[dict[str, Any]]:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    reply = api.get(f"/dashboard/continue-learning?{text}", token=who.access)
    assert reply.status == 200, reply.body
    return list(reply.json()["results"])


@pytest.mark.row("M76")
def test_learning_goes_on_with_the_course_that_was_open_last_and_its_first_undone_lesson(
    api: Api, teacher: Person, learner: Person
) -> None:
    first, second, finished = (courses.a_course(teacher.id, lessons=amount) for amount in (3, 3, 1))
    for course in (first, second, finished):
        enroll(api, learner, course)
    learn(api, learner, first, 1)
    learn(api, learner, finished, 1)
    learn(api, learner, second, 1, 3)
    said = going_on(api, learner)
    assert [each["course_id"] for each in said] == [second.id, first.id]
    assert [each["next_lesson_id"] for each in said] == [lesson_of(second.id, 2), lesson_of(first.id, 2)]
    assert (said[0]["completion_percentage"], said[0]["next_position"], said[0]["completed_lessons"]) == (66.67, 2, 2)


@pytest.mark.row("M76")
def test_whoever_has_not_begun_anything_is_offered_what_they_enrolled_in(
    api: Api, teacher: Person, learner: Person
) -> None:
    old, new = courses.a_course(teacher.id), courses.a_course(teacher.id)
    enroll(api, learner, old)
    enroll(api, learner, new)
    said = going_on(api, learner)
    assert [(each["course_id"], each["opened_at"]) for each in said] == [(new.id, None), (old.id, None)]
    assert len(going_on(api, learner, page_size=1)) == 1


def test_a_course_that_was_left_or_deleted_is_nothing_to_go_on_with(api: Api, teacher: Person, learner: Person) -> None:
    left, gone = courses.a_course(teacher.id), courses.a_course(teacher.id)
    for course in (left, gone):
        enroll(api, learner, course)
        learn(api, learner, course, 1)
    listed = api.get("/enrollments", token=learner.access).json()["results"]
    enrollment = next(each["id"] for each in listed if each["course"] == left.id)
    api.delete(f"/enrollments/{enrollment}", token=learner.access)
    courses.deleted(gone.id)
    assert going_on(api, learner) == []


@pytest.mark.row("M76")
def test_going_on_takes_two_trips_however_much_was_learned(
    api: Api, teacher: Person, learner: Person, faults: Injector
) -> None:
    made = [courses.a_course(teacher.id) for _ in range(6)]
    for course in made:
        enroll(api, learner, course)
        learn(api, learner, course, 1)
    faults.forget()
    assert len(going_on(api, learner)) == 5
    assert [trip.operation for trip in faults.trips] == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.row("M76")
def test_the_next_lesson_is_named_where_the_catalogue_knows_it(
    api: Api, teacher: Person, learner: Person, clean: House
) -> None:
    course = courses.a_course(teacher.id)
    enroll(api, learner, course)
    learn(api, learner, course, 1)
    clean.driver.settle()
    holding.forget()
    assert [each["next_lesson_title"] for each in going_on(api, learner)] == [None]
    assert api.get("/courses").json()["count"] == 1
    assert [each["next_lesson_title"] for each in going_on(api, learner)] == ["Lesson 2"]


@pytest.mark.row("M31")
def test_the_report_of_ones_progress_comes_in_pages_that_miss_no_course(
    api: Api, teacher: Person, learner: Person
) -> None:
    made = [courses.a_course(teacher.id, lessons=1) for _ in range(5)]
    for course in made:
        enroll(api, learner, course)
    learn(api, learner, made[0], 1)
    for form in ("json", "csv"):
        seen, path = list[str](), f"/reports/progress?page_size=2&format={form}"
        while path:
            reply = api.get(path, token=learner.access)
            if form == "json":
                said = reply.json()
                assert (said["lessons_completed"], said["active_days"]) == (1, 1)
                seen += [each["course_id"] for each in said["courses"]]
            else:
                seen += [row[0] for row in list(csv.reader(io.StringIO(reply.body.decode("utf-8-sig"))))[1:]]
            link = str(reply.header("link") or "")
            path = link.partition("/api/v1")[2].partition(">")[0]
        assert seen == [course.id for course in reversed(made)]


@pytest.mark.row("M31")
def test_the_report_of_ones_progress_has_every_course(api: Api, teacher: Person, learner: Person) -> None:
    whole, begun = courses.a_course(teacher.id, lessons=1), courses.a_course(teacher.id, lessons=3)
    for course in (whole, begun):
        enroll(api, learner, course)
    learn(api, learner, whole, 1)
    learn(api, learner, begun, 2)
    said = api.get("/reports/progress", token=learner.access).json()
    assert [(each["course_id"], each["status"], each["completion_percentage"]) for each in said["courses"]] == [
        (begun.id, "in_progress", 33.33),
        (whole.id, "completed", 100.00),
    ]
    assert (said["lessons_completed"], said["active_days"]) == (2, 1)


@pytest.mark.row("M31")
def test_the_report_is_a_file_for_spreadsheets_that_runs_no_formula(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, title='=HYPERLINK("https://evil.example"), "x"')
    enroll(api, learner, course)
    reply = api.get("/reports/progress?format=csv", token=learner.access)
    assert reply.header("content-type") == "text/csv; charset=utf-8"
    assert "attachment" in str(reply.header("content-disposition"))
    head, line = csv.reader(io.StringIO(reply.body.decode("utf-8-sig")))
    assert dict(zip(head, line, strict=True))["course_title"] == "'" + course.title


@pytest.mark.row("M31")
@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u3000=1", "\uff1d1+1"]
)
def test_a_cell_is_never_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_report_has_two_forms_only(api: Api, learner: Person) -> None:
    assert problem(api.get("/reports/progress?format=xls", token=learner.access)) == (422, "fields_invalid")


def performance(api: Api, who: Person, course: Course) -> dict[str, Any]:
    reply = api.get(f"/courses/{course.id}/performance", token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


@pytest.mark.row("M29", "M47")
def test_an_instructor_sees_how_many_finish_and_where_the_others_stop(api: Api, teacher: Person, clean: House) -> None:
    course = courses.a_course(teacher.id, lessons=3)
    people = [api.member(f"p{number}") for number in range(4)]
    for number, who in enumerate(people):
        enroll(api, who, course)
        learn(api, who, course, *range(1, number + 1))
    enrollment = api.get("/enrollments", token=people[1].access).json()["results"][0]["id"]
    api.delete(f"/enrollments/{enrollment}", token=people[1].access)
    clean.driver.settle()
    said = performance(api, teacher, course)
    assert (said["students"], said["enrolled"], said["completions"], said["completion_rate"]) == (3, 4, 1, 25.00)
    assert [(each["completions"], each["share"], each["lost"]) for each in said["lessons"]] == [
        (3, 75.00, 0),
        (2, 50.00, 1),
        (1, 25.00, 1),
    ]


@pytest.mark.row("M29")
def test_a_lesson_that_was_opened_again_counts_no_more(
    api: Api, teacher: Person, learner: Person, clean: House
) -> None:
    course = courses.a_course(teacher.id, lessons=2)
    enroll(api, learner, course)
    learn(api, learner, course, 1)
    path = f"/lessons/{lesson_of(course.id, 1)}/progress"
    assert api.post(path, {"reset": True}, token=learner.access).status in (200, 201)
    clean.driver.settle()
    assert [each["completions"] for each in performance(api, teacher, course)["lessons"]] == [0, 0]


@pytest.mark.row("M29")
def test_only_its_instructor_and_administrators_see_how_a_course_does(
    api: Api, teacher: Person, learner: Person, faults: Injector
) -> None:
    course, draft = courses.a_course(teacher.id), courses.a_draft(teacher.id, lessons=1)
    other, boss = api.member("toby", roles=("instructor",)), api.admin()
    path = f"/courses/{course.id}/performance"
    assert problem(api.get(path, token=learner.access)) == (403, "role_missing")
    assert problem(api.get(path, token=other.access)) == (403, "course_not_yours")
    assert problem(api.get(f"/courses/{draft.id}/performance", token=other.access)) == (404, "course_unknown")
    assert api.get(path, token=boss.access).status == 200
    performance(api, teacher, course)
    faults.forget()
    assert performance(api, teacher, course)["students"] == 0
    assert len(faults.trips) == 1
