"""The OpenAPI 3.1 document, made from the same routes and models that serve; nothing in it is written twice.

`system.py` serves it, `make generate` keeps a copy in docs/. It is made at the first request for it, never at import.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.settings import settings
from chalicelib.web import problems
from chalicelib.web.openapi_parts import (
    DESCRIPTION,
    EXPLAINED,
    HEADERS,
    PARAMETERS,
    PROBLEM,
    SECURITY_SCHEMES,
    Json,
    failure,
    header_refs,
    shared_failures,
)
from chalicelib.web.routes import Route

ALIASES = "Aliases"
FORM = "application/x-www-form-urlencoded"
#: What the door lets through as part of a path; a test compares the two.
PATH_VALUE = "^[A-Za-z0-9_.-]{1,80}$"
_SCHEMAS = "#/components/schemas/"


class Described(Protocol):
    """What the document needs of the application."""

    operations: list[Route]
    alias_rows: list[tuple[str, str, Route]]


_published: list[Described] = []


def publish(app: Described) -> None:
    """The application hands itself in when its routes are complete; the document's own route then finds it."""
    _published[:] = [app]
    text.cache_clear()


@cache
def text(prefix: str = "") -> str:
    """The published application's document; `prefix` is what the gateway's address puts before our paths."""
    served = {**document(_published[0]), "servers": [{"url": prefix or "/"}]}
    return json.dumps(served, ensure_ascii=False, separators=(",", ":"))


def document(app: Described) -> Json:
    routes = _documented(app.operations)
    schemas = _Schemas(routes)
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
        "tags": [{"name": tag} for tag in dict.fromkeys([*(route.tag for route in routes), ALIASES])],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.components().items())),
            "responses": shared_failures(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _documented(operations: Iterable[Route]) -> list[Route]:
    """Pages of the platform itself stand on two paths; the first declared is the one to tell people."""
    once: dict[Any, Route] = {}
    for route in operations:
        once.setdefault(route.view, route)
    return list(once.values())


class _Schemas:
    """The JSON schemas of every model that the routes name, made in one go so that they share their definitions."""

    def __init__(self, routes: Iterable[Route]) -> None:
        taken = {model for route in routes for model in (route.body, route.query) if model}
        given = {route.gives for route in routes if route.gives}
        self._lists = {route.gives for route in routes if route.gives and route.is_list}
        self._queries = {route.query for route in routes if route.query}
        asked: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in _in_order(taken)]
        asked += [(model, "serialization") for model in _in_order(given)]
        made, definitions = models_json_schema(asked, ref_template=_SCHEMAS + "{model}")
        self._names = {asked: schema["$ref"].removeprefix(_SCHEMAS) for asked, schema in made.items()}
        self._definitions: Json = definitions.get("$defs", {})

    def taken(self, model: type[BaseModel]) -> Json:
        """The whole schema of a body or a query."""
        schema: Json = self._definitions[self._names[model, "validation"]]
        return schema

    def taken_ref(self, model: type[BaseModel]) -> Json:
        return {"$ref": _SCHEMAS + self._names[model, "validation"]}

    def given_ref(self, model: type[BaseModel], *, is_list: bool) -> Json:
        return {"$ref": _SCHEMAS + self._names[model, "serialization"] + ("List" if is_list else "")}

    def components(self) -> Json:
        queries = {self._names[model, "validation"] for model in self._queries}
        models = {name: schema for name, schema in self._definitions.items() if name not in queries}
        lists = {
            self._names[model, "serialization"] + "List": _envelope(self.given_ref(model, is_list=False))
            for model in self._lists
        }
        return {"Problem": PROBLEM, **models, **lists}


def _in_order(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: (model.__name__, model.__module__))


def _envelope(item: Json) -> Json:
    page = {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}
    return {
        "type": "object",
        "required": ["next", "previous", "results"],
        "properties": {
            "count": {"type": "integer", "description": "How many there are in all; only where it is cheap to know."},
            "next": page,
            "previous": page,
            "results": {"type": "array", "items": item},
        },
    }


def _operation(route: Route, schemas: _Schemas) -> Json:
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


def _query_parameters(route: Route, schemas: _Schemas) -> list[Json]:
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
    return {"name": name, "in": "query", "required": required, **described, "schema": schema}


def _header_parameters(route: Route) -> list[Json]:
    names = ["Idempotency-Key"] if route.writes else ["If-None-Match"] if route.gives else []
    if route.method in ("PUT", "PATCH"):
        names.append("If-Match")
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _request_body(route: Route, model: type[BaseModel], schemas: _Schemas) -> Json:
    content: Json = {"schema": schemas.taken_ref(model)}
    examples = schemas.taken(model).get("examples")
    if examples:
        content["example"] = examples[0]
    kinds = ["application/json", *([FORM] if route.form else [])]
    return {"required": True, "content": dict.fromkeys(kinds, content)}


def _responses(route: Route, schemas: _Schemas) -> Json:
    own: dict[int, list[str]] = {}
    for error in route.errors:
        own.setdefault(problems.status_of(error), []).append(error.code())
    found: Json = {str(route.status): _success(route, schemas)}
    if route.gives is not None and not route.writes:
        found["304"] = {
            "description": "What you have is still good.",
            "headers": header_refs("ETag", throttled=route.throttled),
        }
    for status in sorted(_failures(route) | set(own)):
        found[str(status)] = _failure(status, own.get(status, ()))
    return found


def _success(route: Route, schemas: _Schemas) -> Json:
    names = ["ETag"] if route.gives else []
    names += ["Link"] if route.is_list else []
    names += ["Location"] if route.location else []
    names += ["Idempotency-Replayed"] if route.writes else []
    answer: Json = {"description": _SUCCESS.get(route.status, "Done."), "headers": {}}
    answer["headers"] = header_refs(*names, throttled=route.throttled)
    if route.gives is not None:
        answer["content"] = {route.media: {"schema": schemas.given_ref(route.gives, is_list=route.is_list)}}
    elif route.status != 204:
        answer["content"] = {route.media: {"schema": {"type": "string" if _is_text(route.media) else "object"}}}
    return answer


_SUCCESS = {200: "Here it is.", 201: "Made.", 202: "Accepted; it happens soon.", 204: "Done; there is nothing to say."}


def _is_text(media: str) -> bool:
    return media.partition("/")[0] == "text"


def _failures(route: Route) -> set[int]:
    """Statuses that the door may give this route by itself. Any route refuses bad tokens and unknown filters."""
    conditions: Mapping[int, bool] = {
        400: route.writes or route.query is not None,
        401: True,
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
