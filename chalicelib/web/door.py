"""The door: what happens to every request before and after its view, in the same order for every route."""

import logging
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

from chalicelib import logs
from chalicelib.errors import FieldError, Forbidden, NotFound, ProductError, TooMany, Unauthenticated, Unsupported
from chalicelib.table import keys as table_keys
from chalicelib.table import reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import AnswerRecorded, Write
from chalicelib.web import answering, idempotency, identity, limits, metering, pages, problems, reading
from chalicelib.web.exchange import Exchange
from chalicelib.web.idempotency import Answer, Claim
from chalicelib.web.reading import FieldsInvalid
from chalicelib.web.routes import Ask, Reply, Route

log = logging.getLogger("app.error")

#: Ids that the product makes, numbers it counts, and names of things it lists; nothing else reaches a key.
_PATH_VALUE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
#: Some mail programs press our unsubscribe button this way; what they send says nothing that the address does not.
_MULTIPART = "multipart/form-data"


class PathInvalid(NotFound):
    """There is nothing under this name."""


class BodyTypeUnsupported(Unsupported):
    """Send the body as application/json."""


def serve(route: Route, exchange: Exchange, params: Mapping[str, str]) -> tuple[int, dict[str, Any], str]:
    """Status, headers and body; never an exception."""
    exchange.route = route.path
    try:
        return _serve(route, exchange, params)
    except ProductError as error:
        exchange.usage = getattr(error, "usage", None) or exchange.usage
        return refused(error, exchange) if not _wants_page(route, exchange) else _refused_on_a_page(error)
    except Exception:
        log.exception("unhandled", extra=logs.facts(request_id=exchange.request_id, route=route.path))
        return refused(problems.InternalError(), exchange)


def _wants_page(route: Route, exchange: Exchange) -> bool:
    """Somebody follows a link or presses a button of ours in a browser."""
    return (route.form or route.media == "text/html") and "text/html" in exchange.headers.get("accept", "")


def _refused_on_a_page(error: ProductError) -> tuple[int, dict[str, Any], str]:
    reasons = [each.message for each in error.errors] or [error.detail]
    status = problems.status_of(type(error))
    page = pages.page(problems.TITLES[status], "".join(pages.paragraph(reason) for reason in reasons))
    headers = {"Content-Type": page.content_type, **page.headers}
    return status, headers, page.page or ""


def refused(error: ProductError, exchange: Exchange) -> tuple[int, dict[str, Any], str]:
    status = problems.status_of(type(error))
    if status == 503:
        log.warning("unavailable", extra=logs.facts(request_id=exchange.request_id, code=error.code()))
    return status, problems.headers(error), problems.text(error, exchange.request_id)


def _serve(route: Route, exchange: Exchange, params: Mapping[str, str]) -> tuple[int, dict[str, Any], str]:
    _identify(route, exchange)
    if route.metered is not False:
        exchange.meter = metering.meter(route, exchange, params)
    if exchange.meter is None:
        return _answered(route, exchange, params)
    return exchange.meter.around(partial(_answered, route, exchange, params))


def _answered(route: Route, exchange: Exchange, params: Mapping[str, str]) -> tuple[int, dict[str, Any], str]:
    path = {name: _path_value(value) for name, value in params.items()}
    _admit(route, exchange)
    ask, claim = _ask(route, exchange, path)
    try:
        result = route.view(ask, **path)
        _require_confirmed(route, exchange)
    except ProductError as error:
        stored = claim.stored() if claim and _may_be_replayed(route, error) else None
        if stored is None:
            raise _own_error(error) from error
        return _replayed(route, ask, stored)
    stored = claim.stored() if claim and _did_nothing(exchange, result) else None
    if stored is not None:
        return _replayed(route, ask, stored)
    if isinstance(result, Reply) and result.page is not None:
        return result.status or route.status, {"Content-Type": result.content_type, **result.headers}, result.page
    return answering.sent(
        route,
        ask,
        answering.rendered(route, exchange, result),
        headers=answering.headers_of(result),
    )


def _did_nothing(exchange: Exchange, result: Any) -> bool:
    """What a view says itself, or what is seen by its not having been counted."""
    if isinstance(result, Reply) and result.repeated:
        return True
    return exchange.meter is not None and not exchange.meter.is_settled


def _replayed(route: Route, ask: Ask[Any, Any], stored: Answer) -> tuple[int, dict[str, Any], str]:
    if ask.exchange.meter is not None:
        ask.exchange.meter.waive()
    return answering.sent(route, ask, stored, replayed=True)


def _may_be_replayed(route: Route, error: ProductError) -> bool:
    """A lost answer is given again, though not to somebody who has lost the right to it since.

    A new password ends the very session that asked for it, so its repeat comes with a dead token.
    """
    if isinstance(error, Unauthenticated):
        return route.policy.signed_in and hasattr(route.gives, "reissued")
    return not isinstance(error, (Forbidden, TooMany)) or metering.refused_by(error)


def _own_error(error: ProductError) -> ProductError:
    """An answer that was recorded and then expired between two reads is a plain conflict."""
    return reads.StoreUnavailable(retry_after=1) if isinstance(error, AnswerRecorded) else error


def _path_value(raw: str) -> str:
    """Path parameters arrive percent-encoded; both forms are looked at, and what is odd is simply not found."""
    value = unquote(raw)
    if not _PATH_VALUE.fullmatch(value):
        raise PathInvalid
    return value


def _identify(route: Route, exchange: Exchange) -> None:
    try:
        exchange.caller = identity.caller_of(exchange.headers.get("authorization"))
    except Unauthenticated:
        if route.policy.signed_in:
            _throttle(route, exchange)
            raise
        # Clients send their expired access token along even when they come to renew it.
    _throttle(route, exchange)


def _throttle(route: Route, exchange: Exchange) -> None:
    if not route.throttled:
        return
    place = limits.network(exchange.address)
    if exchange.caller.is_anonymous:
        exchange.usage = limits.lease("anonymous", place, exchange.now)
    else:
        exchange.usage = limits.lease("user", exchange.caller.id, exchange.now)
    for scope in route.limits:
        exchange.usage = limits.take(scope, place, exchange.now) or exchange.usage


def _admit(route: Route, exchange: Exchange) -> None:
    if route.standing == "confirmed" and not exchange.caller.is_anonymous:
        key = table_keys.standing(exchange.caller.id)
        standing = reads.one(identity.Standing, key)
        exchange.caller = identity.confirmed(exchange.caller, standing, exchange.now)
        exchange.confirmed = True
    route.policy.admit(exchange.caller)


def _joined_read(route: Route, exchange: Exchange, wanted: Iterable[Key]) -> Mapping[Key, Record]:
    """The view's first read, with the caller's standing in the same trip, and what is counted where something is."""
    meter = exchange.meter
    if meter is not None:
        wanted = [*meter.keys(), *wanted]
    if exchange.confirmed or exchange.caller.is_anonymous:
        found = reads.many(wanted)
    else:
        key = table_keys.standing(exchange.caller.id)
        found = reads.many([key, *wanted])
        exchange.caller = identity.confirmed(exchange.caller, found.get(key), exchange.now)
        exchange.confirmed = True
        route.policy.admit(exchange.caller)
    if meter is not None:
        meter.look(found)
    return found


def _require_confirmed(route: Route, exchange: Exchange) -> None:
    if route.standing == "joined" and not exchange.confirmed:
        raise RuntimeError(f"joined standing was never read: {route.name}")


def _ask(route: Route, exchange: Exchange, path: Mapping[str, str]) -> tuple[Ask[Any, Any], Claim | None]:
    document = _document(route, exchange)
    body = None if route.body is None else reading.model_of(route.body, document)
    query = _query(route, exchange)
    claim = _claim(route, exchange, path, document)
    act = Act(
        actor=exchange.caller.id,
        now=exchange.now,
        request_id=exchange.request_id,
        deadline=exchange.deadline,
        read=partial(_joined_read, route, exchange) if route.standing in ("joined", "offered") else reads.many,
        remember=partial(_remember, route, exchange, claim),
        tally=exchange.meter,
    )
    return Ask(body, query, act, exchange), claim


def _document(route: Route, exchange: Exchange) -> Any:
    if not route.writes:
        return None
    raw = exchange.body()
    if len(raw) > route.body_bytes:
        raise reading.BodyTooLarge(f"The body may have up to {route.body_bytes} bytes.")
    if route.body is None:
        return None
    kind = exchange.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if route.form and kind == _MULTIPART:
        return {}
    if route.form and kind == _FORM:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    if kind != _JSON and not kind.endswith("+json") and raw:
        raise BodyTypeUnsupported(f"This body type is not taken here: {kind[:80]}")
    return reading.json_of(raw, limit=route.body_bytes) if raw else {}


def _query(route: Route, exchange: Exchange) -> Any:
    given = exchange.query()
    twice = sorted(name for name, values in given.items() if len(values) > 1)
    if twice:
        raise FieldsInvalid(errors=[FieldError(name, "repeated", "Send this once.") for name in twice])
    values = {name: values[0] for name, values in given.items()}
    if route.query is not None:
        return reading.model_of(route.query, values)
    if values:
        unknown = [FieldError(name, "unknown_field", "This field is not known here.") for name in values]
        raise FieldsInvalid(errors=unknown)
    return None


def _claim(route: Route, exchange: Exchange, path: Mapping[str, str], document: Any) -> Claim | None:
    key = exchange.headers.get("idempotency-key")
    if key is None or not route.writes:
        return None
    place = f"{route.method} {route.path} {sorted(path.items())}"
    subject = place if exchange.caller.is_anonymous else exchange.caller.id
    return idempotency.claim(key, subject, place, document, exchange.now)


def _remember(route: Route, exchange: Exchange, claim: Claim | None, result: Any, of: str) -> Write | None:
    return None if claim is None else claim.storing(answering.rendered(route, exchange, result), of)
