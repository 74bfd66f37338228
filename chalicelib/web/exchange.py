"""One request and what becomes known of it while it is answered; made by the application, read by the door."""

import base64
import re
import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.errors import Malformed
from chalicelib.web.identity import NOBODY, Caller
from chalicelib.web.limits import Usage
from chalicelib.web.metering import Meter

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: API Gateway gives up after 29 s; nothing of ours should take even a third of that.
PATIENCE_SECONDS = 8.0
MARGIN_SECONDS = 0.5


@dataclass(slots=True)
class Exchange:
    event: Mapping[str, Any]
    headers: Mapping[str, str]
    request_id: str
    started: float
    now: datetime
    deadline: float
    caller: Caller = NOBODY
    usage: Usage | None = None
    #: Of requests that count against the day's quota of a tier.
    meter: Meter | None = None
    alias: str | None = None
    route: str = ""
    confirmed: bool = False
    #: Whether the answer is one of ours, and not what Chalice says where something of ours broke.
    answered: bool = False
    extra_headers: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        method: str = self.event["requestContext"]["httpMethod"]
        return method

    @property
    def path(self) -> str:
        path: str = self.event.get("path") or ""
        return path

    @property
    def address(self) -> str:
        """The client's address as the gateway saw it; a forwarded-for header is anybody's claim."""
        address: str = self.event["requestContext"].get("identity", {}).get("sourceIp") or ""
        return address

    @property
    def is_form(self) -> bool:
        """Whether a page of ours, not a client, has sent this."""
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")

    def body(self) -> bytes:
        raw = self.event.get("body") or ""
        if not self.event.get("isBase64Encoded"):
            return raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else bytes(raw)
        try:
            return base64.b64decode(raw, validate=True)
        except ValueError as cause:
            raise Malformed("The body is not what its encoding says.") from cause

    def query(self) -> dict[str, list[str]]:
        return dict(self.event.get("multiValueQueryStringParameters") or {})

    def cookie(self, name: str) -> str | None:
        from http.cookies import CookieError, SimpleCookie  # few requests have one

        try:
            found = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return None
        return None if found is None else found.value


CURRENT: ContextVar[Exchange] = ContextVar("exchange")


def begin(event: Mapping[str, Any], context: Any) -> Exchange:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    given = headers.get("x-request-id", "")
    remaining = PATIENCE_SECONDS
    if context is not None:
        remaining = min(remaining, context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
    return Exchange(
        event=event,
        headers=headers,
        request_id=given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4()),
        started=time.perf_counter(),
        now=clock.now(),
        deadline=time.monotonic() + remaining,
    )
