"""Lessons in the hands of their authors: in a course and without one, singly."""

from typing import Any

import pytest

from chalicelib.catalog import bitmaps, own
from chalicelib.catalog.records import Gate, Lesson, Media
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from tests.factories import courses, people
from tests.http.api import Api, Person, at_once, fields, problem

BASES = ["/lessons", "/api/lessons"]
NOWHERE = "les_01KAKZ6Q8M4T6V1N2B3C4D5E6F"


@pytest.fixture
def tara(api: Api) -> Person:
    """A teacher whose address is verified."""
    teacher = api.member("tara", roles=("instructor",))
    people.verified(teacher.id)
    return teacher


def lesson(id: str) -> Lesson:
    found = reads.one(Lesson, keys.lesson(id))
    assert found
    return found


def live(course_id: str) -> list[int]:
    found = reads.one(Gate, keys.gate(course_id))
    assert found
    return bitmaps.unpacked(found.sequence)


def titles(api: Api, who: Person, course_id: str) -> list[list[str]]:
    said = api.get(f"/courses/{course_id}/curriculum", token=who.access).json()
    return [[each["title"] for each in section["lessons"]] for section in said["sections"]]


def upload(owner: str, state: str = "ready", id: str = "med_01KAKZ6Q8M4T6V1N2B3C4D5E6F") -> str:
    values = {"object_key": "x", "what": "video", "content_type": "video/mp4", "state": state, "bytes": 9}
    alone(put(Media.under(keys.media(owner, id), id=id, owner_id=owner, **values)))
    return id


@pytest.mark.row("E14", "E23", "C17", "M10", "M39", "M46")
@pytest.mark.parametrize("path", [*BASES, "/lessons/"])
@pytest.mark.parametrize("name", ["course", "course_id"])
def test_a_teacher_adds_a_lesson_to_a_course(api: Api, tara: Person, path: str, name: str) -> None:
    course = courses.a_draft(tara.id)
    body = {name: course.id, "title": "One", "content": "Words.", "kind": "video", "minutes": 7, "preview": True}
    reply = api.post(path, body, token=tara.access)
    said = reply.json()
    assert (reply.status, reply.header("location")) == (201, f"/api/v1/lessons/{said['id']}")
    assert (said["course_id"], said["course"], said["kind"], said["minutes"]) == (course.id, course.id, "video", 7)
    assert (said["position"], said["order"], said["content"], said["is_published"]) == (1, 1, "Words.", False)
    now = courses.course_now(course.id)
    assert (now.lessons, now.minutes, live(course.id)) == (1, 7, [1])


@pytest.mark.row("C22", "M09")
@pytest.mark.parametrize(
    ("place", "expected"),
    [({}, "abx"), ({"order": 1}, "xab"), ({"position": 2}, "axb"), ({"position": 9}, "abx"), ({"order": 3}, "abx")],
)
def test_lessons_stand_in_their_order(api: Api, tara: Person, place: dict[str, int], expected: str) -> None:
    course = courses.a_draft(tara.id)
    for title in "ab":
        courses.a_lesson(course.id, tara.id, title=title)
    said = api.post("/lessons", {"course": course.id, "title": "x", **place}, token=tara.access).json()
    assert titles(api, tara, course.id) == [list(expected)]
    assert said["order"] == expected.index("x") + 1


class TestWhose:
    @pytest.mark.row("C23", "E08", "E23", "E28", "C17")
    def test_nobody_adds_to_the_course_of_another(self, api: Api, tara: Person) -> None:
        theo, student = api.member("theo", roles=("instructor",)), api.member("sam")
        draft, published = courses.a_draft(tara.id), courses.a_course(tara.id)
        for path in (*BASES, "/lessons/bulk", "/api/lessons/bulk_create"):
            lessons = {"lessons": [{"title": "x"}]} if "bulk" in path else {"title": "x"}
            seen = [
                problem(api.post(path, {"course_id": course.id, **lessons}, token=who.access))
                for course in (draft, published)
                for who in (theo, student)
            ]
            refused = (403, "role_missing")
            assert seen == [(404, "course_unknown"), refused, (403, "course_not_yours"), refused], path
        assert [courses.course_now(each.id).ver for each in (draft, published)] == [draft.ver, published.ver]

    @pytest.mark.row("E08", "E28", "C20", "C21")
    def test_nobody_changes_the_lesson_of_another(self, api: Api, tara: Person) -> None:
        theo = api.member("theo", roles=("instructor",))
        open_, shut = courses.a_course(tara.id), courses.a_draft(tara.id, lessons=1)
        lone = courses.a_lesson(None, tara.id, kg_class="KG1")
        hidden = courses.a_lesson(None, tara.id, kg_class="KG1", is_published=False)
        ids = [f"les_{open_.id[4:]}-1", f"les_{shut.id[4:]}-1", lone.id, hidden.id, NOWHERE, "les_x"]
        calls: list[tuple[str, Any]] = [("PUT", {"title": "x"}), ("PATCH", {"title": "x"}), ("DELETE", None)]
        for base in BASES:
            for method, body in calls:
                seen = [api.call(method, f"{base}/{id}", body, token=theo.access).status for id in ids]
                assert seen == [403, 404, 403, 404, 404, 404], (base, method)

    @pytest.mark.row("E28")
    def test_an_administrator_manages_all_lessons(self, api: Api, tara: Person) -> None:
        boss, course = api.admin(), courses.a_draft(tara.id)
        made = api.post("/lessons", {"course": course.id, "title": "x"}, token=boss.access).json()
        assert made["instructor_id"] == tara.id
        assert api.patch(f"/lessons/{made['id']}", {"title": "y"}, token=boss.access).json()["title"] == "y"
        assert api.delete(f"/lessons/{made['id']}", token=boss.access).status == 204


class TestChanging:
    @pytest.mark.row("E24", "C20", "X22")
    @pytest.mark.parametrize("base", BASES)
    def test_put_empties_what_is_left_out_but_the_place(self, api: Api, tara: Person, base: str) -> None:
        course = courses.a_draft(tara.id, lessons=2)
        first = courses.a_lesson(course.id, tara.id, position=1, preview=True, kg_class="KG1")
        said = api.put(f"{base}/{first.id}", {"title": "New"}, token=tara.access).json()
        assert (said["title"], said["content"], said["minutes"]) == ("New", "", 0)
        assert (said["preview"], said["kg_class"]) == (False, None)
        assert (said["position"], said["course"], said["id"]) == (1, course.id, first.id)

    @pytest.mark.row("E25", "X22")
    @pytest.mark.parametrize("base", BASES)
    def test_patch_changes_only_what_is_sent(self, api: Api, tara: Person, base: str) -> None:
        course = courses.a_draft(tara.id)
        one = courses.a_lesson(course.id, tara.id, minutes=3, after_days=4)
        said = api.patch(f"{base}/{one.id}", {"minutes": 9, "after_days": None}, token=tara.access).json()
        assert (said["minutes"], said["after_days"], said["content"]) == (9, None, "Some words.")
        assert courses.course_now(course.id).minutes == 9

    def test_words_alone_leave_the_course_as_it_is(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        id = f"les_{course.id[4:]}-1"
        api.patch(f"/lessons/{id}", {"content": "Other words."}, token=tara.access)
        assert (courses.course_now(course.id).ver, lesson(id).ver, lesson(id).content) == (
            course.ver,
            2,
            "Other words.",
        )
        assert courses.told("lesson.changed", "course.curriculum_changed")["lesson.changed"] == 1

    def test_what_the_course_lists_changes_with_the_course(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        api.patch(f"/lessons/les_{course.id[4:]}-1", {"title": "Other"}, token=tara.access)
        assert titles(api, tara, course.id) == [["Other"]]
        assert courses.course_now(course.id).ver == course.ver + 1

    def test_a_change_that_changes_nothing_writes_nothing(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        body = {"title": "Lesson 1", "position": 1, "order": None, "minutes": 5}
        reply = api.patch(f"/lessons/les_{course.id[4:]}-1", body, token=tara.access)
        assert (reply.status, lesson(reply.json()["id"]).ver, courses.course_now(course.id).ver) == (200, 1, course.ver)

    def test_only_another_set_of_lessons_moves_what_counts_for_learners(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=2)
        seen = [gate_version(course.id)]
        for body in ({"title": "New"}, {"position": 2}):
            api.patch(f"/lessons/les_{course.id[4:]}-1", body, token=tara.access)
            seen.append(gate_version(course.id))
        api.delete(f"/lessons/les_{course.id[4:]}-2", token=tara.access)
        assert seen == [course.ver, course.ver, course.ver]
        assert gate_version(course.id) == courses.course_now(course.id).ver

    @pytest.mark.parametrize("value", ["other", None])
    def test_a_lesson_stays_in_its_course(self, api: Api, tara: Person, value: str | None) -> None:
        course, other = courses.a_draft(tara.id, lessons=1), courses.a_draft(tara.id)
        body = {"course_id": other.id if value else None}
        reply = api.patch(f"/lessons/les_{course.id[4:]}-1", body, token=tara.access)
        assert (reply.status, fields(reply)) == (422, {"course_id": "fixed"})

    def test_a_lesson_moves_into_another_section(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=2)
        section = api.post(f"/courses/{course.id}/sections", {"title": "Second"}, token=tara.access).json()["id"]
        body = {"section": section}
        said = api.patch(f"/lessons/les_{course.id[4:]}-1", body, token=tara.access).json()
        assert (said["section_id"], said["position"], said["order"]) == (section, 1, 2)
        assert titles(api, tara, course.id) == [["Lesson 2"], ["Lesson 1"]]

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize("where", ["course", "alone"])
    def test_a_change_made_on_an_older_version_is_412(self, api: Api, tara: Person, where: str, method: str) -> None:
        place = courses.a_draft(tara.id).id if where == "course" else None
        one = courses.a_lesson(place, tara.id, kg_class="KG1")
        api.patch(f"/lessons/{one.id}", {"content": "first"}, token=tara.access)
        body = None if method == "DELETE" else {"title": "second"}
        reply = api.call(method, f"/lessons/{one.id}", body, token=tara.access, if_match=f'"{one.ver}.x"')
        assert problem(reply) == (412, "lesson_changed")
        assert lesson(one.id).content == "first"

    def test_lessons_of_one_course_change_at_once_even_with_their_versions_named(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=4)
        replies = at_once(
            4,
            lambda n: api.patch(
                f"/lessons/les_{course.id[4:]}-{n + 1}", {"title": f"New {n}"}, token=tara.access, if_match='"1.x"'
            ),
        )
        assert [reply.status for reply in replies] == [200] * 4
        assert titles(api, tara, course.id) == [["New 0", "New 1", "New 2", "New 3"]]

    def test_lessons_added_at_once_are_all_there(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        replies = at_once(6, lambda n: api.post("/lessons", {"course": course.id, "title": f"{n}"}, token=tara.access))
        assert [reply.status for reply in replies] == [201] * 6
        assert sorted(live(course.id)) == [1, 2, 3, 4, 5, 6]
        assert sorted(titles(api, tara, course.id)[0]) == list("012345")


def gate_version(course_id: str) -> int:
    found = reads.one(Gate, keys.gate(course_id))
    assert found
    return int(found.curriculum_ver)


class TestDeleting:
    @pytest.mark.row("E26", "C21", "M48")
    @pytest.mark.parametrize("base", BASES)
    def test_a_deleted_lesson_is_listed_no_more_and_kept(self, api: Api, tara: Person, base: str) -> None:
        course = courses.a_draft(tara.id, lessons=3)
        id = f"les_{course.id[4:]}-2"
        assert api.delete(f"{base}/{id}", token=tara.access).status == 204
        assert api.delete(f"{base}/{id}", token=tara.access).status == 404
        assert api.patch(f"{base}/{id}", {"title": "x"}, token=tara.access).status == 404
        assert (live(course.id), lesson(id).deleted_at is not None) == ([1, 3], True)

    def test_a_number_is_never_used_again(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id, lessons=2)
        api.delete(f"/lessons/les_{course.id[4:]}-2", token=tara.access)
        said = api.post("/lessons", {"course": course.id, "title": "x"}, token=tara.access).json()
        assert said["id"].endswith("-3")

    def test_a_published_course_keeps_its_last_lesson(self, api: Api, tara: Person) -> None:
        course = courses.a_course(tara.id, lessons=2)
        assert api.delete(f"/lessons/les_{course.id[4:]}-1", token=tara.access).status == 204
        reply = api.delete(f"/lessons/les_{course.id[4:]}-2", token=tara.access)
        assert problem(reply) == (409, "last_lesson")
        courses.unpublished(course.id)
        assert api.delete(f"/lessons/les_{course.id[4:]}-2", token=tara.access).status == 204

    def test_of_two_who_delete_the_last_two_at_once_one_fails(self, api: Api, tara: Person) -> None:
        course = courses.a_course(tara.id, lessons=2)
        replies = at_once(2, lambda n: api.delete(f"/lessons/les_{course.id[4:]}-{n + 1}", token=tara.access))
        assert sorted(reply.status for reply in replies) == [204, 409]


class TestAlone:
    @pytest.mark.row("X14", "K05", "K49")
    @pytest.mark.parametrize("kg_class", ["KG1", "KG2", "KG3", "MIXED"])
    def test_a_lesson_stands_alone_for_a_class(self, api: Api, tara: Person, kg_class: str) -> None:
        said = api.post("/lessons", {"title": "Colours", "kg_class": kg_class}, token=tara.access).json()
        assert (said["course_id"], said["section_id"], said["position"]) == (None, None, None)
        assert (said["kg_class"], said["is_published"], said["owner"]) == (kg_class, True, tara.id)
        assert own.things(tara.id, own.LESSONS) == [said["id"]]

    @pytest.mark.row("X14", "K49")
    def test_it_needs_a_course_or_a_class(self, api: Api, tara: Person) -> None:
        assert api.post("/lessons", {"title": "Colours"}, token=tara.access).status == 422
        reply = api.post("/lessons", {"title": "Colours", "kg_class": "KG4"}, token=tara.access)
        assert (reply.status, list(fields(reply))) == (422, ["kg_class"])

    @pytest.mark.row("X14")
    def test_it_keeps_a_class(self, api: Api, tara: Person) -> None:
        one = courses.a_lesson(None, tara.id, kg_class="KG1")
        for method, body in (("PATCH", {"kg_class": None}), ("PUT", {"title": "x"})):
            reply = api.call(method, f"/lessons/{one.id}", body, token=tara.access)
            assert (reply.status, fields(reply)) == (422, {"kg_class": "required"})

    @pytest.mark.row("X14")
    def test_a_lesson_of_a_course_may_have_a_class_too(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        body = {"title": "Colours", "course": course.id, "kg_class": "KG2"}
        assert api.post("/lessons", body, token=tara.access).json()["kg_class"] == "KG2"

    @pytest.mark.row("X39")
    def test_it_is_hidden_until_the_address_is_verified(self, api: Api) -> None:
        theo = api.member("theo", roles=("instructor",))
        body = {"title": "Colours", "kg_class": "KG1"}
        assert api.post("/lessons", body, token=theo.access).json()["is_published"] is False
        wished = api.post("/lessons", {**body, "is_published": True}, token=theo.access)
        assert problem(wished) == (403, "address_unverified")

    @pytest.mark.row("X39")
    def test_showing_a_hidden_one_waits_for_a_verified_address(self, api: Api) -> None:
        theo = api.member("theo", roles=("instructor",))
        one = courses.a_lesson(None, theo.id, kg_class="KG1", is_published=False)
        call = ("PATCH", f"/lessons/{one.id}", {"is_published": True})
        assert problem(api.call(*call, token=theo.access)) == (403, "address_unverified")
        people.verified(theo.id)
        assert api.call(*call, token=theo.access).json()["is_published"] is True

    def test_it_is_changed_and_deleted(self, api: Api, tara: Person) -> None:
        one = courses.a_lesson(None, tara.id, kg_class="KG1")
        said = api.put(f"/lessons/{one.id}", {"title": "New", "kg_class": "KG2"}, token=tara.access).json()
        assert (said["title"], said["kg_class"], said["is_published"]) == ("New", "KG2", True)
        assert api.delete(f"/lessons/{one.id}", token=tara.access).status == 204
        assert own.things(tara.id, own.LESSONS) == []
        assert lesson(one.id).deleted_at

    def test_it_has_no_place(self, api: Api, tara: Person) -> None:
        body = {"title": "x", "kg_class": "KG1", "position": 1}
        assert api.post("/lessons", body, token=tara.access).status == 422


NEVER: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", "x" * 161),
    ("kind", "quiz"),
    ("content", "x" * 60_001),
    ("content", "bell\x07"),
    ("media_id", "x"),
    ("media_url", "https://example.org/film.mp4"),
    ("media_url", "http://media.example/film.mp4"),
    ("minutes", -1),
    ("minutes", 1441),
    ("minutes", "5"),
    ("preview", 1),
    ("kg_class", "KG9"),
    ("after_days", 0),
    ("opens_at", "tomorrow"),
    ("opens_at", "2026-12-01T08:00:00"),
    ("position", 0),
    ("order", "first"),
    ("section_id", "sec_x"),
    ("section_id", "sec_01KAKZ6Q8M4T6V1N2B3C4D5E6F"),
    ("is_published", True),
    ("ordinal", 5),
    ("instructor_id", "usr_x"),
    ("owner", "usr_x"),
    ("id", NOWHERE),
    ("ver", 3),
]


def test_what_a_lesson_cannot_be_is_refused_by_name(api: Api, tara: Person) -> None:
    course = courses.a_draft(tara.id, lessons=1)
    one, taken = f"/lessons/les_{course.id[4:]}-1", []
    for method, path in (("POST", "/lessons"), ("PUT", one), ("PATCH", one)):
        for field, value in NEVER:
            body = {"course": course.id, "title": "One", field: value}
            reply = api.call(method, path, body, token=tara.access)
            if reply.status != 422 or list(fields(reply)) != [field]:
                taken.append((method, field, value, reply.status))
    assert taken == []


class TestMedia:
    @pytest.mark.row("M10")
    @pytest.mark.parametrize("state", ["ready", "waiting"])
    def test_a_lesson_names_an_upload_of_ones_own(self, api: Api, tara: Person, state: str) -> None:
        course, id = courses.a_draft(tara.id), upload(tara.id, state)
        body = {"course": course.id, "title": "Film", "kind": "video", "media_id": id}
        reply = api.post("/lessons", body, token=tara.access)
        assert (reply.status, reply.json()["media_id"]) == (201, id)

    @pytest.mark.parametrize("case", ["foreign", "refused", "missing"])
    def test_no_other_upload_is_taken(self, api: Api, tara: Person, case: str) -> None:
        course = courses.a_draft(tara.id, lessons=1)
        id = "med_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
        if case == "refused":
            upload(tara.id, "refused")
        if case == "foreign":
            upload("usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F")
        one = {"title": "Film", "media_id": id}
        calls: list[tuple[str, str, Any]] = [
            ("POST", "/lessons", {"course": course.id, **one}),
            ("PATCH", f"/lessons/les_{course.id[4:]}-1", one),
            ("POST", "/lessons/bulk", {"course": course.id, "lessons": [{"title": "x"}, one]}),
            ("POST", "/lessons", {"kg_class": "KG1", **one}),
        ]
        replies = [api.call(*call, token=tara.access) for call in calls]
        expected = {"media_id": "refused" if case == "refused" else "unknown"}
        assert [(reply.status, fields(reply)) for reply in replies] == [(422, expected)] * 4

    def test_an_administrator_leaves_the_teachers_upload_where_it_is(self, api: Api, tara: Person) -> None:
        course = courses.a_draft(tara.id)
        one = courses.a_lesson(course.id, tara.id, media_id=upload(tara.id))
        body = {"title": "New", "media_id": one.media_id}
        assert api.put(f"/lessons/{one.id}", body, token=api.admin().access).status == 200
