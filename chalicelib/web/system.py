"""The routes of the platform itself: is it well, what can it do, what do its problems mean.

Most stand on two paths, with the version and without, as the five systems had them; neither is an alias.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from html import escape
from itertools import groupby
from typing import Any

from chalicelib.errors import NotFound, ProductError
from chalicelib.settings import settings
from chalicelib.web import pages, problems, published, readiness, viewing
from chalicelib.web.policies import anyone
from chalicelib.web.reading import Out
from chalicelib.web.routes import SYSTEM, Ask, Reply, Routes, View

routes = Routes(tag=SYSTEM, base="")


class NoSuchFile(NotFound):
    """The documentation has no file of this name."""


class Health(Out):
    """That we run, and what runs."""

    status: str
    version: str
    commit: str
    stage: str


class Readiness(Out):
    """That what we depend on answers."""

    status: str
    version: str
    commit: str
    checks: dict[str, str]


def _on(*paths: str, **options: Any) -> Callable[[View], View]:
    """The same view on each path; the first is the one that the documentation names."""

    def declare(view: View) -> View:
        for path in paths:
            routes.get(path, policy=anyone, throttled=False, **options)(view)
        return view

    return declare


@_on("/api/health", "/api/v1/health", gives=Health, cache="no-store")
def health(ask: Ask[None, None]) -> Health:  # noqa: ARG001 -- the door's signature
    """Say that the API runs.

    Touches nothing else: it answers even where the table does not.
    """
    return Health(status="ok", version=settings.version, commit=settings.commit, stage=settings.stage)


@_on(
    "/api/health/ready",
    "/api/v1/health/ready",
    gives=Readiness,
    cache="no-store",
    errors=[readiness.NotReady],
)
def health_ready(ask: Ask[None, None]) -> Readiness:  # noqa: ARG001 -- the door's signature
    """Say whether the table and the queues answer.

    Looks at most once a second. What does not answer is named in `errors`.
    """
    return Readiness(status="ready", version=settings.version, commit=settings.commit, checks=readiness.confirm())


@_on("/api/schema", "/api/v1/schema", status=200)
def schema(ask: Ask[None, None]) -> Reply:
    """Read this API's OpenAPI document."""
    from chalicelib.web import openapi  # seldom asked for, and long

    text = openapi.text(_prefix(ask))
    return _file(ask, viewing.Asset(text, "application/json", viewing.tag(text), viewing.ASK_AGAIN))


@_on("/api/docs", "/api/v1/docs", media="text/html")
def swagger_ui(ask: Ask[None, None]) -> Reply:
    """Try the API in the browser, with Swagger UI.

    Authorize once; it is kept across reloads.
    """
    return viewing.swagger(_prefix(ask))


@_on("/redoc", "/api/redoc", "/api/v1/redoc", media="text/html")
def redoc(ask: Ask[None, None]) -> Reply:
    """Read the API's reference in the browser, with ReDoc."""
    return viewing.redoc(_prefix(ask))


@_on("/api/docs/assets/{name}", media="text/*", errors=[NoSuchFile])
def docs_asset(ask: Ask[None, None], name: str) -> Reply:
    """Load a script or style of the documentation pages."""
    found = viewing.asset(name)
    if found is None:
        raise NoSuchFile
    return _file(ask, found)


@_on("/api/problems", media="text/html")
def problem_list(ask: Ask[None, None]) -> Reply:  # noqa: ARG001 -- the door's signature
    """Look up what the code of a problem means.

    The `type` of every problem leads here.
    """
    published.application().load()
    sections = groupby(problems.known(), key=problems.status_of)
    listed = "\n".join(_section(status, kinds) for status, kinds in sections)
    return pages.page("Problems", f"<p>What the <code>code</code> of a problem means.</p>\n{listed}")


def _section(status: int, kinds: Iterable[type[ProductError]]) -> str:
    entries = "\n".join(
        f'<dt id="{kind.code()}"><code>{kind.code()}</code></dt><dd>{_marked_up(meaning(kind))}</dd>' for kind in kinds
    )
    return f"<h2>{status} {problems.TITLES[status]}</h2>\n<dl>\n{entries}\n</dl>"


def _marked_up(text: str) -> str:
    """What stands between backticks in a docstring is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def meaning(kind: type[ProductError]) -> str:
    """The first paragraph of its docstring."""
    first = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0]
    return " ".join(first.split())


def _file(ask: Ask[None, None], asset: viewing.Asset) -> Reply:
    headers = {"ETag": asset.tag, "Cache-Control": asset.cache}
    given = ask.exchange.headers.get("if-none-match", "")
    if asset.tag in (each.strip().removeprefix("W/") for each in given.split(",")):
        return Reply(page="", content_type=asset.kind, status=304, headers=headers)
    return Reply(page=asset.text, content_type=asset.kind, headers=headers)


def _prefix(ask: Ask[None, None]) -> str:
    """What the gateway's address puts before our paths, such as the stage: only its own record of the path has it."""
    event = ask.exchange.event
    whole: str = event["requestContext"].get("path", "")
    return whole.removesuffix(event["path"]) if whole.endswith(event["path"]) else ""
