"""Files of every kind, good and false, uploads of them, and a look into the bucket."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from chalicelib import aws, clock
from chalicelib.catalog import media
from chalicelib.catalog.records import Media
from chalicelib.settings import settings
from chalicelib.table.acts import Act

PATIENCE_SECONDS = 10.0


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4) + kind + content


def page(content: bytes) -> bytes:
    """The first page of an Ogg stream."""
    return b"OggS\x00\x02" + bytes(20) + b"\x01" + bytes([len(content)]) + content


MP4 = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2avc1mp41") + box(b"mdat", b"film" * 50)
MOV = box(b"ftyp", b"qt  \x20\x05\x03\x00qt  ") + box(b"mdat", b"film")
OLD_MOV = box(b"moov", bytes(40))
M4A = box(b"ftyp", b"M4A \x00\x00\x02\x00M4A mp42isom") + box(b"mdat", b"sound")
HEIC = box(b"ftyp", b"heic\x00\x00\x00\x00mif1heic")
WEBM = b"\x1aE\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" + bytes(30)
MKV = WEBM.replace(b"\x84webm", b"\x88matroska")
MP3 = b"\xff\xfb\x90\x64" + bytes(40)
TAGGED_MP3 = b"ID3\x04\x00\x00" + bytes(40)
OGG = page(b"\x01vorbis" + bytes(23))
OPUS = page(b"OpusHead" + bytes(11))
OGV = page(b"\x80theora" + bytes(23))
PNG = b"\x89PNG\r\n\x1a\n" + box(b"IHDR", bytes(13))
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(20)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(20)
GIF = b"GIF89a" + bytes(20)
PDF = b"%PDF-1.7\n" + bytes(20)
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PROGRAM = b"MZ\x90\x00" + bytes(60)

GOOD = [
    ("video", "video/mp4", MP4),
    ("video", "video/quicktime", MOV),
    ("video", "video/quicktime", OLD_MOV),
    ("video", "video/webm", WEBM),
    ("audio", "audio/mp4", M4A),
    ("audio", "audio/mpeg", MP3),
    ("audio", "audio/mpeg", TAGGED_MP3),
    ("audio", "audio/ogg", OGG),
    ("audio", "audio/ogg", OPUS),
    ("image", "image/png", PNG),
    ("image", "image/jpeg", JPEG),
    ("image", "image/webp", WEBP),
    ("document", "application/pdf", PDF),
]
FALSE = [
    ("video", "video/mp4", HTML),
    ("video", "video/mp4", M4A),
    ("video", "video/mp4", MOV),
    ("video", "video/mp4", HEIC),
    ("video", "video/webm", MKV),
    ("video", "video/quicktime", MP4),
    ("audio", "audio/mp4", MP4),
    ("audio", "audio/mpeg", JPEG),
    ("audio", "audio/ogg", OGV),
    ("image", "image/png", SVG),
    ("image", "image/png", GIF),
    ("image", "image/jpeg", PROGRAM),
    ("image", "image/webp", WAV),
    ("document", "application/pdf", HTML + PDF),
    ("document", "application/pdf", b"%"),
]


def asked(content: bytes = MP4, owner: str = "", **changes: Any) -> Media:
    """An upload that somebody may send now."""
    wish: dict[str, Any] = {"what": "video", "content_type": "video/mp4", "filename": "one.mp4", "public": False}
    act = Act(owner or clock.new_id("usr"), clock.now(), "req-of-the-upload", time.monotonic() + 8)
    return media.ask(act, size=len(content), **wish | changes)


def stored(upload: Media, content: bytes = MP4, content_type: str = "") -> str:
    """What was sent, past the form; the version it lies there as."""
    s3, place = aws.client("s3"), {"Bucket": settings.media_bucket, "Key": upload.object_key}
    answer = s3.put_object(**place, Body=content, ContentType=content_type or upload.content_type)
    return str(answer["VersionId"])


def arrival(upload: Media, version: str) -> str:
    """What the bucket tells of it."""
    told = {"key": quote_plus(upload.object_key, safe="/"), "size": int(upload.bytes), "versionId": version}
    s3 = {"s3SchemaVersion": "1.0", "bucket": {"name": settings.media_bucket}, "object": told}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Post", "s3": s3}]})


def policy(form: Mapping[str, Any]) -> dict[str, Any]:
    """What the form is signed for, and for how long."""
    said: dict[str, Any] = json.loads(base64.b64decode(form["fields"]["policy"]))
    return said | {"life": datetime.fromisoformat(said["expiration"]) - datetime.now(UTC)}


def versions() -> list[str]:
    """The key of each version of each object that the bucket holds."""
    listed = aws.client("s3").list_object_versions(Bucket=settings.media_bucket)
    return [each["Key"] for each in listed.get("Versions", ())]


def shown() -> list[str]:
    """The keys that are there for those who name no version."""
    return [each["Key"] for each in aws.client("s3").list_objects_v2(Bucket=settings.media_bucket).get("Contents", ())]


def until(holds: Callable[[], object]) -> None:
    """The bucket tells its queue a moment after it has answered."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the bucket told nothing"
        time.sleep(0.01)
