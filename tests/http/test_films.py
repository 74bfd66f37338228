"""A film in a lesson: the link to it is for those for whom the lesson is open, and for nobody else."""

from typing import Any

import pytest

from chalicelib.catalog import authoring
from chalicelib.catalog.ids import place_of
from chalicelib.catalog.records import Media
from chalicelib.table import reads
from functions.inspect_media import handler
from tests.bench.meter import Meter
from tests.factories import courses, people
from tests.factories import media as files
from tests.factories.forms import fetched
from tests.factories.media import arrival, asked, stored
from tests.http.api import Api, Person, fields, problem
from tests.workers.doubles import records


def ready(owner: str, content: bytes = files.MP4, **wish: Any) -> Media:
    upload = asked(content, owner, **wish)
    handler(records(arrival(upload, stored(upload, content))), None)
    found = reads.one(Media, upload.key)
    assert found
    return found


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tara", roles=("instructor",))


def lesson_with(upload: Media, **course: Any) -> str:
    """A published course with a lesson of words and one with this film."""
    made = courses.a_draft(upload.owner_id, lessons=1, **course)
    film = courses.a_lesson(made.id, upload.owner_id, what="video", media_id=upload.id)
    authoring.publish(courses.act(), made.id, None)
    return str(film.id)


def verified(api: Api, who: Person) -> Person:
    people.verified(who.id)
    return api.login(who.username)


def seen(api: Api, lesson_id: str, token: str | None = None) -> dict[str, Any]:
    reply = api.get(f"/lessons/{lesson_id}", token=token)
    assert reply.status == 200, reply.body
    said: dict[str, Any] = reply.json()
    return said


@pytest.mark.row("M10", "M129", "C22")
def test_an_open_lesson_comes_with_a_link_to_its_film(api: Api, teacher: Person) -> None:
    said = seen(api, lesson_with(ready(teacher.id)))
    part = fetched(said["playback"]["url"], Range="bytes=0-3")
    assert (part.status, part.body) == (206, files.MP4[:4])


@pytest.mark.row("K02")
@pytest.mark.parametrize(
    ("kind", "content", "wish"),
    [("video", files.MP4, {}), ("file", files.PDF, {"what": "document", "content_type": "application/pdf"})],
)
def test_a_lesson_of_the_kindergarten_has_words_and_media(
    api: Api, teacher: Person, kind: str, content: bytes, wish: dict[str, Any]
) -> None:
    upload = ready(teacher.id, content, **wish)
    said = {"title": "Colours", "content": "Look and name them.", "kg_class": "KG1", "kind": kind}
    body = {**said, "media_id": upload.id, "is_published": True}
    made = api.post("/lessons", body, token=verified(api, teacher).access)
    assert made.status == 201, made.body
    shown = seen(api, made.json()["id"], api.member("luca").access)
    assert {name: shown[name] for name in said} == said
    part = fetched(shown["playback"]["url"], Range="bytes=0-3")
    assert (part.status, part.body) == (206, content[:4])


@pytest.mark.row("M10", "X15")
def test_a_lesson_that_is_not_open_says_nothing_of_its_film(api: Api, teacher: Person) -> None:
    upload = ready(teacher.id)
    lesson = lesson_with(upload, price_minor=1999)
    stranger, student = seen(api, lesson), seen(api, lesson, api.member("stu").access)
    for said in (stranger, student):
        assert (said["access"], said["media_url"], said["playback"]) == ("locked", None, None)
        assert upload.object_key not in str(said)
    assert seen(api, lesson, teacher.access)["playback"]
    assert seen(api, lesson, api.admin().access)["playback"]


@pytest.mark.row("M10")
def test_a_film_that_is_not_ready_or_gone_is_no_film(api: Api, teacher: Person) -> None:
    waiting, gone = asked(owner=teacher.id), ready(teacher.id)
    lessons = [lesson_with(waiting), lesson_with(gone)]
    assert api.delete(f"/media/{gone.id}", token=teacher.access).status == 204
    for lesson in lessons:
        said = seen(api, lesson)
        assert (said["access"], said["media_url"], said["playback"]) == ("full", None, None)


def test_a_lesson_names_uploads_of_its_instructor_only(api: Api, teacher: Person) -> None:
    mine = courses.a_draft(teacher.id, lessons=1)
    boss = api.admin()
    others = asked(owner=api.member("other", roles=("instructor",)).id)
    wish = {"course_id": mine.id, "title": "A film", "kind": "video", "media_id": others.id}
    for caller in (teacher, boss):
        reply = api.post("/lessons", wish, token=caller.access)
        assert problem(reply)[0] == 422
        assert "media_id" in fields(reply)
    good = {**wish, "media_id": asked(owner=teacher.id).id}
    for caller in (teacher, boss):
        assert api.post("/lessons", good, token=caller.access).status == 201


@pytest.mark.row("M129")
def test_a_film_costs_one_read_by_its_key_and_a_lesson_of_words_none(api: Api, teacher: Person) -> None:
    film = lesson_with(ready(teacher.id))
    words = film.rpartition("-")[0] + "-1"
    student = api.member("stu")
    course = place_of(film)
    assert course
    assert api.post("/enrollments", {"course": course.course}, token=student.access).status == 201
    calls = {}
    for name, lesson in (("words", words), ("film", film)):
        seen(api, lesson, student.access)
        with Meter() as meter:
            seen(api, lesson, student.access)
        calls[name] = meter.names()
    assert calls["words"] == ["BatchGetItem"]
    assert calls["film"] == ["BatchGetItem", "GetItem"]
