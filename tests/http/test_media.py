"""Uploads: who may ask for a form, what the form takes, what becomes of the bytes, and how they are seen."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from chalicelib import clock
from chalicelib.catalog import belongings, media
from chalicelib.catalog.records import Media
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import by_system
from infra.local.gateway import Reply
from tests.conftest import House
from tests.factories import media as files
from tests.factories.forms import fetched, preflight, sent
from tests.http.api import Api, Person, fields, problem

FILM = files.MP4


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tara", roles=("instructor",))


@dataclass
class Desk:
    """A teacher who uploads, and the cloud that does its part."""

    api: Api
    house: House
    teacher: Person

    def ask(self, content: bytes = FILM, **changes: Any) -> Reply:
        wish = {"what": "video", "content_type": "video/mp4", "filename": "one.mp4", "bytes": len(content)} | changes
        return self.api.post("/media/uploads", wish, token=self.teacher.access)

    def uploaded(self, content: bytes = FILM, **changes: Any) -> dict[str, Any]:
        """Asked for, sent, looked at; what is told of it then."""
        asked = self.ask(content, **changes).json()
        assert sent(asked["upload"], content)[0] == 204
        return self.settled(asked["id"])

    def settled(self, id: str) -> dict[str, Any]:
        files.until(lambda: self.house.driver.settle() + 1 and self.told(id)["state"] != "waiting")
        return self.told(id)

    def told(self, id: str) -> dict[str, Any]:
        reply = self.api.get(f"/media/{id}", token=self.teacher.access)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json()
        return found


@pytest.fixture
def desk(api: Api, clean: House, teacher: Person) -> Desk:
    return Desk(api, clean, teacher)


@pytest.mark.row("K69")
def test_asking_gives_a_form_for_one_key_one_type_and_one_size_for_five_minutes(desk: Desk) -> None:
    reply = desk.ask()
    assert reply.status == 201
    told = reply.json()
    assert reply.header("location") == f"/api/v1/media/{told['id']}"
    assert reply.header("cache-control") == "no-store"
    assert (told["state"], told["public_url"], told["bytes"]) == ("waiting", None, len(FILM))
    policy = files.policy(told["upload"])
    conditions = policy["conditions"]
    assert {"key": f"u/{desk.teacher.id}/{told['id'].removeprefix('med_')}"} in conditions
    assert {"Content-Type": "video/mp4"} in conditions
    assert {"bucket": settings.media_bucket} in conditions
    assert ["content-length-range", len(FILM), len(FILM)] in conditions
    assert policy["life"] <= timedelta(minutes=5, seconds=2)


@pytest.mark.row("K69", "M10")
@pytest.mark.parametrize(("what", "content_type", "content"), [files.GOOD[0], files.GOOD[-1]], ids=["film", "paper"])
def test_what_is_what_it_says_becomes_ready(desk: Desk, what: str, content_type: str, content: bytes) -> None:
    told = desk.uploaded(content, what=what, content_type=content_type)
    assert (told["state"], told["reason"], told["bytes"]) == ("ready", None, len(content))
    got = fetched(told["playback"]["url"])
    assert (got.status, got.body) == (200, content)
    assert got.headers["Content-Type"] == content_type


@pytest.mark.row("K69")
@pytest.mark.parametrize(("what", "content_type", "content"), [files.FALSE[0], files.FALSE[-1]], ids=["page", "stump"])
def test_what_is_something_else_is_refused_and_gone(desk: Desk, what: str, content_type: str, content: bytes) -> None:
    told = desk.uploaded(content, what=what, content_type=content_type)
    assert (told["state"], told["reason"], told["playback"]) == ("refused", "wrong_type", None)
    assert files.versions() == []


@pytest.mark.row("K69")
@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"content_type": "image/svg+xml", "what": "image"}, "content_type", "not_taken"),
        ({"content_type": "text/html", "what": "document"}, "content_type", "not_taken"),
        ({"content_type": "video/mp4", "what": "image"}, "content_type", "not_taken"),
        ({"content_type": "VIDEO/MP4"}, "content_type", "not_taken"),
        ({"content_type": "video/mp4; charset=x"}, "content_type", "not_taken"),
        ({"bytes": 2**31 + 1}, "bytes", "less_than_equal"),
        ({"bytes": 10 * 2**20 + 1, "what": "image", "content_type": "image/png"}, "bytes", "too_large"),
        ({"bytes": 0}, "bytes", "greater_than_equal"),
        ({"public": True}, "public", "not_public"),
        ({"filename": "a\r\nSet-Cookie: x"}, "filename", "value_error"),
        ({"what": "program"}, "what", "literal_error"),
        ({"key": "u/usr_x/y"}, "key", "unknown_field"),
    ],
)
def test_what_is_not_taken_is_said_by_field(desk: Desk, changes: dict[str, Any], field: str, code: str) -> None:
    reply = desk.ask(**changes)
    assert problem(reply)[0] == 422
    assert fields(reply) == {field: code}


@pytest.mark.row("K69")
@pytest.mark.parametrize("change", ["key", "Content-Type", "longer", "shorter"])
def test_the_bucket_takes_nothing_but_what_the_form_is_for(desk: Desk, change: str) -> None:
    form = desk.ask().json()["upload"]
    content = {"longer": FILM + b"x", "shorter": FILM[:-1]}.get(change, FILM)
    other = {"key": "u/usr_somebody/else", "Content-Type": "text/html"}
    changed = {**form["fields"], **({change: other[change]} if change in other else {})}
    assert sent({**form, "fields": changed}, content)[0] >= 400
    assert files.versions() == []


def test_a_repeat_with_the_same_key_is_the_same_upload_with_a_form_that_works(desk: Desk) -> None:
    body = {"what": "video", "content_type": "video/mp4", "filename": "one.mp4", "bytes": len(FILM)}
    first, again = (
        desk.api.post("/media/uploads", body, token=desk.teacher.access, idempotency_key="k").json() for _ in range(2)
    )
    assert first["id"] == again["id"]
    assert sent(again["upload"], FILM)[0] == 204
    assert desk.settled(first["id"])["state"] == "ready"


@pytest.mark.row("K69")
def test_only_those_who_teach_upload_and_each_sees_their_own(desk: Desk) -> None:
    told = desk.uploaded()
    student, other = desk.api.member("stu"), desk.api.member("other", roles=("instructor",))
    wish = {"what": "video", "content_type": "video/mp4", "filename": "one.mp4", "bytes": 10}
    assert desk.api.post("/media/uploads", wish, token=student.access).status == 403
    for method in ("GET", "DELETE"):
        assert desk.api.call(method, f"/media/{told['id']}", token=other.access).status == 404
    assert desk.api.get("/media", token=other.access).json()["results"] == []


def test_the_list_is_newest_first_and_goes_on_from_its_cursor(desk: Desk) -> None:
    made = [desk.ask(filename=f"{number}.mp4").json()["id"] for number in range(3)]
    first = desk.api.get("/media?page_size=2", token=desk.teacher.access).json()
    assert [each["id"] for each in first["results"]] == made[:0:-1]
    rest = desk.api.get(first["next"].removeprefix(settings.public_url), token=desk.teacher.access).json()
    assert ([each["id"] for each in rest["results"]], rest["next"]) == (made[:1], None)


def test_an_upload_that_never_comes_expires_after_a_day_and_is_forgotten_later(desk: Desk) -> None:
    id = desk.ask().json()["id"]
    record = reads.one(Media, keys.media(desk.teacher.id, id))
    assert record
    assert record.ttl
    with time_machine.travel(clock.now() + timedelta(hours=23), tick=False):
        assert state_of(desk, id) == "waiting"
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        assert state_of(desk, id) == "expired"
        assert record.ttl > clock.now() + timedelta(days=18)


def state_of(desk: Desk, id: str) -> str:
    """In a session of its own, since a token does not live that long."""
    token = desk.api.login(desk.teacher.username).access
    (listed,) = desk.api.get("/media", token=token).json()["results"]
    shown = desk.api.get(f"/media/{id}", token=token).json()
    assert listed["state"] == shown["state"]
    return str(shown["state"])


def test_what_is_ready_is_remembered_for_good(desk: Desk) -> None:
    record = reads.one(Media, keys.media(desk.teacher.id, desk.uploaded()["id"]))
    assert record
    assert record.ttl is None


@pytest.mark.row("K69")
def test_what_was_looked_at_is_what_is_seen_though_the_form_is_used_again(desk: Desk) -> None:
    asked = desk.ask().json()
    sent(asked["upload"], FILM)
    desk.settled(asked["id"])
    page = b"<html>".ljust(len(FILM))
    assert sent(asked["upload"], page)[0] == 204
    assert fetched(desk.told(asked["id"])["playback"]["url"]).body == FILM
    files.until(lambda: desk.house.driver.settle() and len(files.versions()) == 1)
    assert fetched(desk.told(asked["id"])["playback"]["url"]).body == FILM


@pytest.mark.row("M10", "M129")
def test_a_film_is_fetched_in_parts_without_the_api(desk: Desk) -> None:
    link = desk.uploaded()["playback"]
    part = fetched(link["url"], Range="bytes=4-7")
    assert (part.status, part.body) == (206, FILM[4:8])
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(FILM)}"
    assert not link["url"].startswith(settings.public_url)


def test_a_link_dies_and_leads_nowhere_else(desk: Desk) -> None:
    told = desk.uploaded()
    url, record = told["playback"]["url"], reads.one(Media, keys.media(desk.teacher.id, told["id"]))
    assert record
    assert int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0]) == 3600
    with time_machine.travel(clock.now() - timedelta(hours=2)):
        old = playback_of(record)
    assert fetched(old).status == 403


def playback_of(record: Media) -> str:
    link = media.playback(record, clock.now())
    assert link
    return link.url


def test_the_name_of_a_file_comes_back_and_cannot_say_anything_else(desk: Desk) -> None:
    got = fetched(desk.uploaded(filename='गिनती"; x="1.html')["playback"]["url"])
    stem = "%E0%A4%97%E0%A4%BF%E0%A4%A8%E0%A4%A4%E0%A5%80%22%3B%20x%3D%221"
    assert got.headers["Content-Disposition"] == f"attachment; filename=\"x-1.mp4\"; filename*=UTF-8''{stem}.mp4"


@pytest.mark.row("M115")
def test_a_picture_for_everybody_is_found_under_public_and_may_be_a_cover(desk: Desk) -> None:
    told = desk.uploaded(files.PNG, what="image", content_type="image/png", public=True)
    assert told["public_url"].startswith(f"{settings.media_address}/public/")
    got = fetched(told["public_url"])
    assert (got.status, got.body, got.headers["Content-Type"]) == (200, files.PNG, "image/png")
    assert got.headers["Cache-Control"] == "public, max-age=86400"
    changed = desk.api.patch("/users/profile", {"avatar_url": told["public_url"]}, token=desk.teacher.access)
    assert changed.json()["avatar_url"] == told["public_url"]


@pytest.mark.row("M115")
def test_a_picture_is_not_for_everybody_unless_its_owner_says_so(desk: Desk) -> None:
    told = desk.uploaded(files.PNG, what="image", content_type="image/png")
    assert told["public_url"] is None
    assert all(each.startswith("u/") for each in files.versions())


@pytest.mark.parametrize("rest", ["/u/x/01", "/public/../u/x", "/public/x?y", ".evil.example/public/01"])
def test_no_other_address_of_the_bucket_is_a_picture(desk: Desk, rest: str) -> None:
    wish = {"avatar_url": f"{settings.media_address}{rest}"}
    assert desk.api.patch("/users/profile", wish, token=desk.teacher.access).status == 422


def test_what_is_deleted_is_gone_with_its_copy_and_told(desk: Desk) -> None:
    told = desk.uploaded(files.PNG, what="image", content_type="image/png", public=True)
    assert desk.api.delete(f"/media/{told['id']}", token=desk.teacher.access).status == 204
    assert desk.api.get(f"/media/{told['id']}", token=desk.teacher.access).status == 404
    assert desk.api.delete(f"/media/{told['id']}", token=desk.teacher.access).status == 404
    desk.house.driver.settle()
    assert files.shown() == []


def test_only_the_upload_that_was_read_is_deleted(desk: Desk) -> None:
    path = f"/media/{desk.uploaded()['id']}"
    reply = desk.api.delete(path, token=desk.teacher.access, if_match='"99.x"')
    assert problem(reply) == (412, "media_changed")
    tag = desk.api.get(path, token=desk.teacher.access).header("etag") or ""
    assert desk.api.delete(path, token=desk.teacher.access, if_match=tag).status == 204


def test_what_comes_after_it_was_deleted_is_thrown_away(desk: Desk) -> None:
    asked = desk.ask().json()
    desk.api.delete(f"/media/{asked['id']}", token=desk.teacher.access)
    sent(asked["upload"], FILM)
    files.until(lambda: desk.house.driver.settle() and files.versions() == [])


def test_its_owner_is_told_what_became_of_an_upload(desk: Desk) -> None:
    good = desk.uploaded()
    bad = desk.uploaded(b"x" * 40)
    desk.house.driver.settle()
    events = desk.api.get("/events", token=desk.teacher.access).json()["results"]
    told = {(each["name"], each["subject"]) for each in events if each["name"].startswith("media.")}
    asked = {("media.asked", each["id"]) for each in (good, bad)}
    assert told == {*asked, ("media.ready", good["id"]), ("media.refused", bad["id"])}


def test_pages_of_the_front_ends_may_send_the_form(desk: Desk) -> None:
    assert preflight(desk.ask().json()["upload"]["url"], "http://localhost:3000")


def test_forms_are_counted(desk: Desk) -> None:
    quota = settings.quotas["upload"]
    object.__setattr__(settings, "quotas", {**settings.quotas, "upload": type(quota)(1, 3600)})
    try:
        assert desk.ask().status == 201
        assert problem(desk.ask())[0] == 429
    finally:
        object.__setattr__(settings, "quotas", {**settings.quotas, "upload": quota})


@pytest.mark.row("B15")
def test_uploads_are_in_the_export_and_lose_their_names_in_an_erasure(desk: Desk) -> None:
    told = desk.uploaded(filename="Tara Devi, lesson one.mp4")
    export = desk.api.get("/users/me/export", token=desk.teacher.access).json()
    assert [each["filename"] for each in export["items"]["media"]] == ["Tara Devi, lesson one.mp4"]
    for _ in range(2):
        belongings.erase(by_system("night"), desk.teacher.id)
    left = reads.one(Media, keys.media(desk.teacher.id, told["id"]))
    assert left
    assert (left.filename, left.state) == ("", "ready")
    assert "Tara" not in fetched(playback_of(left)).headers["Content-Disposition"]
