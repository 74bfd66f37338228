"""Sections of a course, and the order of everything in one call."""

from typing import Any

import pytest

from tests.factories import courses
from tests.http.api import Api, Person, at_once, fields, problem


@pytest.fixture
def tara(api: Api) -> Person:
    return api.member("tara", roles=("instructor",))


def shape(api: Api, who: Person, course_id: str) -> list[tuple[str, list[str]]]:
    said = api.get(f"/courses/{course_id}/curriculum", token=who.access).json()
    return [(section["title"], [each["title"] for each in section["lessons"]]) for section in said["sections"]]


def section(api: Api, who: Person, course_id: str, title: str, **place: int) -> str:
    reply = api.post(f"/courses/{course_id}/sections", {"title": title, **place}, token=who.access)
    assert reply.status == 201, reply.body
    return str(reply.json()["id"])


@pytest.mark.row("M09", "M38", "M46")
def test_a_course_has_sections_in_an_order(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    section(api, tara, course.id, "B")
    section(api, tara, course.id, "A", position=1)
    section(api, tara, course.id, "C", order=9)
    assert shape(api, tara, course.id) == [("A", []), ("B", []), ("C", [])]


@pytest.mark.row("M09")
@pytest.mark.parametrize(("method", "body"), [("PATCH", {"position": 1}), ("PUT", {"title": "B", "order": 1})])
def test_a_section_moves_and_keeps_its_name(api: Api, tara: Person, method: str, body: dict[str, Any]) -> None:
    course = courses.a_draft(tara.id)
    section(api, tara, course.id, "A")
    id = section(api, tara, course.id, "B")
    said = api.call(method, f"/courses/{course.id}/sections/{id}", body, token=tara.access).json()
    assert (said["title"], said["position"], said["course_id"]) == ("B", 1, course.id)
    assert shape(api, tara, course.id) == [("B", []), ("A", [])]


def test_a_section_is_renamed(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    id = section(api, tara, course.id, "A")
    api.patch(f"/courses/{course.id}/sections/{id}", {"title": "B"}, token=tara.access)
    assert shape(api, tara, course.id) == [("B", [])]


@pytest.mark.row("M09")
def test_only_an_empty_section_is_deleted(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id, lessons=1)
    full, empty = courses.edition_now(course.id).plan[0].id, section(api, tara, course.id, "Empty")
    replies = {id: api.delete(f"/courses/{course.id}/sections/{id}", token=tara.access) for id in (full, empty)}
    assert problem(replies[full]) == (409, "section_not_empty")
    assert replies[empty].status == 204
    assert problem(api.delete(f"/courses/{course.id}/sections/{empty}", token=tara.access)) == (404, "section_unknown")


def test_a_course_has_at_most_50_sections(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    for number in range(50):
        courses.a_section(course.id, f"Section {number}")
    reply = api.post(f"/courses/{course.id}/sections", {"title": "Too much"}, token=tara.access)
    assert problem(reply) == (409, "course_full")


def test_the_curriculum_counts_places_in_section_and_course(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id, lessons=2)
    second = section(api, tara, course.id, "Second")
    courses.a_lesson(course.id, tara.id, section_id=second)
    said = api.get(f"/courses/{course.id}/curriculum", token=tara.access).json()
    places = [(each["position"], each["order"]) for part in said["sections"] for each in part["lessons"]]
    assert places == [(1, 1), (2, 2), (1, 3)]
    assert (said["lessons"], said["minutes"], said["status"]) == (3, 15, "draft")


def test_learners_do_not_read_the_authors_curriculum(api: Api, tara: Person) -> None:
    course = courses.a_course(tara.id)
    assert api.get(f"/courses/{course.id}/curriculum", token=api.member("sam").access).status == 403


class TestReordering:
    @pytest.mark.row("C22", "M09")
    def test_everything_gets_another_order_in_one_call(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=3)
        first, second = courses.edition_now(course.id).plan[0].id, section(api, tara, course.id, "Second")
        one, two, three = (f"les_{course.id[4:]}-{number}" for number in (1, 2, 3))
        order = [{"section_id": second, "lessons": [three, one]}, {"section_id": first, "lessons": [two]}]
        reply = api.post(f"/courses/{course.id}/lessons/reorder", {"sections": order}, token=tara.access)
        assert (reply.status, reply.json()["sections"]) == (200, order)
        assert shape(api, tara, course.id) == [("Second", ["Lesson 3", "Lesson 1"]), ("Lessons", ["Lesson 2"])]

    @pytest.mark.row("C22")
    def test_lessons_alone_are_ordered_within_their_sections(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=3)
        order = [f"les_{course.id[4:]}-{number}" for number in (3, 1, 2)]
        reply = api.post(f"/courses/{course.id}/lessons/reorder", {"lessons": order}, token=tara.access)
        assert reply.json()["sections"][0]["lessons"] == order

    @pytest.mark.parametrize("case", ["less", "twice", "foreign", "section"])
    def test_an_order_that_does_not_name_everything_once_changes_nothing(
        self, api: Api, tara: Person, case: str
    ) -> None:
        course, other = courses.a_draft(tara.id, lessons=2), courses.a_draft(tara.id, lessons=2)
        one, two = (f"les_{course.id[4:]}-{number}" for number in (1, 2))
        bodies: dict[str, dict[str, Any]] = {
            "less": {"lessons": [one]},
            "twice": {"lessons": [one, two, two]},
            "foreign": {"lessons": [f"les_{other.id[4:]}-2", one]},
            "section": {"sections": [{"section_id": courses.edition_now(other.id).plan[0].id, "lessons": [one, two]}]},
        }
        reply = api.post(f"/courses/{course.id}/lessons/reorder", bodies[case], token=tara.access)
        assert (reply.status, set(fields(reply).values())) == (422, {"incomplete"})
        assert courses.course_now(course.id).ver == course.ver

    @pytest.mark.parametrize("body", [{}, {"lessons": [], "sections": []}, {"lessons": ["x"]}])
    def test_it_takes_sections_or_lessons(self, api: Api, tara: Person, body: dict[str, Any]) -> None:
        course = courses.a_draft(tara.id)
        assert api.post(f"/courses/{course.id}/lessons/reorder", body, token=tara.access).status == 422

    def test_the_order_that_is_already_there_writes_nothing(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=2)
        body = {"lessons": [f"les_{course.id[4:]}-{number}" for number in (1, 2)]}
        api.post(f"/courses/{course.id}/lessons/reorder", body, token=tara.access)
        assert courses.course_now(course.id).ver == course.ver

    def test_a_lesson_that_comes_meanwhile_is_never_lost(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=2)
        body = {"lessons": [f"les_{course.id[4:]}-{number}" for number in (2, 1)]}
        calls = [("/lessons", {"course": course.id, "title": "New"}), (f"/courses/{course.id}/lessons/reorder", body)]
        added, ordered = at_once(2, lambda n: api.post(*calls[n], token=tara.access))
        assert (added.status, ordered.status in (200, 422)) == (201, True)
        listed = shape(api, tara, course.id)[0][1]
        assert sorted(listed) == ["Lesson 1", "Lesson 2", "New"]
