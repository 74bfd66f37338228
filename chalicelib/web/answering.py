"""From what a rule returned to what is sent: status, JSON, validators, and credentials made anew for each sending."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.settings import settings
from chalicelib.table.pages import Page
from chalicelib.web import reading
from chalicelib.web.exchange import Exchange
from chalicelib.web.idempotency import Answer
from chalicelib.web.routes import PUBLIC, Ask, Reply, Route

_JSON = "application/json"
_PRIVATE = "private, no-cache"


def rendered(route: Route, exchange: Exchange, result: Any) -> Answer:
    status, ver = _status(route, result), _version_of(result)
    if isinstance(result, Reply):
        if result.prepared is not None:
            return Answer(status, result.prepared.body, etag=result.prepared.etag, ver=ver)
        result = result.result
    if route.gives is None or status == 204:
        return Answer(status, "")
    if route.is_list:
        return Answer(status, _envelope(route.gives, exchange, result))
    out = route.gives.of(result)
    secrets: frozenset[str] = getattr(out, "secrets", frozenset())
    body = out.model_dump_json(exclude=set(secrets) or None)
    location = route.location.format_map(out.model_dump()) if route.location else None
    seed = out.seed() if hasattr(out, "seed") else None
    return Answer(status, body, location, seed, ver=ver)


def _status(route: Route, result: Any) -> int:
    if not isinstance(result, Reply):
        return route.status
    return result.status or (route.repeats if result.repeated else None) or route.status


def _envelope(item: type[reading.Out], exchange: Exchange, page: Page[Any]) -> str:
    results = ",".join(item.of(each).model_dump_json() for each in page.results)
    following = next_page(exchange, page.next_cursor)
    count = "" if page.count is None else f'"count":{page.count},'
    return f'{{{count}"next":{json.dumps(following)},"previous":null,"results":[{results}]}}'


def next_page(exchange: Exchange, cursor: str | None) -> str | None:
    """The address of the page after this one, which goes into a header too; None where this is the last."""
    if cursor is None:
        return None
    kept = [(name, values[0]) for name, values in exchange.query().items() if name != "cursor"]
    following = f"{settings.public_url}{exchange.path}?{urlencode([*kept, ('cursor', cursor)])}"
    exchange.extra_headers["Link"] = f'<{following}>; rel="next"'
    return following


#: What a 304 repeats. A browser puts the headers of a 304 in place of those it keeps: without its own policy, a chart
#: would lose its style when it is shown again.
_UNCHANGED = ("ETag", "Cache-Control", "Content-Security-Policy")


def sent(
    route: Route,
    ask: Ask[Any, Any],
    answer: Answer,
    *,
    headers: Mapping[str, Any] | None = None,
    replayed: bool = False,
) -> tuple[int, dict[str, Any], str]:
    sent: dict[str, Any] = {"Content-Type": _JSON, **(headers or {})}
    body = answer.body
    if answer.seed is not None and route.gives is not None:
        # Only models of answers with credentials are given a seed, and they can be issued again.
        body, more = route.gives.reissued(body, answer.seed, ask)  # type: ignore[attr-defined]
        sent |= more
    if answer.location:
        sent["Location"] = settings.prefix + answer.location
    if replayed:
        sent["Idempotency-Replayed"] = "true"
    sent["Cache-Control"] = _kept(route, ask, answer)
    if answer.status == 204:
        del sent["Content-Type"]
    elif answer.seed is None:
        sent["ETag"] = tag = answer.etag or _etag(body, answer.ver)
        if not route.writes and _matches(ask.exchange.headers.get("if-none-match"), tag):
            return 304, {name: sent[name] for name in _UNCHANGED if name in sent}, ""
    return answer.status, sent, body


def _kept(route: Route, ask: Ask[Any, Any], answer: Answer) -> str:
    """Who may keep the answer. What strangers may share is private as soon as somebody signs in for it."""
    if route.cache == PUBLIC and "authorization" in ask.exchange.headers:
        return _PRIVATE
    return route.cache or (_PRIVATE if answer.seed is None else "no-store")


def _etag(body: str, ver: int | None) -> str:
    digest = hashlib.sha256(body.encode()).hexdigest()[:24]
    return f'"{digest}"' if ver is None else f'"{ver}.{digest}"'


def _matches(given: str | None, tag: str) -> bool:
    if not given:
        return False
    return given.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in given.split(","))


def _version_of(result: Any) -> int | None:
    ver = getattr(result.result if isinstance(result, Reply) else result, "ver", None)
    return None if ver is None else int(ver)


def headers_of(result: Any) -> Mapping[str, Any]:
    return result.headers if isinstance(result, Reply) else {}
