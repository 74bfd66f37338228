"""Swagger UI and ReDoc as we serve them: their pages, and the files these load, all from our own address.

`system.py` puts them on routes. The viewers' files are third-party bundles that `make install` fetches; the scripts
that start them are ours and stand in assets/.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from chalicelib.web import pages
from chalicelib.web.routes import Reply

HERE = Path(__file__).parent
SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
OURS = {"swagger-init.js": SCRIPT, "redoc-init.js": SCRIPT, "viewer.css": STYLE}
FETCHED = {"swagger-ui-bundle.js": SCRIPT, "redoc.standalone.js": SCRIPT, "swagger-ui.css": STYLE}
#: The viewers change only with a release; ours are asked for again each time, which a 304 answers.
DAY, ASK_AGAIN = "public, max-age=86400", "public, no-cache"

#: ReDoc alone loads a picture from its maker's server. We serve without the network, so it gets an empty one.
FOREIGN_PICTURE = "https://cdn.redoc.ly/redoc/logo-mini.svg"
EMPTY_PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

#: Both write styles while they run; ReDoc's search is a worker made from a blob.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "font-src 'self' data:; img-src 'self' data:; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    text: str
    kind: str
    tag: str
    cache: str


@cache
def asset(name: str) -> Asset | None:
    """A file that the pages load; none under any other name."""
    kind = (OURS | FETCHED).get(name)
    file = HERE / ("assets" if name in OURS else "viewers") / name
    if kind is None or not file.is_file():
        return None
    text = file.read_text(encoding="utf-8").replace(FOREIGN_PICTURE, EMPTY_PICTURE)
    return Asset(text, kind, tag(text), ASK_AGAIN if name in OURS else DAY)


def tag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def swagger(prefix: str) -> Reply:
    return _viewer("API", prefix, ("swagger-ui.css", "viewer.css"), ("swagger-ui-bundle.js", "swagger-init.js"))


def redoc(prefix: str) -> Reply:
    return _viewer("API reference", prefix, ("viewer.css",), ("redoc.standalone.js", "redoc-init.js"))


def _viewer(title: str, prefix: str, styles: tuple[str, ...], scripts: tuple[str, ...]) -> Reply:
    if any(asset(name) is None for name in (*styles, *scripts)):
        return _missing()
    base = escape(prefix)
    links = "\n".join(f'<link rel="stylesheet" href="{base}/api/docs/assets/{name}">' for name in styles)
    runs = "\n".join(f'<script defer src="{base}/api/docs/assets/{name}"></script>' for name in scripts)
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · LearnFlow</title>\n{pages.ICON}\n{links}\n{runs}\n</head>\n"
        f'<body>\n<div id="viewer" data-schema="{base}/api/schema"></div>\n'
        f'<noscript>This page needs JavaScript. The document itself is at <a href="{base}/api/schema">/api/schema</a>.'
        "</noscript>\n</body>\n</html>\n"
    )
    return Reply(page=html, headers={"Content-Security-Policy": POLICY, "Cache-Control": ASK_AGAIN})


def _missing() -> Reply:
    words = (
        "<p>The files of the documentation viewers have not been installed. Run <code>make install</code> and reload "
        'this page. The document itself is at <a href="/api/schema">/api/schema</a>.</p>'
    )
    return pages.page("Not installed", words, status=503)
