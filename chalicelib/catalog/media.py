"""Films, pictures, sound and documents that teachers upload. `inspection.py` decides what becomes of an upload.

An upload belongs to one person and lies under one key. What is served is the one version that was inspected, whatever
the same form is used for afterwards.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from chalicelib import clock
from chalicelib.catalog import formats, objects
from chalicelib.catalog.courses import Outdated, edited
from chalicelib.catalog.formats import FORMATS
from chalicelib.catalog.objects import Link
from chalicelib.catalog.records import Media
from chalicelib.errors import NotFound
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.record import Record
from chalicelib.table.writes import delete, put_new, together
from chalicelib.web import limits

WAITING, READY, REFUSED, EXPIRED = "waiting", "ready", "refused", "expired"
#: An upload that has not come by then does not come.
PATIENCE = timedelta(days=1)
#: How long one is remembered that is not ready. The word of its arrival may lie in a queue and among the dead letters
#: for 18 days before it is read.
MEMORY = timedelta(days=30)
_FOLDERS = re.compile(r"[/\\]")
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


class MediaUnknown(NotFound):
    """You have no such upload."""


class MediaChanged(Outdated):
    """The upload has changed since you read it; read it again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An upload as it reads at a moment; with a link where one of them is looked at."""

    media: Media
    state: str
    playback: Link | None = None

    @property
    def ver(self) -> int:
        return int(self.media.ver)


def ask(act: Act, *, what: str, content_type: str, filename: str, size: int, public: bool) -> Media:
    """A place for a new upload; `objects.form` makes the form that leads there."""
    formats.require(what, content_type, size, public)
    limits.take("upload", act.actor, act.now)
    id = clock.new_id("med")
    media: Media = Media.under(
        keys.media(act.actor, id),
        id=id,
        ver=1,
        owner_id=act.actor,
        object_key=object_key(act.actor, id),
        what=what,
        content_type=content_type,
        filename=filename,
        bytes=size,
        is_public=public,
        created_at=act.now,
        updated_at=act.now,
        ttl=act.now + MEMORY,
    )
    fact = act.fact("media.asked", id, audience=[act.actor], ver=1, what=what, content_type=content_type, bytes=size)
    return together(act, put_new(media), fact=fact, result=media)


def object_key(owner_id: str, media_id: str) -> str:
    return f"u/{owner_id}/{media_id.removeprefix('med_')}"


def one(act: Act, media_id: str) -> Media:
    """An upload of the caller's own."""
    media = act.read([keys.media(act.actor, media_id)]).get(keys.media(act.actor, media_id))
    if not isinstance(media, Media):
        raise MediaUnknown
    return media


def seen(act: Act, media_id: str) -> Seen:
    media = one(act, media_id)
    return Seen(media, state(media, act.now), playback(media, act.now))


def of_owner(act: Act, size: int, after: str | None) -> Page[Seen]:
    """The caller's uploads, newest first."""
    scope = Scope("media", act.actor)
    start = reads.raw_key(keys.media(act.actor, str(position(scope, after, act.now)))) if after else None
    found = reads.span(keys.media_of(act.actor), limit=size, newest_first=True, start=start)
    results = [each for each in found.records if isinstance(each, Media)]
    more = cursor(scope, results[-1].id, act.now) if found.more_after and results else None
    return Page([Seen(each, state(each, act.now)) for each in results], more)


def remove(act: Act, media_id: str, expected: int | None = None) -> None:
    """Forget an upload. The object goes when the fact is told; a lesson that names it shows no film from now on."""

    def attempt() -> None:
        media = one(act, media_id)
        if expected is not None and int(media.ver) != expected:
            raise MediaChanged
        fact = act.fact("media.deleted", media.id, audience=[act.actor], owner=media.owner_id)
        return together(act, delete(media, where=Record.ver == int(media.ver)), fact=fact, result=None)

    edited(act, attempt)


def state(media: Media, now: datetime) -> str:
    """As it reads: what has been waited for long enough has expired, though its record goes later."""
    expired = media.state == WAITING and media.created_at + PATIENCE <= now
    return EXPIRED if expired else str(media.state)


def film_of(owner_id: str, media_id: str | None, now: datetime) -> Link | None:
    """The link for a lesson that is open; None where there is nothing to show. One read, and none without a film."""
    media = reads.one(Media, keys.media(owner_id, media_id)) if media_id else None
    return None if media is None else playback(media, now)


def playback(media: Media, now: datetime) -> Link | None:
    """Where an upload can be fetched for an hour, in parts too; None unless it is ready."""
    if media.state != READY:
        return None
    return objects.link(media.object_key, media.version, media.content_type, disposition(media), now)


def public_address(media: Media) -> str | None:
    """Where everybody finds a picture that is meant for everybody."""
    return objects.public_address(media.public_key) if media.public_key and media.state == READY else None


def public_key(media_id: str) -> str:
    return f"public/{media_id.removeprefix('med_')}"


def disposition(media: Media) -> str:
    """It is saved under the name its owner gave it, with the ending of what it is, and never shown as a page.

    Players and pictures in pages do not look at this. What people typed is percent-encoded or left out.
    """
    name = _FOLDERS.split(media.filename)[-1]
    stem = name.rpartition(".")[0] or name or str(media.what)
    ending = FORMATS[media.content_type].extension
    plain = _ODD.sub("-", stem).strip("-")[:80] or str(media.what)
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(stem[:80], safe='')}.{ending}"
