"""The OpenAPI 3.1 document, made from the same routes and models that serve; nothing in it is written twice.

`system.py` serves it, `make generate` keeps a copy in docs/. It is made at the first request for it, never at import.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from chalicelib.errors import Stale
from chalicelib.settings import settings
from chalicelib.web import problems, published
from chalicelib.web.openapi_parts import (
    DESCRIPTION,
    EXPLAINED,
    HEADERS,
    PARAMETERS,
    SECURITY_SCHEMES,
    Json,
    failure,
    header_refs,
    shared_failures,
)
from chalicelib.web.openapi_schemas import Schemas
from chalicelib.web.published import Described
from chalicelib.web.routes import SYSTEM, Route

ALIASES = "Aliases"
FORM = "application/x-www-form-urlencoded"
#: What the door lets through as part of a path; a test compares the two.
PATH_VALUE = "^[A-Za-z0-9_.-]{1,80}$"


@cache
def text(prefix: str = "") -> str:
    """The published application's document; `prefix` is what the gateway's address puts before our paths."""
    served = {**document(published.application()), "servers": [{"url": prefix or "/"}]}
    return json.dumps(served, ensure_ascii=False, separators=(",", ":"))


def document(app: Described) -> Json:
    routes = _documented(app.operations)
    schemas = Schemas(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    for number, (method, path, route) in enumerate(app.alias_rows, start=1):
        operation = _operation(route, schemas)
        paths.setdefault(path, {})[method.lower()] = operation | _as_alias(operation, route, number)
    return {
        "openapi": "3.1.0",
        "info": {"title": "LearnFlow", "version": settings.version, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in _tags(routes)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.components().items())),
            "responses": shared_failures(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _tags(routes: Iterable[Route]) -> list[str]:
    """The domains as the application lists them; the platform itself and older spellings come last."""
    domains = dict.fromkeys(route.tag for route in routes if route.tag != SYSTEM)
    return [*domains, SYSTEM, ALIASES]


def _documented(operations: Iterable[Route]) -> list[Route]:
    """Pages of the platform itself stand on two paths; the first declared is the one to tell people."""
    once: dict[Any, Route] = {}
    for route in operations:
        once.setdefault(route.view, route)
    return list(once.values())


def _operation(route: Route, schemas: Schemas) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary(),
        "description": route.description(),
        "tags": [route.tag],
        "security": [{"bearerAuth": []}] if route.policy.signed_in else [],
        "x-policy": route.policy.name,
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas), *_header_parameters(route)],
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        operation["requestBody"] = _request_body(route, route.body, schemas)
    return {name: value for name, value in operation.items() if value or name == "security"}


def _as_alias(operation: Json, route: Route, number: int) -> Json:
    words = f"Leads to the same handler as `{route.method} {route.path}`; prefer that one."
    return {
        "operationId": f"{route.name}_alias_{number}",
        "description": "\n\n".join(part for part in (words, operation.get("description", "")) if part),
        "tags": [ALIASES],
        "deprecated": True,
    }


def _path_parameters(route: Route) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _path_words(name),
            "schema": {"type": "string", "pattern": PATH_VALUE},
        }
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _path_words(name: str) -> str:
    words = name.removesuffix("_id").replace("_", " ")
    return f"The id of the {words}." if name.endswith("_id") else f"The {words}."


def _query_parameters(route: Route, schemas: Schemas) -> list[Json]:
    if route.query is None:
        return []
    model = schemas.taken(route.query)
    required = model.get("required", ())
    return [
        _query_parameter(name, dict(schema), name in required) for name, schema in model.get("properties", {}).items()
    ]


def _query_parameter(name: str, schema: Json, required: bool) -> Json:
    """What may be left out cannot be sent as null, so a query's schema does not speak of it."""
    choices = [choice for choice in schema.pop("anyOf", ()) if choice != {"type": "null"}]
    schema |= choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
    if schema.get("default", ...) is None:
        del schema["default"]
    schema.pop("title", None)
    described = {"description": schema.pop("description")} if "description" in schema else {}
    # Several values stand behind one name, with commas between them; a name that comes twice is refused.
    written = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": name, "in": "query", "required": required, **described, **written, "schema": schema}


def _header_parameters(route: Route) -> list[Json]:
    names = ["Idempotency-Key"] if route.writes else ["If-None-Match"] if route.gives else []
    if _honours_versions(route):
        names.append("If-Match")
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _honours_versions(route: Route) -> bool:
    return any(issubclass(error, Stale) for error in route.errors)


def _request_body(route: Route, model: type[BaseModel], schemas: Schemas) -> Json:
    """Where no field is needed, an empty body will do."""
    content: Json = {"schema": schemas.taken_ref(model)}
    taken = schemas.taken(model)
    examples = taken.get("examples")
    if examples:
        content["example"] = examples[0]
    kinds = ["application/json", *([FORM] if route.form else [])]
    wanted = taken.get("required") or all(each.get("required") for each in taken.get("anyOf", ({},)))
    return {"required": bool(wanted), "content": dict.fromkeys(kinds, content)}


def _responses(route: Route, schemas: Schemas) -> Json:
    own: dict[int, list[str]] = {}
    for error in route.errors:
        own.setdefault(problems.status_of(error), []).append(error.code())
    found: Json = {str(route.status): _success(route, schemas)}
    if route.repeats is not None:
        found[str(route.repeats)] = {**_success(route, schemas), "description": "It was there before; here it is."}
    if _has_tag(route) and not route.writes:
        found["304"] = {
            "description": "What you have is still good.",
            "headers": header_refs("ETag", throttled=route.throttled),
        }
    for status in sorted(_failures(route) | set(own)):
        found[str(status)] = _failure(status, own.get(status, ()))
    return found


def _success(route: Route, schemas: Schemas) -> Json:
    names = ["ETag"] if _has_tag(route) else []
    names += ["Link"] if route.is_list else []
    names += ["Location"] if route.location else []
    names += ["Idempotency-Replayed"] if route.writes else []
    answer: Json = {"description": _SUCCESS.get(route.status, "Done."), "headers": {}}
    answer["headers"] = header_refs(*names, throttled=route.throttled)
    if route.gives is not None:
        answer["content"] = {route.media: {"schema": schemas.given_ref(route.gives, is_list=route.is_list)}}
    elif route.status != 204:
        answer["content"] = {route.media: {"schema": {"type": "string" if _is_text(route.media) else "object"}}}
    if route.also:
        answer["content"] |= {route.also: {"schema": {"type": "string"}}}
    if route.form:
        # Browsers that press a button of ours see a page.
        answer["content"] |= {"text/html": {"schema": {"type": "string"}}}
    return answer


_SUCCESS = {200: "Here it is.", 201: "Made.", 202: "Accepted; it happens soon.", 204: "Done; there is nothing to say."}


def _is_text(media: str) -> bool:
    return media.partition("/")[0] == "text" or media.endswith("+xml")


def _has_tag(route: Route) -> bool:
    """Models, files and pictures; pages for people have none."""
    return route.gives is not None or route.media in ("text/csv", "image/svg+xml")


def _failures(route: Route) -> set[int]:
    """Statuses that the door may give this route by itself. Any route refuses unknown filters."""
    conditions: Mapping[int, bool] = {
        400: route.writes or route.query is not None,
        401: route.policy.signed_in,
        403: route.policy.signed_in or route.standing != "token",
        404: "{" in route.path,
        409: route.writes,
        412: route.method in ("PUT", "PATCH"),
        413: route.body is not None,
        415: route.body is not None,
        422: True,
        429: route.throttled,
        500: True,
        503: True,
    }
    return {status for status, applies in conditions.items() if applies}


def _failure(status: int, codes: Iterable[str]) -> Json:
    if not codes:
        return {"$ref": f"#/components/responses/Problem{status}"}
    named = ", ".join(f"`{code}`" for code in codes)
    return failure(status, f"{EXPLAINED[status]} Of this operation: {named}.")
