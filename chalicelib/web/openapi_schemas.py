"""The JSON schemas of the OpenAPI document: those of our models, and the envelope of lists around them."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.web.openapi_parts import PROBLEM, Json
from chalicelib.web.routes import Route

PLACE = "#/components/schemas/"


class _Untitled(GenerateJsonSchema):
    """Without the title that every field would get: its name again, which the viewers then show twice."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's signature
        return False


class Schemas:
    """The JSON schemas of every model that the routes name, made in one go so that they share their definitions."""

    def __init__(self, routes: Iterable[Route]) -> None:
        taken = {model for route in routes for model in (route.body, route.query) if model}
        given = {route.gives for route in routes if route.gives}
        self._lists = {route.gives for route in routes if route.gives and route.is_list}
        self._queries = {route.query for route in routes if route.query}
        asked: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in _in_order(taken)]
        asked += [(model, "serialization") for model in _in_order(given)]
        made, definitions = models_json_schema(asked, ref_template=PLACE + "{model}", schema_generator=_Untitled)
        self._names = {asked: schema["$ref"].removeprefix(PLACE) for asked, schema in made.items()}
        self._definitions: Json = definitions.get("$defs", {})

    def taken(self, model: type[BaseModel]) -> Json:
        """The whole schema of a body or a query."""
        schema: Json = self._definitions[self._names[model, "validation"]]
        return schema

    def taken_ref(self, model: type[BaseModel]) -> Json:
        return {"$ref": PLACE + self._names[model, "validation"]}

    def given_ref(self, model: type[BaseModel], *, is_list: bool) -> Json:
        return {"$ref": PLACE + self._names[model, "serialization"] + ("List" if is_list else "")}

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
