"""The Chalice application: routes and aliases come together here, and every answer leaves through here.

Whatever Chalice or a view does, the caller gets one shape of answer: problem+json for failures, the same headers,
and one line in the access log. On a desk all modules with routes are imported at the start, so that a mistake in one is
found at once; in the packaged API each when one of its paths is first asked, so that the start does not grow with them.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from chalice import Chalice, Response

from chalicelib import logs, starting
from chalicelib.settings import settings
from chalicelib.web import door, exchange, owners, problems, published
from chalicelib.web.aliases import Alias
from chalicelib.web.exchange import CURRENT, Exchange
from chalicelib.web.routes import Route, Routes

access = logging.getLogger("app.access")
log = logging.getLogger("app.error")

#: When the five systems' paths became aliases (RFC 9745).
DEPRECATED_SINCE = "@1767225600"
SECURITY = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-site",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
EXPOSED = (
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Reset, X-Request-ID, X-Response-Time-ms, Idempotency-Replayed, Deprecation"
)
ALLOWED = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-CSRF-Token, X-Request-ID"
PREFLIGHT_SECONDS = "600"


class LearnFlow(Chalice):
    """`modules` are the names of those with routes, each a `Routes` called `routes`."""

    def __init__(self, name: str, modules: Sequence[str], aliases: Sequence[Alias]) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self.api.binary_types = []
        self._modules, self._aliases = modules, aliases
        self._loaded: dict[str, Routes] = {}
        packaged = owners.packaged()
        self.owners = self.owned() if packaged is None else packaged
        for path in self.owners if packaged is None else ():
            self._place_preflight(path)
        logs.configure()
        published.publish(self)

    def load(self) -> None:
        """Import what is not imported yet."""
        for module in self._modules:
            self._group(module)

    @property
    def operations(self) -> list[Route]:
        """The canonical routes of all modules."""
        return [route for module in self._modules for route in self._group(module).declared]

    @property
    def alias_rows(self) -> list[tuple[str, str, Route]]:
        """The paths of the five systems, each method with the route that it leads to."""
        canonical = {(route.method, route.path): route for route in self.operations}
        asked = [(method, alias) for alias in self._aliases for method in alias.methods]
        return [(method, alias.path, canonical[method, alias.canonical]) for method, alias in asked]

    def owned(self) -> owners.Owners:
        """Whose each path is, aliases included, as all modules tell it."""
        found: dict[str, dict[str, str]] = {}
        for module in self._modules:
            for route in self._group(module).declared:
                found.setdefault(route.path, {})[route.method] = module
        for alias in self._aliases:
            found.setdefault(alias.path, {}).update({each: found[alias.canonical][each] for each in alias.methods})
        return found

    def _group(self, module: str) -> Routes:
        """A module's routes; asked for the first time, it is imported, and they come to their paths and aliases."""
        if module not in self._loaded:
            with starting.loading():
                self._loaded[module] = import_module(module).routes
            self._place_all(self._loaded[module].declared)
        return self._loaded[module]

    def _place_all(self, declared: Sequence[Route]) -> None:
        for route in declared:
            self._place(route, route.path, None)
        own = {(route.method, route.path): route for route in declared}
        for alias in self._aliases:
            for method in alias.methods:
                if (method, alias.canonical) in own:
                    self._place(own[method, alias.canonical], alias.path, alias.path)

    def _place_preflight(self, path: str) -> None:
        self._register(path, ["OPTIONS"], _preflight(owners.methods(self.owners, path)))

    def _place(self, route: Route, path: str, alias: str | None) -> None:
        methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
        self._register(path, methods, _through_the_door(route, alias))

    def _register(self, path: str, methods: list[str], view: Any) -> None:
        self.route(path, methods=methods, content_types=[], name=f"{methods[0]} {path}")(view)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        current = exchange.begin(event, context)
        token = CURRENT.set(current)
        try:
            status, headers, body = self._answered(event, context, current)
        finally:
            CURRENT.reset(token)
        return self._finished(current, status, headers, body)

    def _answered(self, event: Any, context: Any, current: Exchange) -> tuple[int, dict[str, Any], str]:
        path = event["requestContext"]["resourcePath"]
        if current.method not in self.routes.get(path, ()):
            refused = self._provided(path, current)
            if refused is not None:
                return refused
        answer = super().__call__(event, context)
        if not current.answered:
            return door.refused(problems.InternalError(), current)
        headers = dict(answer["headers"]) | dict(answer.get("multiValueHeaders") or {})
        return answer["statusCode"], headers, answer["body"]

    def _provided(self, path: str, current: Exchange) -> tuple[int, dict[str, Any], str] | None:
        """Nothing once the path has its view: in the packaged API it gets it when first asked. Otherwise why not."""
        methods = owners.methods(self.owners, path)
        if not methods:
            return door.refused(problems.NoSuchRoute(), current)
        if current.method not in methods:
            status, headers, body = door.refused(problems.MethodNotAllowed(), current)
            return status, {**headers, "Allow": ", ".join(methods)}, body
        if current.method == "OPTIONS":
            self._place_preflight(path)
            return None
        try:
            self._group(self.owners[path]["GET" if current.method == "HEAD" else current.method])
        except Exception:
            log.exception("not loaded", extra=logs.facts(request_id=current.request_id, route=path))
            return door.refused(problems.InternalError(), current)
        return None

    def _finished(self, current: Exchange, status: int, headers: dict[str, Any], body: str) -> dict[str, Any]:
        taken = (time.perf_counter() - current.started) * 1000
        headers = SECURITY | headers
        headers["X-Request-ID"] = current.request_id
        headers["X-Response-Time-ms"] = f"{taken:.1f}"
        headers.setdefault("Cache-Control", "no-store")
        headers |= _cross_origin(current.headers.get("origin"))
        if current.usage is not None:
            headers |= current.usage.headers()
        headers |= current.extra_headers
        if current.alias is not None:
            headers |= _successor(current)
        _log(current, status, taken, _copy(current, status, headers))
        single = {name: value for name, value in headers.items() if isinstance(value, str)}
        several = {name: value for name, value in headers.items() if not isinstance(value, str)}
        answer = {
            "statusCode": status,
            "headers": single,
            "body": "" if current.method == "HEAD" else body,
            "isBase64Encoded": False,
        }
        return answer | ({"multiValueHeaders": several} if several else {})


def _through_the_door(route: Route, alias: str | None) -> Callable[..., Response]:
    def answer(**params: str) -> Response:
        current = CURRENT.get()
        current.alias = alias
        status, headers, body = door.serve(route, current, params)
        current.answered = True
        return Response(body=body, status_code=status, headers=headers)

    return answer


def _preflight(methods: Sequence[str]) -> Callable[..., Response]:
    """Which methods a path takes; to pages of ours also that they may use them."""

    def answer(**_: str) -> Response:
        allowed = ", ".join(methods)
        CURRENT.get().answered = True
        headers: dict[str, Any] = {"Allow": allowed}
        if CURRENT.get().headers.get("origin") in settings.cors_allowed_origins:
            headers |= {
                "Access-Control-Allow-Methods": allowed,
                "Access-Control-Allow-Headers": ALLOWED,
                "Access-Control-Max-Age": PREFLIGHT_SECONDS,
            }
        return Response(body="", status_code=204, headers=headers)

    return answer


def _cross_origin(origin: str | None) -> dict[str, str]:
    if origin is None or origin not in settings.cors_allowed_origins:
        return {"Vary": "Authorization, Origin"}
    return {
        "Vary": "Authorization, Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": EXPOSED,
    }


def _successor(current: Exchange) -> dict[str, str]:
    """An alias says that it is one, and where the canonical path is."""
    path = current.route
    for name, value in (current.event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", value)
    links = [f'<{settings.prefix}{path}>; rel="successor-version"']
    if "Link" in current.extra_headers:
        links.append(current.extra_headers["Link"])
    return {"Deprecation": DEPRECATED_SINCE, "Link": ", ".join(links)}


def _copy(current: Exchange, status: int, headers: Mapping[str, Any]) -> dict[str, str]:
    """Whether the copy that a client had, or might have had, was good."""
    if current.method not in ("GET", "HEAD") or "ETag" not in headers:
        return {}
    return {"cache": "hit" if status == 304 else "miss"}


def _log(current: Exchange, status: int, taken: float, more: Mapping[str, str]) -> None:
    facts: Mapping[str, Any] = {
        "request_id": current.request_id,
        "method": current.method,
        "url": current.path,
        "route": current.route,
        "status": status,
        "user_id": None if current.caller.is_anonymous else current.caller.id,
        "duration_ms": round(taken, 2),
        **more,
    }
    access.info("%s %s %d", current.method, current.route or current.path, status, extra=logs.facts(**facts))
