"""The gateway as a WSGI callable, with the local pages beside it; waitress serves it, schemathesis calls it."""

import http
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from infra.local.gateway import LARGEST_REQUEST, Gateway, Reply

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
LocalPages = Callable[[str, str, dict[str, str], bytes], Reply | None]
Seen = Callable[[str, str, int, float], None]
IN_PATHS = "/:@!$&'()*+,;=-._~"


def wsgi(gateway: Gateway, local_pages: LocalPages | None = None, seen: Seen | None = None) -> Wsgi:
    """Serve `/_local` and `/` from the pages, everything else from the gateway; `seen` is told of each request."""

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        method, target = environ["REQUEST_METHOD"], target_of(environ)
        headers = dict(headers_of(environ))
        body = body_of(environ)
        reply = local_pages(method, target, headers, body) if local_pages else None
        if reply is None:
            reply = gateway.answer(method, target, headers, body, environ.get("REMOTE_ADDR") or "127.0.0.1")
        start_response(status_line(reply.status), with_length(reply))
        if seen:
            seen(method, target, reply.status, time.perf_counter() - started)
        return [reply.body]

    return application


def target_of(environ: Environ) -> str:
    """The request target as it was sent. Waitress keeps it, werkzeug its path; others have decoded that already."""
    target: str = environ.get("REQUEST_URI") or quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe=IN_PATHS)
    if not target.startswith("/"):
        target = "/" + target.partition("://")[2].partition("/")[2]
    query = environ.get("QUERY_STRING", "")
    return f"{target}?{query}" if query and "?" not in target else target


def headers_of(environ: Environ) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").title(), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield name.replace("_", "-").title(), value


def body_of(environ: Environ) -> bytes:
    """The body, but no more of it than the gateway needs to see that it is too long."""
    if environ.get("wsgi.input_terminated"):
        return bytes(environ["wsgi.input"].read(LARGEST_REQUEST + 1))
    length = min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_REQUEST + 1)
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def with_length(reply: Reply) -> list[tuple[str, str]]:
    if reply.header("content-length") or reply.status in (204, 304):
        return reply.headers
    return [*reply.headers, ("Content-Length", str(len(reply.body)))]


def status_line(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Status"
