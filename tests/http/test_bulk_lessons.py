"""Up to a hundred lessons at once: all of them or none, whatever happens in between."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import bulk, laid_words, listed_lessons
from chalicelib.catalog.records import Lesson
from chalicelib.table import facts, keys, reads
from tests.conftest import House
from tests.factories import courses
from tests.http.api import Api, Person, at_once, fields, problem

PATHS = ["/lessons/bulk", "/api/lessons/bulk_create", "/api/lessons/bulk_create/"]


@pytest.fixture
def tara(api: Api) -> Person:
    return api.member("tara", roles=("instructor",))


def titles(course_id: str) -> list[str]:
    return [entry.title for section in courses.edition_now(course_id).plan for entry in section.lessons]


def of(course_id: str, count: int, **each: Any) -> dict[str, Any]:
    lessons = [{"title": f"Lesson {number}", "content": f"Words {number}.", **each} for number in range(count)]
    return {"course_id": course_id, "lessons": lessons}


@pytest.mark.row("C18", "X02")
@pytest.mark.parametrize("path", PATHS)
def test_a_hundred_lessons_come_in_their_order(api: Api, tara: Person, path: str) -> None:
    course = courses.a_draft(tara.id)
    reply = api.post(path, of(course.id, 100, minutes=2), token=tara.access)
    said = reply.json()
    assert (reply.status, said["count"], len(said["lessons"])) == (201, 100, 100)
    assert [each["order"] for each in said["lessons"]] == list(range(1, 101))
    assert titles(course.id) == [f"Lesson {number}" for number in range(100)]
    now = courses.course_now(course.id)
    assert (now.lessons, now.minutes, now.ver) == (100, 200, course.ver + 1)
    words = reads.one(Lesson, keys.lesson(said["lessons"][41]["id"]))
    assert words
    assert words.content == "Words 41."


def test_the_lessons_come_into_the_section_that_is_named(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id, lessons=1)
    first = courses.edition_now(course.id).plan[0].id
    api.post(f"/courses/{course.id}/sections", {"title": "Second"}, token=tara.access)
    said = api.post("/lessons/bulk", {**of(course.id, 2), "section_id": first}, token=tara.access).json()
    assert [(each["section_id"], each["position"]) for each in said["lessons"]] == [(first, 2), (first, 3)]


@pytest.mark.row("C18")
def test_one_bad_lesson_among_many_makes_none(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    body = of(course.id, 3)
    body["lessons"][1]["kind"] = "song"
    reply = api.post("/lessons/bulk", body, token=tara.access)
    assert (reply.status, list(fields(reply)), titles(course.id)) == (422, ["lessons.1.kind"], [])


@pytest.mark.parametrize("count", [0, 101])
def test_there_is_at_least_one_and_at_most_a_hundred(api: Api, tara: Person, count: int) -> None:
    course = courses.a_draft(tara.id)
    reply = api.post("/lessons/bulk", of(course.id, count), token=tara.access)
    assert (reply.status, list(fields(reply))) == (422, ["lessons"])


def test_a_body_of_nearly_a_megabyte_is_taken_and_a_larger_one_is_not(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    large = json.dumps(of(course.id, 20, content="x" * 50_000)).encode()
    assert 256 * 1024 < len(large) < 1024 * 1024
    assert api.post("/lessons/bulk", large, token=tara.access).status == 201
    larger = large + b" " * (1024 * 1024 - len(large) + 1)
    assert problem(api.post("/lessons/bulk", larger, token=tara.access)) == (413, "body_too_large")
    assert problem(api.post("/lessons", larger, token=tara.access)) == (413, "body_too_large")


def test_a_course_takes_no_more_than_500(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id, lessons=450)
    reply = api.post("/lessons/bulk", of(course.id, 51), token=tara.access)
    assert problem(reply) == (409, "course_full")
    assert courses.edition_now(course.id).curriculum.next_ordinal == 451


@pytest.mark.row("C18")
def test_several_at_once_get_numbers_of_their_own_and_lose_nothing(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    replies = at_once(4, lambda n: api.post("/lessons/bulk", of(course.id, 5, minutes=n), token=tara.access))
    assert [reply.status for reply in replies] == [201] * 4
    ids = [each["id"] for reply in replies for each in reply.json()["lessons"]]
    assert len(set(ids)) == 20
    for n, reply in enumerate(replies):
        for each in reply.json()["lessons"]:
            words = reads.one(Lesson, keys.lesson(each["id"]))
            assert words
            assert words.minutes == n


def test_what_was_laid_down_and_never_listed_is_nothing_and_expires(
    api: Api, tara: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = courses.a_draft(tara.id)
    with monkeypatch.context() as broken:
        broken.setattr(bulk, "_listed", _dies)
        assert api.post("/lessons/bulk", of(course.id, 2), token=tara.access).status == 500
    orphan = reads.one(Lesson, keys.lesson(f"les_{course.id[4:]}-1"))
    assert orphan
    assert orphan.ttl
    assert titles(course.id) == []
    assert api.patch(f"/lessons/{orphan.id}", {"title": "x"}, token=tara.access).status == 404
    said = api.post("/lessons/bulk", of(course.id, 1), token=tara.access).json()
    assert said["lessons"][0]["id"].endswith("-3")


def _dies(*_: Any) -> Any:
    raise RuntimeError("the machine stops here")


def test_what_was_listed_no_longer_expires_once_its_fact_is_told(api: Api, tara: Person, clean: House) -> None:
    course = courses.a_draft(tara.id)
    said = api.post("/lessons/bulk", of(course.id, 3), token=tara.access).json()
    clean.driver.settle()
    kept = reads.many(keys.lesson(each["id"]) for each in said["lessons"]).values()
    assert [each.ttl for each in kept] == [None, None, None]


def test_keeping_the_words_twice_changes_nothing_and_makes_no_lesson(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    api.post("/lessons/bulk", of(course.id, 1), token=tara.access)
    told = [facts.from_image(item) for item in courses.facts() if item["name"]["S"] == "course.curriculum_changed"]
    (fact,) = told
    for _ in range(2):
        laid_words.keep_words(fact, "")
    laid_words.keep_words(replace(fact, payload={**fact.payload, "lessons": [f"{course.id}x"]}), "")
    assert reads.one(Lesson, keys.lesson(f"{course.id}x")) is None


@pytest.mark.row("C18")
def test_a_repeat_with_its_key_makes_them_once(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id)
    replies = [
        api.post("/lessons/bulk", of(course.id, 3), token=tara.access, idempotency_key="these-three-once")
        for _ in range(2)
    ]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].body == replies[1].body
    assert len(titles(course.id)) == 3


def test_numbers_that_are_taken_while_a_lesson_is_added_stay_taken(
    api: Api, tara: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = courses.a_draft(tara.id)
    listing, taken = listed_lessons.listing, list[int]()

    def late(*given: Any) -> Any:
        if not taken:
            batch = bulk.Batch(course.id, None, [{"title": "x"}] * 3)
            taken.append(bulk._taken(courses.act(tara.id), batch)[1])
        return listing(*given)

    monkeypatch.setattr(listed_lessons, "listing", late)
    said = api.post("/lessons", {"course": course.id, "title": "One"}, token=tara.access).json()
    assert (taken, said["id"]) == ([1], f"les_{course.id[4:]}-4")
    assert courses.edition_now(course.id).curriculum.next_ordinal == 5
