"""API Gateway's REST proxy in front of the Chalice app, in one process: `make run` serves it, HTTP tests call it.

It hands the app the event that AWS would, answers what the gateway itself answers, and compresses as it does.
"""

import base64
import gzip
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from infra.local.invocation import Context
from infra.local.proxy_event import Match, header, proxy_event, split_target

LARGEST_REQUEST = 10 * 1024 * 1024
LARGEST_ANSWER = 6 * 1024 * 1024  # Lambda's own limit, for the whole answer document
SMALLEST_COMPRESSED = 1024
TIMEOUT_SECONDS = 29.0

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class App(Protocol):
    """What the gateway needs of a Chalice app."""

    routes: Any

    def __call__(self, event: Any, context: Any) -> Any: ...


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The last value of a header, by its name in any case."""
        return header(self.headers, name)

    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """Answers requests from `app`. `base` is the public address, which the event and the problems carry."""

    def __init__(self, app: App, base: str = "http://localhost:8000") -> None:
        self.app = app
        self.base = base.rstrip("/")
        self.patterns = sorted((pattern_key(pattern) for pattern in app.routes), key=lambda key: key.order)

    def answer(
        self, method: str, target: str, headers: Headers = (), body: bytes = b"", source_ip: str = "127.0.0.1"
    ) -> Reply:
        """One request, as it stands on the wire: `target` is the path with its query, still percent-encoded."""
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        request_id = str(uuid.uuid4())
        if len(body) > LARGEST_REQUEST:
            reply = self.problem(413, "too_large", "A request may have 10 MB at most.", request_id)
        elif match := self.match(split_target(target)[0]):
            event = proxy_event(match, method, target, sent, body, source_ip, self.base, request_id, self.is_binary)
            reply = self.as_reply(self.app(event, Context("api", TIMEOUT_SECONDS)), request_id)
        else:
            reply = self.problem(404, "no_such_route", "There is nothing at this address.", request_id)
        reply = compressed(reply) if accepts_gzip(header(sent, "accept-encoding")) else reply
        return without_body(reply) if method == "HEAD" else reply

    def match(self, path: str) -> Match | None:
        """The route for a path: literal parts win over parameters, and a slash at the end means nothing."""
        parts = (path.rstrip("/") or "/").split("/")
        for pattern in self.patterns:
            captured = pattern.captures(parts)
            if captured is not None:
                return Match(pattern.pattern, captured)
        return None

    def is_binary(self, content_type: str) -> bool:
        kinds: list[str] = getattr(getattr(self.app, "api", None), "binary_types", [])
        return content_type.partition(";")[0].strip().lower() in kinds

    def as_reply(self, result: Mapping[str, Any], request_id: str) -> Reply:
        text = result.get("body") or ""
        if len(text) > LARGEST_ANSWER:
            return self.problem(502, "answer_too_large", "The function answered more than 6 MB.", request_id)
        single = {name: [str(value)] for name, value in (result.get("headers") or {}).items()}
        headers = single | (result.get("multiValueHeaders") or {})
        body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
        return Reply(int(result["statusCode"]), [(name, value) for name in headers for value in headers[name]], body)

    def problem(self, status: int, code: str, detail: str, request_id: str) -> Reply:
        """What the gateway responses of the template say; they cannot know an origin, so they carry no credentials."""
        body = {
            "type": f"{self.base}/api/problems#{code}",
            "title": TITLES[status],
            "status": status,
            "detail": detail,
            "instance": f"urn:uuid:{request_id}",
            "code": code,
            "request_id": request_id,
            "errors": [],
        }
        headers = [
            ("Content-Type", "application/problem+json"),
            ("Cache-Control", "no-store"),
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "X-Request-ID"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-ID", request_id),
        ]
        return Reply(status, headers, json.dumps(body, separators=(",", ":")).encode())


TITLES = {404: "Not found", 413: "Too large", 502: "Our mistake"}


@dataclass(frozen=True)
class PatternKey:
    """A route's pattern in parts, and its place in the order of trying."""

    pattern: str
    parts: list[str]
    order: tuple[Any, ...]

    def captures(self, parts: list[str]) -> dict[str, str] | None:
        if len(parts) != len(self.parts):
            return None
        captured: dict[str, str] = {}
        for own, given in zip(self.parts, parts, strict=True):
            if own.startswith("{") and given:
                captured[own[1:-1]] = given
            elif own != given:
                return None
        return captured


def pattern_key(pattern: str) -> PatternKey:
    parts = (pattern.rstrip("/") or "/").split("/")
    return PatternKey(pattern, parts, tuple((part.startswith("{"), part) for part in parts))


def accepts_gzip(accepted: str | None) -> bool:
    offers = [offer.replace(" ", "").lower() for offer in (accepted or "").split(",")]
    return any(offer.partition(";")[0] in ("gzip", "*") and not offer.endswith(("q=0", "q=0.0")) for offer in offers)


def without_body(reply: Reply) -> Reply:
    """What HEAD gets: all that GET would say, the length included."""
    length = [] if reply.header("content-length") else [("Content-Length", str(len(reply.body)))]
    return Reply(reply.status, [*reply.headers, *length], b"")


def compressed(reply: Reply) -> Reply:
    """The same reply, packed, when it is long enough to gain by it."""
    if len(reply.body) < SMALLEST_COMPRESSED or reply.header("content-encoding"):
        return reply
    replaced = ("content-length", "vary")
    vary = [value for name, value in reply.headers if name.lower() == "vary"]
    headers = [pair for pair in reply.headers if pair[0].lower() not in replaced]
    headers += [("Content-Encoding", "gzip"), ("Vary", ", ".join([*vary, "Accept-Encoding"]))]
    return Reply(reply.status, headers, gzip.compress(reply.body, compresslevel=1, mtime=0))
