"""A client of the bucket, which knows nothing of the product: sends forms, fetches what links lead to."""

import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class Fetched:
    status: int
    headers: Message
    body: bytes


def sent(form: Mapping[str, Any], content: bytes, filename: str = "whatever.bin") -> tuple[int, bytes]:
    """The form as a browser or curl sends it: its fields, then the file."""
    edge = uuid.uuid4().hex
    parts = [_part(edge, name, value.encode()) for name, value in form["fields"].items()]
    parts.append(_part(edge, form["file_field"], content, f'; filename="{filename}"'))
    body = b"".join([*parts, f"--{edge}--\r\n".encode()])
    reply = _asked(form["url"], "POST", {"Content-Type": f"multipart/form-data; boundary={edge}"}, body)
    return reply.status, reply.body


def _part(edge: str, name: str, value: bytes, more: str = "") -> bytes:
    return f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def fetched(url: str, **headers: str) -> Fetched:
    return _asked(url, "GET", headers)


def preflight(url: str, origin: str) -> bool:
    """Whether a browser would let a page of this origin send the form."""
    reply = _asked(url, "OPTIONS", {"Origin": origin, "Access-Control-Request-Method": "POST"})
    return reply.headers.get("Access-Control-Allow-Origin") in (origin, "*")


def _asked(url: str, method: str, headers: Mapping[str, str], body: bytes | None = None) -> Fetched:
    request = urllib.request.Request(url, body, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return Fetched(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as refusal:
        return Fetched(refusal.code, refusal.headers, refusal.read())
