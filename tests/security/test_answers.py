"""What every answer carries, and that it carries nothing that was not declared."""

from typing import Any

import pytest
from pydantic import BaseModel

from tests.security import matrix
from tests.security.client import Answer, Api

ROWS = matrix.rows()


def headers_missing(answer: Answer) -> list[str]:
    headers = answer.headers
    wanted = {
        "strict-transport-security": "max-age=",
        "x-content-type-options": "nosniff",
        "content-security-policy": "frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "cache-control": "",
        "x-request-id": "",
    }
    return [name for name, part in wanted.items() if name not in headers or part not in headers[name]]


@pytest.mark.row("E57", "M94")
def test_every_answer_of_every_route_has_the_headers_that_protect_it(api: Api) -> None:
    stage, missing = matrix.stage(api), []
    for row in ROWS.values():
        for actor in ("anonymous", "admin"):
            answer = stage.tried(row, actor)
            missing += [f"{row.route} as {actor} ({answer.status}): {name}" for name in headers_missing(answer)]
            private = actor == "admin" and answer.status < 400 and "/auth/" in row.path
            if private and "public" in answer.headers["cache-control"]:
                missing.append(f"{row.route}: public")
            if actor == "admin":
                stage.actors["admin"] = stage.renewed("admin")
        missing += [f"OPTIONS {row.path}: {name}" for name in headers_missing(api.call("OPTIONS", row.path))]
    assert missing == []


def undeclared(value: Any, model: type[BaseModel]) -> list[str]:
    """Keys of an answer that its model does not have; models within models are looked at too."""
    found = [key for key in value if key not in model.model_fields]
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and isinstance(value.get(name), dict):
            found += [f"{name}.{key}" for key in undeclared(value[name], inner)]
    return found


FORBIDDEN = ("password", "hash", "session_version", "gsi1", "salt", "address_digest", "revoked")


@pytest.mark.parametrize("route", ROWS)
def test_an_answer_has_no_key_that_its_model_does_not_declare(api: Api, route: str) -> None:
    from app import app

    declared = {f"{each.method} {each.path}": each for each in app.operations}[route]
    if declared.gives is None:
        return
    stage, row = matrix.stage(api), ROWS[route]
    answer = stage.tried(row, "admin" if "/admin/" in row.path else "student")
    if answer.status >= 400:
        return
    document = answer.json()
    if declared.is_list:
        assert set(document) <= {"count", "next", "previous", "results"}
        rows = document["results"]
    else:
        rows = [document]
    for each in rows:
        assert undeclared(each, declared.gives) == []
        if "audit" not in route and "export" not in route:
            assert [key for key in each if any(word in key for word in FORBIDDEN)] == []


def test_an_export_has_no_secret_in_it(api: Api) -> None:
    stage = matrix.stage(api)
    text = api.get("/api/v1/users/me/export", token=stage.actors["student"].access).body
    for secret in ("argon2", "password_hash", "salt", "pk", "gsi1"):
        assert f'"{secret}' not in text
    assert "$argon2" not in text
