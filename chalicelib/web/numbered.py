"""Lists by page numbers whose rows are JSON text already: the envelope around them, with its neighbours."""

import json
from collections.abc import Iterable
from urllib.parse import urlencode

from chalicelib.settings import settings
from chalicelib.web.exchange import Exchange
from chalicelib.web.routes import Prepared, Reply


def reply(
    exchange: Exchange, rows: Iterable[str], *, count: int, page: int, size: int, also: Iterable[tuple[str, str]] = ()
) -> Reply:
    """`also` are further members of the envelope, each a name and its JSON text."""
    following = _address(exchange, page + 1) if page * size < count else None
    previous = _address(exchange, page - 1) if page > 1 else None
    if following:
        exchange.extra_headers["Link"] = f'<{following}>; rel="next"'
    more = "".join(f',"{name}":{text}' for name, text in also)
    body = (
        f'{{"count":{count},"next":{json.dumps(following)},"previous":{json.dumps(previous)},'
        f'"results":[{",".join(rows)}]{more}}}'
    )
    return Reply(prepared=Prepared(body))


def _address(exchange: Exchange, page: int) -> str:
    kept = [(name, values[0]) for name, values in exchange.query().items() if name != "page"]
    return f"{settings.public_url}{exchange.path}?{urlencode([*kept, ('page', page)])}"
