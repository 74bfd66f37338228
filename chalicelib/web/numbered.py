"""Lists by page numbers whose rows are JSON text already: the envelope around them, with its neighbours."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from chalicelib.settings import settings
from chalicelib.table.pages import Page
from chalicelib.web.exchange import Exchange
from chalicelib.web.routes import Prepared, Reply


def reply(
    exchange: Exchange, rows: Iterable[str], *, count: int, page: int, size: int, also: Iterable[tuple[str, str]] = ()
) -> Reply:
    """`also` are further members of the envelope, each a name and its JSON text."""
    following = _address(exchange, page + 1) if page * size < count else None
    # Whoever has gone too far is led back to the last page, not to another one with nothing on it.
    previous = _address(exchange, min(page - 1, max(1, -(-count // size)))) if page > 1 else None
    if following:
        exchange.extra_headers["Link"] = f'<{following}>; rel="next"'
    more = "".join(f',"{name}":{text}' for name, text in also)
    body = (
        f'{{"count":{count},"next":{json.dumps(following)},"previous":{json.dumps(previous)},'
        f'"results":[{",".join(rows)}]{more}}}'
    )
    return Reply(prepared=Prepared(body))


def within(exchange: Exchange, rows: Iterable[str], found: Page[Any], *, page: int, size: int, reach: int) -> Reply:
    """A list that goes by page numbers as far as they reach; from there on, from a cursor on, and after a page that is
    short though there is more, it goes by cursors.
    """
    by_cursor = "cursor" in exchange.query()
    previous = _address(exchange, page - 1) if page > 1 and not by_cursor else None
    following = None
    if found.next_cursor is not None and (by_cursor or len(found.results) < size or (page + 1) * size > reach):
        following = _address(exchange, found.next_cursor, "cursor")
    elif found.next_cursor is not None:
        following = _address(exchange, page + 1)
    if following:
        exchange.extra_headers["Link"] = f'<{following}>; rel="next"'
    count = "" if found.count is None else f'"count":{found.count},'
    ends = f'"next":{json.dumps(following)},"previous":{json.dumps(previous)}'
    return Reply(prepared=Prepared(f'{{{count}{ends},"results":[{",".join(rows)}]}}'))


def _address(exchange: Exchange, where: int | str, name: str = "page") -> str:
    kept = [(each, values[0]) for each, values in exchange.query().items() if each not in ("page", "cursor")]
    return f"{settings.public_url}{exchange.path}?{urlencode([*kept, (name, where)])}"
