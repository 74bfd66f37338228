"""Kinds of values that several bodies share."""

import re
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from chalicelib.settings import settings
from chalicelib.web.reading import Line

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
#: Names of machines that only some can reach, and encoded names, which look like others.
_NOT_PUBLIC = re.compile(
    r"(?:^|\.)xn--|\.(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa|test|invalid)$"
)
_PUBLIC_PICTURE = re.compile(r"/public/[0-9A-HJKMNP-TV-Z]{26}")
_USERNAME = re.compile(r"[A-Za-z0-9._+-]+")
#: Names that speak for the platform.
_RESERVED = frozenset("admin administrator anonymous learnflow moderator root security staff support system".split())


def _address(text: str) -> str:
    if len(text) > 254 or not _ADDRESS.fullmatch(text) or ".." in text or text.startswith("."):
        raise ValueError("must be a mail address like name@example.org")
    return text.lower()


def _username(text: str) -> str:
    if not _USERNAME.fullmatch(text):
        raise ValueError("may contain the letters A to Z, digits and . + - _ only")
    if text.lower() in _RESERVED:
        raise ValueError("is reserved")
    return text


@cache
def _zones() -> frozenset[str]:
    """Listing them takes milliseconds."""
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be an IANA time zone like Asia/Kolkata")
    ZoneInfo(name)
    return name


def _web_address(text: str) -> str:
    """A plain https address of a named host: nothing that a browser or a server could be tricked with."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("must be an address like https://example.org/page") from None
    host = parts.hostname or ""
    named = re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", host)
    if _NOT_PUBLIC.search(host):
        raise ValueError("must be on a host that everybody can reach, under the name people read")
    if parts.scheme != "https" or not named or parts.username is not None or port not in (None, 443):
        raise ValueError("must be an address like https://example.org/page")
    if re.search(r"[\s\\<>\"'`]", text) or not text.isascii():
        raise ValueError("must not contain spaces, quotes, brackets or letters that are not ASCII")
    return text


def _on_our_hosts(text: str) -> str:
    ours = settings.media_address
    if text.startswith(ours) and _PUBLIC_PICTURE.fullmatch(text.removeprefix(ours)):
        return text  # On a desk it is no https address.
    address = _web_address(text)
    if urlsplit(address).hostname not in settings.media_hosts:
        raise ValueError("must be on one of our media hosts; upload it first")
    return address


EmailAddress = Annotated[Line, Field(max_length=254), AfterValidator(_address)]
Username = Annotated[Line, Field(min_length=3, max_length=60), AfterValidator(_username)]
Password = Annotated[str, Field(max_length=512)]
Name = Annotated[Line, Field(max_length=80)]
TimeZone = Annotated[Line, Field(max_length=64), AfterValidator(_zone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
WebAddress = Annotated[Line, Field(max_length=500), AfterValidator(_web_address)]
#: A picture, a film or a file: no server of ours fetches it, and no client is sent to a host that we do not know.
MediaAddress = Annotated[Line, Field(max_length=500), AfterValidator(_on_our_hosts)]
MailedToken = Annotated[Line, Field(min_length=10, max_length=200)]
RefreshToken = Annotated[str, Field(min_length=10, max_length=400)]


def example(**values: Any) -> dict[str, Any]:
    """What the documentation shows for a body, and what a test sends."""
    return {"examples": [values]}
