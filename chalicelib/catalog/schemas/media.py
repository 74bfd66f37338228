"""Uploads: what is asked, and what is told of them."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, PrivateAttr, WithJsonSchema

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import formats, media, objects
from chalicelib.catalog.media import Seen
from chalicelib.catalog.records import Media
from chalicelib.web.reading import CursorPaged, Flag, In, Line, Out

What = Literal["video", "image", "audio", "document"]
TYPES: dict[str, Any] = {"type": "string", "enum": list(formats.FORMATS)}
LARGEST = max(formats.LARGEST.values())
SIZES = ", ".join(f"{size // formats.MEGABYTE} MB for {what}" for what, size in formats.LARGEST.items())


class UploadIn(In):
    model_config = ConfigDict(
        json_schema_extra=example(what="video", content_type="video/mp4", filename="lesson-1.mp4", bytes=1_048_576)
    )

    what: What
    content_type: Annotated[str, Field(max_length=100), WithJsonSchema(TYPES)]
    filename: Annotated[Line, Field(min_length=1, max_length=200)]
    bytes: Annotated[int, Field(ge=1, le=LARGEST, description=f"The exact size. At most {SIZES}.")]
    public: Annotated[Flag, Field(description="For pictures that everybody may see, such as covers.")] = False


class MediaQuery(CursorPaged):
    pass


class MediaOut(Out):
    """`waiting` for the file, `ready`, `refused` with a reason, or `expired` where no file came within a day."""

    id: str
    what: What
    content_type: str
    filename: str
    bytes: int
    state: Literal["waiting", "ready", "refused", "expired"]
    reason: Annotated[str, Field(description="`wrong_type` or `wrong_size`, where it was refused.")] | None
    public_url: Annotated[str, Field(description="Where everybody finds it, as for `cover_url`.")] | None
    created_at: datetime
    updated_at: datetime | None

    @classmethod
    def of(cls, result: Any) -> "MediaOut":
        seen: Seen = result
        return cls(**told(seen.media, seen.state))


def told(upload: Media, state: Any) -> dict[str, Any]:
    return {
        "id": upload.id,
        "what": upload.what,
        "content_type": upload.content_type,
        "filename": upload.filename,
        "bytes": int(upload.bytes),
        "state": state,
        "reason": upload.reason,
        "public_url": media.public_address(upload),
        "created_at": upload.created_at,
        "updated_at": upload.updated_at,
    }


class LinkOut(Out):
    """Works for everybody who has it until it expires, and gives parts to those who ask for a range."""

    url: str
    expires_at: datetime


class MediaPageOut(MediaOut):
    playback: Annotated[LinkOut, Field(description="Once it is ready.")] | None

    @classmethod
    def of(cls, result: Any) -> "MediaPageOut":
        seen: Seen = result
        link = None if seen.playback is None else LinkOut(**asdict(seen.playback))
        return cls(**told(seen.media, seen.state), playback=link)


class FormOut(Out):
    """Send `fields`, then the file in a field named `file`, as multipart/form-data to `url`. 204 says it is there."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    file_field: Literal["file"] = "file"
    expires_at: datetime


class UploadOut(MediaOut):
    """The form is good for one key, one type and one size, for five minutes. It is made anew for a repeat."""

    secrets: ClassVar[frozenset[str]] = frozenset({"upload"})

    upload: FormOut | None = None
    _media: Media = PrivateAttr()

    @classmethod
    def of(cls, result: Any) -> "UploadOut":
        upload: Media = result
        out = cls(**told(upload, upload.state))
        out._media = upload
        return out

    def seed(self) -> dict[str, Any]:
        upload = self._media
        return {"key": upload.object_key, "content_type": upload.content_type, "size": int(upload.bytes)}

    @classmethod
    def reissued(cls, body: str, seed: dict[str, Any], ask: Any) -> tuple[str, dict[str, Any]]:
        form = objects.form(**seed, now=ask.now)
        shown = FormOut(url=form.url, fields=dict(form.fields), expires_at=form.expires_at)
        return json.dumps(json.loads(body) | {"upload": shown.model_dump(mode="json")}, ensure_ascii=False), {}
