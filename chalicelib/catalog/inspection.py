"""What becomes of an upload that has arrived: its bytes are looked at, then it is ready or refused, once for good.

`functions/inspect_media` calls it, possibly twice or late. The first version that is inspected settles the upload and
is the one that is served; every other one is thrown away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.catalog import formats, media, objects
from chalicelib.catalog.ids import ULID
from chalicelib.catalog.objects import Look
from chalicelib.catalog.records import Media
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import change, persistently, together

_KEY = re.compile(rf"u/(usr_{ULID})/({ULID})")
_CREATED = "ObjectCreated:"
#: What S3 sends to a queue when it is first told of it.
_TEST = "s3:TestEvent"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One version of one object, as the bucket tells of it."""

    bucket: str
    key: str
    version: str

    @property
    def upload(self) -> tuple[str, str] | None:
        """Whose it is and which; None where it is none of ours."""
        found = _KEY.fullmatch(self.key) if self.bucket == settings.media_bucket else None
        return (found[1], f"med_{found[2]}") if found else None


def arrivals(document: Mapping[str, Any]) -> list[Arrival]:
    """What a notification of S3 tells of; refuses (KeyError, TypeError, ValueError) what is none."""
    if document.get("Event") == _TEST:
        return []
    records = [each for each in document["Records"] if each["eventName"].startswith(_CREATED)]
    return [_arrival(each["s3"]) for each in records]


def _arrival(told: Mapping[str, Any]) -> Arrival:
    values = (told["bucket"]["name"], unquote_plus(told["object"]["key"]), told["object"]["versionId"])
    if not all(isinstance(each, str) and each for each in values):
        raise ValueError("no name, key or version")
    return Arrival(*values)


def settle(act: Act, arrival: Arrival) -> str:
    """Make an upload ready or refused; says what happened. Again, it says so and changes nothing."""
    if arrival.upload is None:
        return "unknown"
    owner_id, media_id = arrival.upload
    return persistently(act, lambda: _settle(act, arrival, media_id, reads.one(Media, keys.media(owner_id, media_id))))


def _settle(act: Act, arrival: Arrival, media_id: str, upload: Media | None) -> str:
    if upload is None:
        # Deleted before it came, or while a copy of it was made.
        objects.remove(media.public_key(media_id))
    elif upload.state == media.WAITING:
        return _judge(act, arrival, upload)
    elif upload.state == media.READY and upload.version == arrival.version:
        return media.READY
    objects.discard(arrival.key, arrival.version)
    return "discarded"


def _judge(act: Act, arrival: Arrival, upload: Media) -> str:
    seen = objects.look(arrival.key, arrival.version)
    if seen is None:
        return "gone"
    reason = objection(upload, seen)
    if reason is None:
        return _accept(act, arrival, upload, seen)
    _refuse(act, arrival, upload, reason)
    objects.discard(arrival.key, arrival.version)
    return media.REFUSED


def objection(upload: Media, seen: Look) -> str | None:
    """Why what has come is not what was announced. The form asks for size and type; this is the second look."""
    if seen.size != int(upload.bytes):
        return "wrong_size"
    if seen.content_type != upload.content_type:
        return "wrong_type"
    return formats.objection(upload.content_type, seen.head)


def _accept(act: Act, arrival: Arrival, upload: Media, seen: Look) -> str:
    public = media.public_key(upload.id) if upload.is_public else None
    if public:
        objects.publish(arrival.key, arrival.version, upload.content_type, public)
    ready = change(
        upload,
        Media.state.set(media.READY),
        Media.version.set(arrival.version),
        Media.etag.set(seen.etag),
        Media.ttl.remove(),
        *([Media.public_key.set(public)] if public else []),
        now=act.now,
    )
    fact = _fact(act, "media.ready", upload, what=upload.what, bytes=seen.size)
    return together(act, ready, fact=fact, result=media.READY)


def _refuse(act: Act, arrival: Arrival, upload: Media, reason: str) -> None:
    actions = Media.state.set(media.REFUSED), Media.version.set(arrival.version), Media.reason.set(reason)
    fact = _fact(act, "media.refused", upload, reason=reason)
    together(act, change(upload, *actions, now=act.now), fact=fact, result=None)


def _fact(act: Act, name: str, upload: Media, **payload: Any) -> Fact:
    return act.fact(name, upload.id, audience=[upload.owner_id], ver=int(upload.ver) + 1, **payload)


def remove_media(fact: Fact) -> None:
    """The objects of an upload that its owner has deleted; a reaction. Removing twice is harmless."""
    objects.remove(media.object_key(fact.payload["owner"], fact.subject))
    objects.remove(media.public_key(fact.subject))
