"""The OpenAPI document is valid, complete, and says what the routes do."""

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel
from schemathesis.specs.openapi.definitions import OPENAPI_31

from app import app
from chalicelib.settings import settings
from chalicelib.web import door, openapi, problems
from chalicelib.web.openapi import ALIASES, PATH_VALUE
from chalicelib.web.routes import Route

DOCUMENT = openapi.document(app)
METHODS = {"get", "put", "post", "patch", "delete"}
LARGEST_API = 300  # resources that API Gateway allows one REST API


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def _named(case: tuple[str, str, Any]) -> str:
    return f"{case[0]} {case[1]}"


OPERATIONS = _operations()
ROUTES: dict[str, Route] = {route.name: route for route in app.operations}
BODIES = sorted({route.body for route in app.operations if route.body}, key=lambda model: model.__name__)
each_operation = pytest.mark.parametrize("operation", [each[2] for each in OPERATIONS], ids=map(_named, OPERATIONS))


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from _walk(child)


def _pointed(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


@pytest.mark.row("K70", "M141")
def test_the_document_is_valid_openapi_3_1() -> None:
    errors = [error.message for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(DOCUMENT)]
    assert errors == []


def test_each_schema_is_a_valid_json_schema() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name


def test_each_reference_leads_somewhere() -> None:
    for node in _walk(DOCUMENT):
        if isinstance(node.get("$ref"), str):
            assert _pointed(node["$ref"]), node["$ref"]


def test_operation_ids_are_unique() -> None:
    counted = Counter(operation["operationId"] for _, _, operation in OPERATIONS)
    assert [name for name, times in counted.items() if times > 1] == []


@each_operation
def test_each_operation_has_a_summary_a_policy_and_a_heading(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["x-policy"]
    assert operation["tags"]
    assert ("bearerAuth" in str(operation["security"])) == (operation["x-policy"] != "anyone")


@each_operation
def test_each_operation_tells_its_success_and_its_failures(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    assert any(status.startswith("2") for status in answers)
    assert {"422", "500", "503"} <= set(answers)
    assert "401" in answers or operation["x-policy"] == "anyone"
    for status, answer in answers.items():
        whole = _pointed(answer["$ref"]) if "$ref" in answer else answer
        assert whole["description"]
        if int(status) >= 400:
            assert list(whole["content"]) == [problems.CONTENT_TYPE]


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_error_that_a_route_declares_is_named_under_its_status(name: str) -> None:
    operation = next(each for _, _, each in OPERATIONS if each["operationId"] == name)
    for error in ROUTES[name].errors:
        assert f"`{error.code()}`" in operation["responses"][str(problems.status_of(error))]["description"]


def test_each_list_has_the_envelope_and_an_item_schema() -> None:
    for method, path, operation in OPERATIONS:
        route = ROUTES[operation["operationId"].partition("_alias_")[0]]
        if not route.is_list:
            continue
        content = operation["responses"][str(route.status)]["content"]
        envelope = _pointed(content["application/json"]["schema"]["$ref"])
        assert {"next", "previous", "results"} == set(envelope["required"]), f"{method} {path}"
        assert _pointed(envelope["properties"]["results"]["items"]["$ref"])


def test_each_path_parameter_is_documented_with_the_pattern_that_the_door_checks() -> None:
    assert f"^{door._PATH_VALUE.pattern}$" == PATH_VALUE
    for _, path, operation in OPERATIONS:
        given = [each for each in operation.get("parameters", []) if each.get("in") == "path"]
        assert sorted(each["name"] for each in given) == sorted(re.findall(r"\{(\w+)\}", path))
        assert all(each["schema"]["pattern"] == PATH_VALUE for each in given)


@each_operation
def test_no_query_parameter_speaks_of_null(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter.get("in") == "query":
            assert {"type": "null"} not in parameter["schema"].get("anyOf", [])


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_each_body_has_an_example_that_its_model_takes(model: type[BaseModel]) -> None:
    examples = model.model_json_schema().get("examples")
    assert examples
    for example in examples:
        model.model_validate(example)


def test_every_route_is_in_the_document_and_nothing_else_is() -> None:
    documented = {(method, path) for method, path, _ in OPERATIONS}
    served = {(method, path) for path, methods in app.routes.items() for method in methods} - {
        (method, path) for path, methods in app.routes.items() for method in ("HEAD", "OPTIONS")
    }
    told = {route.view for route in app.operations if (route.method, route.path) in documented}
    twins = {(route.method, route.path) for route in app.operations if route.view in told} - documented
    assert documented == served - twins
    assert all(path.startswith(("/api/", "/redoc")) for _, path in twins)


def test_aliases_are_deprecated_and_name_their_canonical_path() -> None:
    for method, path, route in app.alias_rows:
        operation = DOCUMENT["paths"][path][method.lower()]
        assert operation["deprecated"] is True
        assert operation["tags"] == [ALIASES]
        assert f"`{route.method} {route.path}`" in operation["description"]


def test_every_route_declares_a_policy() -> None:
    assert all(route.policy.name for route in app.operations)


def test_the_api_fits_into_api_gateway() -> None:
    resources = {"/"}
    for pattern in app.routes:
        parts = pattern.strip("/").split("/")
        resources |= {"/" + "/".join(parts[:length]) for length in range(1, len(parts) + 1)}
    assert len(resources) <= LARGEST_API


def test_variables_in_the_same_place_have_the_same_name() -> None:
    names: dict[str, set[str]] = {}
    for pattern in app.routes:
        parts = pattern.strip("/").split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:place]), set()).add(part)
    assert {place: found for place, found in names.items() if len(found) > 1} == {}


def test_the_document_is_the_same_each_time_and_knows_no_machine() -> None:
    text = json.dumps(DOCUMENT)
    assert text == json.dumps(openapi.document(app))
    for local in ("localhost", settings.table_name, settings.keys_parameter, settings.mail_sender):
        assert local not in text


def test_the_served_text_names_the_place_that_the_gateway_puts_before_our_paths() -> None:
    assert json.loads(openapi.text())["servers"] == [{"url": "/"}]
    assert json.loads(openapi.text("/api"))["servers"] == [{"url": "/api"}]


@each_operation
def test_if_match_is_named_where_a_version_is_compared_and_nowhere_else(operation: dict[str, Any]) -> None:
    route = ROUTES[operation["operationId"].partition("_alias_")[0]]
    named = {"$ref": "#/components/parameters/If-Match"} in operation.get("parameters", [])
    assert named == ("expected_version" in inspect.getsource(route.view))


@each_operation
def test_a_body_is_required_where_an_empty_one_will_not_do(operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": DOCUMENT["components"]}
        assert operation["requestBody"]["required"] != jsonschema_rs.is_valid(whole, {})


def test_pages_for_people_are_named_beside_the_json_of_forms() -> None:
    for _, _, operation in OPERATIONS:
        route = ROUTES[operation["operationId"].partition("_alias_")[0]]
        if route.form:
            assert set(operation["responses"][str(route.status)]["content"]) == {"application/json", "text/html"}
