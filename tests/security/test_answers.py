"""What every answer carries, and that it carries nothing that was not declared."""

import pytest

from tests.security import matrix
from tests.security.attacks.rights import headers_missing, undeclared_keys
from tests.security.client import Api

ROWS = matrix.rows()


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


@pytest.mark.parametrize("route", ROWS)
def test_an_answer_has_no_key_that_its_model_does_not_declare(api: Api, route: str) -> None:
    from app import app

    declared = {f"{each.method} {each.path}": each for each in app.operations}[route]
    if declared.gives is None:
        return
    stage, row = matrix.stage(api), ROWS[route]
    answer = stage.tried(row, row.user)
    if answer.status < 400:
        assert undeclared_keys(declared, answer) == []


def test_an_export_has_no_secret_in_it(api: Api) -> None:
    stage = matrix.stage(api)
    text = api.get("/api/v1/users/me/export", token=stage.actors["student"].access).body
    for secret in ("argon2", "password_hash", "salt", "pk", "gsi1"):
        assert f'"{secret}' not in text
    assert "$argon2" not in text
