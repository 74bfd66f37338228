"""What learners read of courses and lessons, and why something is not open to them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import cards
from chalicelib.catalog.index import reading as catalogue
from chalicelib.catalog.index.cards import About
from chalicelib.learning import enrollments
from chalicelib.learning.ids import enrollment_of
from chalicelib.learning.records import Enrollment
from chalicelib.learning.schemas.courses import CoursePageOut
from chalicelib.table import keys, reads
from chalicelib.table.record import Record
from chalicelib.table.writes import adjust, alone, together
from infra.local.gateway import Reply
from tests.bench.meter import Meter
from tests.factories import courses, shelf
from tests.http.api import Api, Person, problem

WORDS = "the words of a lesson"


@pytest.fixture
def author(api: Api) -> Person:
    return api.member("author", roles=("instructor",))


@pytest.fixture
def student(api: Api) -> Person:
    return api.member("student")


@pytest.fixture
def meter() -> Iterator[Meter]:
    with Meter() as counting:
        yield counting


def a_course(author: Person, lessons: int = 3, **changes: Any) -> str:
    return str(courses.a_course(author.id, lessons, **changes).id)


def enroll(person: Person, course_id: str, **state: Any) -> str:
    """An enrollment, whatever the course costs, with this in its item."""
    act = courses.act(person.id)
    case = enrollments.case_of(reads.many(enrollments.wanted(person.id, course_id)), person.id, course_id)
    granted = enrollments.granting(act, case)
    together(act, *granted.writes, fact=granted.fact, result=None)
    if state:
        actions = [getattr(Enrollment, name).set(value) for name, value in state.items()]
        alone(adjust(granted.enrollment, *actions, where=Record.pk.exists()))
    return str(granted.enrollment.id)


def access_of(reply: Reply) -> tuple[str, str]:
    assert reply.status == 200, reply.body
    said = reply.json()
    return said["access"], said["reason_code"]


def lessons_of(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200, reply.body
    return [lesson for section in reply.json()["sections"] for lesson in section["lessons"]]


def catalogued(monkeypatch: pytest.MonkeyPatch, course_id: str) -> None:
    """As if the catalogue had been built just now."""
    edition = courses.edition_now(course_id)
    entry = cards.of_course(About(edition.course, edition.curriculum, instructor="The author"), clock.now())
    body, instructor = entry["page"], edition.course.instructor_id
    page = catalogue.Page(course_id, instructor, body, cards.etag(body), float("inf"))
    monkeypatch.setattr(catalogue, "page", lambda id, now: page if id == course_id else None)


@pytest.mark.row("E18", "C12", "M57")
def test_a_published_course_is_read_by_anybody_with_its_lessons_in_order(api: Api, author: Person) -> None:
    course_id = a_course(author)
    reply = api.get(f"/courses/{course_id}")
    assert [each["title"] for each in lessons_of(reply)] == ["Lesson 1", "Lesson 2", "Lesson 3"]
    assert (reply.json()["instructor_id"], reply.json()["owner"]) == (author.id, author.id)
    assert access_of(reply) == ("full", "free")
    assert WORDS.encode() not in reply.body


@pytest.mark.row("E18")
def test_the_catalogue_answers_strangers_without_a_trip_to_the_table(
    api: Api, author: Person, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id = a_course(author, price_minor=1999)
    from_table = api.get(f"/courses/{course_id}").json()
    catalogued(monkeypatch, course_id)
    api.get("/health")
    meter.forget()
    reply = api.get(f"/courses/{course_id}")
    assert meter.names() == []
    for only in ("enrollment", "instructor"):
        from_table.pop(only)
    for each in from_table["sections"]:
        for lesson in each["lessons"]:
            lesson.pop("is_completed")
    assert from_table.items() <= reply.json().items()
    CoursePageOut.model_validate(reply.json())
    assert reply.header("cache-control") == "public, max-age=60"
    again = api.get(f"/courses/{course_id}", if_none_match=reply.header("etag") or "")
    assert (again.status, again.body) == (304, b"")


@pytest.mark.row("E43", "X30")
def test_strangers_may_keep_a_page_for_a_minute_and_ask_again_whether_it_still_holds(api: Api, author: Person) -> None:
    course_id = a_course(author)
    shelf.published()
    first = api.get(f"/courses/{course_id}")
    assert first.header("cache-control") == "public, max-age=60"
    assert first.header("vary") == "Authorization, Origin"
    tag = first.header("etag") or ""
    assert api.get(f"/courses/{course_id}", if_none_match=tag).status == 304
    courses.edited(course_id, title="Called otherwise")
    shelf.published()
    again = api.get(f"/courses/{course_id}", if_none_match=tag)
    assert (again.status, again.json()["title"]) == (200, "Called otherwise")


@pytest.mark.row("M101")
@pytest.mark.parametrize(
    "path",
    ["/courses", "/courses-public", "/search?q=a", "/courses/{}", "/courses/{}/lessons", "/courses/{}/related",
     "/lessons", "/categories"],
)  # fmt: skip
def test_whatever_a_stranger_reads_of_the_catalogue_may_be_kept_for_half_a_minute(
    api: Api, author: Person, path: str
) -> None:
    target = path.format(a_course(author))
    shelf.published()
    public, _, seconds = (api.get(target).header("cache-control") or "").partition(", max-age=")
    assert public == "public"
    assert int(seconds) >= 30


def test_who_signs_in_gets_the_page_with_their_own_access_and_nobody_else_may_keep_it(
    api: Api, author: Person, student: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id = a_course(author, price_minor=1999)
    enroll(student, course_id, done=bitmaps.of([1]))
    for in_catalogue in (False, True):
        if in_catalogue:
            catalogued(monkeypatch, course_id)
        reply = api.get(f"/courses/{course_id}", token=student.access)
        CoursePageOut.model_validate(reply.json())
        assert access_of(reply) == ("full", "enrolled")
        assert [(each["access"], each["is_completed"]) for each in lessons_of(reply)] == [
            ("full", True),
            ("full", False),
            ("full", False),
        ]
        own = reply.json()["enrollment"]
        assert (own["completed_lessons"], own["total_lessons"], own["completion_percentage"]) == (1, 3, 33.33)
        assert reply.header("cache-control") == "private, no-cache"


@pytest.mark.row("C09", "E27")
@pytest.mark.parametrize("path", ["/courses/{course}", "/courses/{course}/lessons", "/lessons/{lesson}"])
def test_a_draft_is_there_for_its_author_and_administrators_only(
    api: Api, author: Person, student: Person, path: str
) -> None:
    course_id = str(courses.a_draft(author.id, lessons=2).id)
    where = path.format(course=course_id, lesson=lesson_of(course_id, 1))
    for stranger in (None, student.access, api.member("rival", roles=("instructor",)).access):
        assert problem(api.get(where, token=stranger))[0] == 404
    for insider in (author, api.admin()):
        assert api.get(where, token=insider.access).status == 200


@pytest.mark.row("E27")
def test_an_unpublished_course_stays_with_those_who_are_enrolled_in_it(
    api: Api, author: Person, student: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id = a_course(author)
    enroll(student, course_id)
    catalogued(monkeypatch, course_id)
    courses.unpublished(course_id)
    lesson = lesson_of(course_id, 1)
    for path in (f"/courses/{course_id}", f"/lessons/{lesson}"):
        assert access_of(api.get(path, token=student.access)) == ("full", "enrolled")
        assert api.get(path, token=api.member().access).status == 404
    assert api.get(f"/lessons/{lesson}").status == 404
    courses.deleted(course_id)
    for reader in (student, author, api.admin()):
        assert api.get(f"/courses/{course_id}", token=reader.access).status == 404
        assert api.get(f"/lessons/{lesson}", token=reader.access).status == 404


@pytest.mark.row("E18")
def test_an_author_reads_from_the_table_what_the_catalogue_does_not_know_yet(
    api: Api, author: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_id = a_course(author)
    catalogued(monkeypatch, course_id)
    courses.edited(course_id, title="Another title")
    reply = api.get(f"/courses/{course_id}", token=author.access)
    assert reply.json()["title"] == "Another title"
    assert access_of(reply) == ("full", "owner")
    changed = api.patch(
        f"/courses/{course_id}", {"title": "A third"}, token=author.access, if_match=reply.header("etag") or ""
    )
    assert changed.status == 200


def test_a_course_of_somebody_suspended_is_kept_by_its_learners_and_offered_to_nobody_else(
    api: Api, author: Person, student: Person
) -> None:
    course_id = a_course(author)
    enroll(student, course_id)
    assert api.post(f"/admin/users/{author.id}/ban", {}, token=api.admin().access).status == 200
    assert api.get(f"/courses/{course_id}").status == 404
    other = api.member().access
    assert api.get(f"/courses/{course_id}", token=other).status == 404
    assert problem(api.post("/enrollments", {"course": course_id}, token=other)) == (404, "course_unknown")
    goal = {"goal_name": "Learn", "category": "Minor", "course_id": course_id}
    assert problem(api.post("/goals", goal, token=other))[0] == 422
    assert api.get(f"/courses/{course_id}", token=student.access).status == 200
    assert api.post("/enrollments", {"course": course_id}, token=student.access).status == 200
    assert api.post("/goals", goal, token=student.access).status == 201


def test_so_are_its_lessons_and_those_that_stand_alone(api: Api, author: Person, student: Person) -> None:
    course_id, boss, other = a_course(author), api.admin(), api.member()
    alone, lesson = courses.a_lesson(None, author.id, kg_class="KG1").id, lesson_of(course_id, 1)
    enroll(student, course_id)
    statuses = {True: (200, 200), False: (404, 404)}
    for offered in (True, False):
        for token in (None, other.access):
            assert (
                api.get(f"/lessons/{lesson}", token=token).status,
                api.get(f"/lessons/{alone}", token=token).status,
            ) == (statuses[offered])
        report = api.post(
            f"/lessons/{alone}/progress", {"completed": True}, token=student.access if offered else other.access
        )
        assert report.status == statuses[offered][0]
        assert api.get(f"/lessons/{lesson}", token=student.access).status == 200
        assert api.get(f"/lessons/{alone}", token=boss.access).status == 200
        api.post(f"/admin/users/{author.id}/ban", {}, token=boss.access)


@pytest.mark.row("C22", "B07")
def test_the_lessons_of_a_course_come_in_pages_each_with_its_access(api: Api, author: Person, student: Person) -> None:
    course_id = a_course(author, 5, forced_order=True)
    enroll(student, course_id, done=bitmaps.of([1]))
    first = api.get(f"/courses/{course_id}/lessons?page_size=3", token=student.access).json()
    assert first["count"] == 5
    assert [(each["order"], each["access"], each["reason_code"]) for each in first["results"]] == [
        (1, "full", "enrolled"),
        (2, "full", "enrolled"),
        (3, "locked", "lesson_order"),
    ]
    assert first["results"][2]["missing"] == [lesson_of(course_id, 2)]
    rest = api.get(first["next"].partition("/api/v1")[2], token=student.access).json()
    assert [each["order"] for each in rest["results"]] == [4, 5]
    assert rest["next"] is None


@pytest.mark.row("E58", "X15", "C19", "K17")
def test_a_lesson_shows_its_title_to_all_and_its_words_to_those_for_whom_it_is_open(
    api: Api, author: Person, student: Person
) -> None:
    course_id = a_course(author, price_minor=1999)
    lesson = f"/lessons/{courses.a_lesson(course_id, author.id, title='Open title', content=WORDS).id}"
    learner = api.member("learner")
    enroll(learner, course_id)
    seen = {
        name: api.get(lesson, token=token).json()
        for name, token in {
            "anonymous": None,
            "student": student.access,
            "learner": learner.access,
            "owner": author.access,
            "admin": api.admin().access,
        }.items()
    }
    assert {each["title"] for each in seen.values()} == {"Open title"}
    assert {name: (each["access"], each["reason_code"], each["content"]) for name, each in seen.items()} == {
        "anonymous": ("locked", "payment_required", None),
        "student": ("locked", "payment_required", None),
        "learner": ("full", "enrolled", WORDS),
        "owner": ("full", "owner", WORDS),
        "admin": ("full", "admin", WORDS),
    }


@pytest.mark.row("X15")
@pytest.mark.parametrize(("price", "preview", "expect"), [(0, False, "full"), (500, True, "preview")])
def test_free_lessons_and_previews_are_open_to_anybody(
    api: Api, author: Person, price: int, preview: bool, expect: str
) -> None:
    course_id = a_course(author, price_minor=price)
    lesson = courses.a_lesson(course_id, author.id, content=WORDS, preview=preview)
    said = api.get(f"/lessons/{lesson.id}").json()
    assert (said["access"], said["content"]) == (expect, WORDS)


@pytest.mark.row("B07")
def test_a_locked_lesson_opens_under_another_etag(api: Api, author: Person, student: Person) -> None:
    course_id = a_course(author, price_minor=1999)
    where = f"/lessons/{lesson_of(course_id, 1)}"
    locked = api.get(where, token=student.access)
    enroll(student, course_id)
    opened = api.get(where, token=student.access, if_none_match=locked.header("etag") or "")
    assert (opened.status, opened.json()["access"]) == (200, "full")
    rival = api.member()
    stolen = api.get(where, token=rival.access, if_none_match=opened.header("etag") or "")
    assert (stolen.status, stolen.json()["content"]) == (200, None)


@pytest.mark.row("B07")
def test_a_course_waits_for_another_to_be_finished_and_asks_in_one_trip_once_it_is_known(
    api: Api, author: Person, student: Person, meter: Meter
) -> None:
    before = a_course(author)
    course_id = a_course(author, prerequisites=[before])
    where = f"/lessons/{lesson_of(course_id, 1)}"
    enroll(student, course_id)
    said = api.get(where, token=student.access).json()
    assert (said["access"], said["reason_code"], said["missing"]) == ("locked", "prerequisite", [before])
    enroll(student, before, completed_at=clock.now())
    meter.forget()
    assert access_of(api.get(where, token=student.access)) == ("full", "enrolled")
    assert meter.names() == ["BatchGetItem"]


@pytest.mark.row("B07")
def test_a_lesson_with_a_date_says_when_it_opens(api: Api, author: Person, student: Person) -> None:
    course_id = a_course(author)
    opens_at = clock.now() + timedelta(days=3)
    lesson = courses.a_lesson(course_id, author.id, opens_at=opens_at, content=WORDS)
    enroll(student, course_id)
    for token in (None, student.access):
        said = api.get(f"/lessons/{lesson.id}", token=token).json()
        assert (said["access"], said["reason_code"], said["content"]) == ("locked", "not_yet", None)
        assert said["unlocks_at"].startswith(opens_at.strftime("%Y-%m-%dT%H:%M:%S"))


def test_a_moment_without_a_fraction_is_the_same_text_in_every_answer(
    api: Api, author: Person, student: Person
) -> None:
    course_id, opens_at = a_course(author), (clock.now() + timedelta(days=3)).replace(microsecond=0)
    lesson = courses.a_lesson(course_id, author.id, opens_at=opens_at, content=WORDS)
    enroll(student, course_id)
    shelf.published()
    for token in (None, student.access):
        pages = [api.get(f"/courses/{course_id}", token=token).json()["sections"][-1]["lessons"]]
        pages += [api.get(f"/lessons?course={course_id}", token=token).json()["results"]]
        found = [each for page in pages for each in page if each["id"] == lesson.id]
        found += [api.get(f"/lessons/{lesson.id}", token=token).json()]
        assert [each["unlocks_at"] for each in found] == [f"{opens_at:%Y-%m-%dT%H:%M:%S}Z"] * 3


def test_the_moments_of_a_course_are_the_same_texts_for_its_author_and_in_the_catalogue(
    api: Api, author: Person
) -> None:
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        course_id = a_course(author)
    shelf.published()
    names = ("published_at", "created_at", "updated_at")
    own = api.patch(f"/courses/{course_id}", {}, token=author.access).json()
    listed = api.get("/courses").json()["results"][0]
    assert [listed[name] for name in names] == [own[name] for name in names]
    assert "." not in own["published_at"]


@pytest.mark.row("X14", "K05", "K49")
@pytest.mark.parametrize("kg_class", ["KG1", "MIXED"])
def test_a_lesson_of_the_kindergarten_stands_without_a_course(api: Api, author: Person, kg_class: str) -> None:
    lesson = courses.a_lesson(None, author.id, kg_class=kg_class, content=WORDS)
    said = api.get(f"/lessons/{lesson.id}").json()
    assert (said["kg_class"], said["course_id"], said["content"]) == (kg_class, None, WORDS)
    hidden = courses.a_lesson(None, author.id, kg_class=kg_class, is_published=False)
    assert api.get(f"/lessons/{hidden.id}").status == 404
    assert api.get(f"/lessons/{hidden.id}", token=author.access).status == 200


@pytest.mark.parametrize("id", ["crs_x", "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "les_x", "les_01KAKZ6Q8M4T6V1N2B3C4D5E6F-2"])
def test_what_was_never_there_is_not_found(api: Api, id: str) -> None:
    kind = "courses" if id.startswith("crs") else "lessons"
    assert problem(api.get(f"/{kind}/{id}"))[0] == 404


def override(api: Api, by: Person, enrollment_id: str, **body: Any) -> Reply:
    return api.put(f"/enrollments/{enrollment_id}/override", body, token=by.access)


@pytest.mark.row("B07", "E28")
def test_an_instructor_opens_a_course_to_one_learner(api: Api, author: Person, student: Person) -> None:
    course_id = a_course(author, forced_order=True)
    enrollment_id, last = enroll(student, course_id), f"/lessons/{lesson_of(course_id, 3)}"
    assert access_of(api.get(last, token=student.access)) == ("locked", "lesson_order")
    assert override(api, author, enrollment_id, unlocked=True).json()["unlocked"] is True
    assert access_of(api.get(last, token=student.access)) == ("full", "enrolled")
    assert override(api, author, enrollment_id).json()["unlocked"] is False
    assert access_of(api.get(last, token=student.access)) == ("locked", "lesson_order")


@pytest.mark.row("B07")
def test_an_instructor_moves_the_end_of_one_learners_time(api: Api, author: Person, student: Person) -> None:
    course_id = a_course(author, access_days=30)
    ended = clock.now() - timedelta(days=31)
    enrollment_id, lesson = enroll(student, course_id, enrolled_at=ended), f"/lessons/{lesson_of(course_id, 1)}"
    assert access_of(api.get(lesson, token=student.access)) == ("locked", "access_ended")
    until = (clock.now() + timedelta(days=5)).isoformat()
    said = override(api, author, enrollment_id, access_until=until).json()
    assert said["access_until"] == said["access_ends_at"]
    assert access_of(api.get(lesson, token=student.access)) == ("full", "enrolled")


def test_the_same_override_again_writes_nothing(api: Api, author: Person, student: Person) -> None:
    enrollment_id = enroll(student, a_course(author))
    first = override(api, author, enrollment_id, unlocked=True)
    assert override(api, author, enrollment_id, unlocked=True).header("etag") == first.header("etag")


def test_an_override_of_a_version_that_is_gone_is_refused(api: Api, author: Person, student: Person) -> None:
    enrollment_id = enroll(student, a_course(author))
    where = f"/enrollments/{enrollment_id}/override"
    reply = api.put(where, {"unlocked": True}, token=author.access, if_match='"9.x"')
    assert problem(reply) == (412, "override_changed")


@pytest.mark.row("E28", "C09")
def test_only_the_instructor_of_the_course_and_administrators_override(
    api: Api, author: Person, student: Person
) -> None:
    enrollment_id = enroll(student, a_course(author))
    rival = api.member("rival", roles=("instructor",))
    assert problem(override(api, rival, enrollment_id, unlocked=True)) == (404, "enrollment_unknown")
    assert problem(override(api, student, enrollment_id, unlocked=True)) == (403, "role_missing")
    assert problem(override(api, author, enrollment_of(rival.id, a_course(author)), unlocked=True))[0] == 404
    assert override(api, api.admin(), enrollment_id, unlocked=True).status == 200


def test_a_cancelled_enrollment_is_not_overridden(api: Api, author: Person, student: Person) -> None:
    enrollment_id = enroll(student, a_course(author), status="cancelled")
    assert problem(override(api, author, enrollment_id, unlocked=True)) == (409, "enrollment_ended")


@pytest.mark.parametrize(
    "until", ["tomorrow", "2027-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_an_end_that_is_no_moment_is_named(api: Api, author: Person, student: Person, until: str) -> None:
    enrollment_id = enroll(student, a_course(author))
    reply = override(api, author, enrollment_id, access_until=until)
    assert [each["field"] for each in reply.json()["errors"]] == ["access_until"]


def test_the_override_stands_in_the_enrollment_and_is_told_once(api: Api, author: Person, student: Person) -> None:
    course_id = a_course(author)
    override(api, author, enroll(student, course_id), unlocked=True)
    kept = reads.one(Enrollment, keys.enrollment(student.id, course_id))
    assert kept
    assert (kept.unlocked, int(kept.ver)) == (True, 2)


@pytest.mark.row("B07")
def test_prerequisites_that_would_wait_for_themselves_are_refused(api: Api, author: Person) -> None:
    first = a_course(author)
    second = a_course(author, prerequisites=[first])
    third = a_course(author, prerequisites=[second])
    for closing, wanted in ((first, third), (first, first), (second, third)):
        reply = api.patch(f"/courses/{closing}", {"prerequisites": [wanted]}, token=author.access)
        assert reply.status == 422
        assert [(each["field"], each["code"]) for each in reply.json()["errors"]] == [("prerequisites", "cycle")]
    assert api.patch(f"/courses/{third}", {"prerequisites": [first, second]}, token=author.access).status == 200


def test_a_draft_of_somebody_else_is_no_prerequisite(api: Api, author: Person) -> None:
    draft = courses.a_draft(api.member("rival", roles=("instructor",)).id).id
    for unknown in (draft, "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"):
        reply = api.patch(f"/courses/{a_course(author)}", {"prerequisites": [unknown]}, token=author.access)
        assert [(each["field"], each["code"]) for each in reply.json()["errors"]] == [("prerequisites", "unknown")]
    own = courses.a_draft(author.id).id
    reply = api.patch(f"/courses/{a_course(author)}", {"prerequisites": [own]}, token=author.access)
    assert reply.status == 200
