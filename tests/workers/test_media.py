"""The worker of uploads: told twice, late, of strangers' objects or of nothing at all, it does no harm."""

import json
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.catalog import formats, inspection, media, objects
from chalicelib.catalog.records import Media
from chalicelib.settings import settings
from chalicelib.table import reads
from chalicelib.table.acts import by_system
from chalicelib.table.writes import alone, delete
from functions.inspect_media import handler
from tests.conftest import House
from tests.factories import media as files
from tests.factories.media import arrival, asked, stored
from tests.faults.effects import happenings
from tests.workers.doubles import dead, records


def inspected(*bodies: str, receives: int = 1) -> list[str]:
    """The messages that come back."""
    answer = handler(records(*bodies, receives=receives), None)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def now(upload: Media) -> Media:
    found = reads.one(Media, upload.key)
    assert found
    return found


def told(name: str) -> int:
    return len(happenings(name))


@pytest.mark.row("K69")
def test_an_arrival_that_is_told_many_times_is_one_fact() -> None:
    upload = asked()
    body = arrival(upload, stored(upload))
    assert inspected(body, body, body) == []
    assert (now(upload).state, int(now(upload).ver), told("media.ready")) == ("ready", 2, 1)


@pytest.mark.row("K69")
def test_a_refusal_that_is_told_many_times_is_one_fact_and_leaves_nothing() -> None:
    upload = asked()
    body = arrival(upload, stored(upload, files.HTML.ljust(len(files.MP4))))
    assert inspected(body, body) == []
    assert (now(upload).state, now(upload).reason, told("media.refused")) == ("refused", "wrong_type", 1)
    assert files.versions() == []


def test_of_a_large_file_the_beginning_is_read() -> None:
    film = files.MP4 + bytes(100_000)
    upload = asked(film)
    version = stored(upload, film)
    seen = objects.look(upload.object_key, version)
    assert seen
    assert (seen.size, seen.head) == (len(film), film[: formats.HEAD_BYTES])
    inspected(arrival(upload, version))
    assert now(upload).state == "ready"


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [(files.MP4 + b"x", "video/mp4", "wrong_size"), (files.MP4, "text/html", "wrong_type")],
)
def test_what_came_past_the_form_is_refused(content: bytes, content_type: str, reason: str) -> None:
    upload = asked()
    inspected(arrival(upload, stored(upload, content, content_type)))
    assert (now(upload).state, now(upload).reason) == ("refused", reason)


def test_a_refused_upload_stays_refused_whatever_comes_after() -> None:
    upload = asked()
    inspected(arrival(upload, stored(upload, files.HTML)))
    assert inspected(arrival(upload, stored(upload))) == []
    assert now(upload).state == "refused"
    assert files.versions() == []


@pytest.mark.row("K69")
def test_the_first_that_is_looked_at_stays_and_every_other_goes() -> None:
    upload = asked()
    first, second = stored(upload), stored(upload)
    assert inspected(arrival(upload, second), arrival(upload, first), arrival(upload, second)) == []
    assert now(upload).version == second
    assert len(files.versions()) == 1


@pytest.mark.row("K69")
def test_an_object_that_nobody_asked_for_is_thrown_away_and_changes_nothing() -> None:
    upload = asked()
    version = stored(upload)
    alone(delete(upload))
    assert inspected(arrival(upload, version)) == []
    assert files.versions() == []
    assert told("media.ready") == 0


@pytest.mark.parametrize(
    ("key", "bucket"),
    [
        ("public/x", ""),
        ("u/usr_x/y", ""),
        ("u/../u", ""),
        ("", ""),
        ("u/usr_01K00000000000000000000000/01K00000000000000000000000/x", ""),
        ("u/usr_01K00000000000000000000000/01K00000000000000000000000", "somebody-elses"),
    ],
)
def test_an_event_of_an_unknown_key_or_bucket_is_harmless(key: str, bucket: str) -> None:
    other = json.loads(arrival(asked(), "v"))
    other["Records"][0]["s3"]["object"]["key"] = key or "%20"
    other["Records"][0]["s3"]["bucket"]["name"] = bucket or settings.media_bucket
    assert inspected(json.dumps(other)) == []
    assert dead("media") == []


def test_a_version_that_is_gone_again_is_no_reason_to_wait() -> None:
    upload = asked()
    version = stored(upload)
    objects.discard(upload.object_key, version)
    assert inspected(arrival(upload, version), arrival(upload, "no-such-version")) == []
    assert now(upload).state == "waiting"


def test_what_s3_says_when_it_is_first_told_of_the_queue_is_no_poison() -> None:
    trial = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": settings.media_bucket, "RequestId": "x"}
    assert inspected(json.dumps(trial)) == []
    assert dead("media") == []


def test_what_was_removed_is_no_arrival() -> None:
    upload = asked()
    other = json.loads(arrival(upload, stored(upload)))
    other["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert inspected(json.dumps(other)) == []
    assert now(upload).state == "waiting"


@pytest.mark.row("K69")
@pytest.mark.parametrize(
    "body",
    ["hello", "{}", "[]", "null", '{"Records": [{}]}', '{"Records": 5}', '{"reaction": "no_such", "fact": {}}'],
)
def test_poison_is_buried_with_its_reason(body: str) -> None:
    upload = asked()
    assert inspected(body, arrival(upload, stored(upload))) == []
    assert [letter for letter, reason in dead("media") if reason] == [body]
    assert now(upload).state == "ready"


def test_a_bucket_that_does_not_answer_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = asked()
    body = arrival(upload, stored(upload))

    def silent(*_: Any, **__: Any) -> None:
        raise objects.MediaUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(objects, "look", silent)
        assert inspected(body) == ["m0"]
    assert now(upload).state == "waiting"
    assert inspected(body) == []
    assert now(upload).state == "ready"


def test_a_picture_whose_copy_was_made_by_a_worker_that_died_gets_one_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = asked(files.PNG, what="image", content_type="image/png", public=True)
    body = arrival(upload, stored(upload, files.PNG))

    def dying(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(inspection, "together", dying)
        assert inspected(body) == ["m0"]
    assert inspected(body) == []
    assert files.shown() == sorted([media.public_key(upload.id), upload.object_key])


def test_a_copy_of_what_is_deleted_meanwhile_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = asked(files.PNG, what="image", content_type="image/png", public=True)
    body = arrival(upload, stored(upload, files.PNG))
    publish = objects.publish

    def deleted_meanwhile(*given: Any) -> None:
        publish(*given)
        alone(delete(upload))

    monkeypatch.setattr(objects, "publish", deleted_meanwhile)
    assert inspected(body) == []
    assert files.shown() == []


@pytest.mark.row("K69")
def test_what_comes_to_the_bucket_reaches_the_queue_and_only_from_where_uploads_lie(clean: House) -> None:
    upload = asked()
    aws.client("s3").put_object(Bucket=settings.media_bucket, Key="public/x", Body=b"x")
    stored(upload)
    files.until(lambda: clean.driver.settle() and now(upload).state == "ready")
    assert clean.driver.source("inspect_media").runs == 1


def test_deleting_twice_is_as_good_as_once() -> None:
    upload = asked()
    stored(upload)
    fact = by_system("req").fact("media.deleted", upload.id, owner=upload.owner_id)
    for _ in range(2):
        inspection.remove_media(fact)
    assert files.shown() == []
