"""What may be uploaded: the types, how large each kind may be, and how its first bytes must look. Pure.

`media.py` asks before a form is given, `inspection.py` when the bytes are there. The list is short on purpose: what
browsers run (HTML, SVG) is not in it, and neither is what cannot be told from its bytes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.errors import invalid

MEGABYTE = 1024 * 1024
#: S3 takes up to 5 GB in one form.
LARGEST = {
    "image": 10 * MEGABYTE,
    "audio": 200 * MEGABYTE,
    "video": 2048 * MEGABYTE,
    "document": 50 * MEGABYTE,
}
#: How much of an upload is looked at.
HEAD_BYTES = 4096

_VIDEO_BRANDS = frozenset({b"avc1", b"dash", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"isom", b"mp41", b"mp42"})
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B "})
#: Films from before the container had brands begin with one of these.
_OLD_QUICKTIME = frozenset({b"free", b"mdat", b"moov", b"skip", b"wide"})
_OGG_SOUND = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC")
_WEBM = re.compile(rb"\x42\x82[\x80-\xff]webm")


@dataclass(frozen=True, slots=True)
class Format:
    """`fits` tells from the first bytes whether a file is one of this type."""

    what: str
    content_type: str
    extension: str
    fits: Callable[[bytes], bool]


def _brands(head: bytes) -> tuple[bytes, frozenset[bytes]]:
    """The main brand of an ISO media file, and all it names; the box says how long it is."""
    if head[4:8] != b"ftyp":
        return b"", frozenset()
    named = head[8 : min(int.from_bytes(head[:4]), len(head))]
    found = [named[start : start + 4] for start in range(0, len(named), 4) if start != 4]
    return head[8:12], frozenset(found)


def _mp4(head: bytes) -> bool:
    main, brands = _brands(head)
    return main not in _AUDIO_BRANDS and main != b"qt  " and not brands.isdisjoint(_VIDEO_BRANDS)


def _m4a(head: bytes) -> bool:
    _, brands = _brands(head)
    return not brands.isdisjoint(_AUDIO_BRANDS)


def _quicktime(head: bytes) -> bool:
    return _brands(head)[0] == b"qt  " or head[4:8] in _OLD_QUICKTIME


def _webm(head: bytes) -> bool:
    return head.startswith(b"\x1aE\xdf\xa3") and _WEBM.search(head[:64]) is not None


def _mp3(head: bytes) -> bool:
    """A tag, or a frame of layer III with a bit rate and a sampling rate that exist."""
    if head.startswith(b"ID3"):
        return True
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3


def _ogg(head: bytes) -> bool:
    return head.startswith(b"OggS") and any(codec in head[:64] for codec in _OGG_SOUND)


def _webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


FORMATS: dict[str, Format] = {
    each.content_type: each
    for each in (
        Format("video", "video/mp4", "mp4", _mp4),
        Format("video", "video/webm", "webm", _webm),
        Format("video", "video/quicktime", "mov", _quicktime),
        Format("audio", "audio/mpeg", "mp3", _mp3),
        Format("audio", "audio/mp4", "m4a", _m4a),
        Format("audio", "audio/ogg", "ogg", _ogg),
        Format("image", "image/jpeg", "jpg", _starts(b"\xff\xd8\xff")),
        Format("image", "image/png", "png", _starts(b"\x89PNG\r\n\x1a\n")),
        Format("image", "image/webp", "webp", _webp),
        Format("document", "application/pdf", "pdf", _starts(b"%PDF-1.", b"%PDF-2.")),
    )
}


def require(what: str, content_type: str, size: int, public: bool) -> Format:
    """The type, where a file of it and of this size may be uploaded as such."""
    found = FORMATS.get(content_type)
    if found is None or found.what != what:
        taken = ", ".join(each.content_type for each in FORMATS.values() if each.what == what)
        raise invalid("content_type", "not_taken", f"For {what} we take {taken}.")
    if size > LARGEST[what]:
        raise invalid("bytes", "too_large", f"For {what} at most {LARGEST[what]} bytes.")
    if public and what != "image":
        raise invalid("public", "not_public", "Only pictures can be for everybody.")
    return found


def objection(content_type: str, head: bytes) -> str | None:
    """Why these bytes are not what they were said to be; None where they are."""
    return None if FORMATS[content_type].fits(head) else "wrong_type"
