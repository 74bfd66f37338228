"""What the gateway and the function behind it answer at the edges."""

import pytest

from tests.e2e.stage import ORIGIN, Stage
from tests.e2e.story import API

PROBLEM = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}


def test_the_deployed_version_and_commit_are_shown(stage: Stage) -> None:
    said = stage.call("GET", "/api/health").json()
    assert (said["status"], said["stage"]) == ("ok", "dev")


@pytest.mark.row("C47")
def test_the_api_reaches_its_table_and_its_queues(stage: Stage) -> None:
    assert stage.call("GET", "/api/health/ready").json()["status"] == "ready"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"{API}/auth/me", None, 401, "unauthenticated"),
        ("POST", f"{API}/auth/register", {"username": "x"}, 422, "invalid_fields"),
        ("GET", f"{API}/events?cursor=nonsense", None, 401, "unauthenticated"),
    ],
)
def test_a_refusal_of_the_product_is_a_problem(
    stage: Stage, method: str, path: str, body: object, status: int, code: str
) -> None:
    reply = stage.call(method, path, body)
    assert (reply.status, reply.header("content-type")) == (status, "application/problem+json")
    assert set(reply.json()) == PROBLEM


@pytest.mark.parametrize("path", ["/api/v1/nothing-here", "/", "/favicon.ico"])
def test_what_the_gateway_itself_refuses_is_a_problem_too(stage: Stage, path: str) -> None:
    reply = stage.call("GET", path, Origin=ORIGIN)
    assert (reply.status, reply.header("content-type")) == (404, "application/problem+json")
    assert set(reply.json()) == PROBLEM
    assert reply.json()["code"] == "no_such_route"


@pytest.mark.parametrize("name", ["Access-Control-Allow-Origin", "X-Request-ID", "Strict-Transport-Security"])
def test_what_the_gateway_itself_refuses_has_our_headers(stage: Stage, name: str) -> None:
    assert stage.call("GET", "/api/v1/nothing-here", Origin=ORIGIN).header(name)


def test_a_preflight_of_our_origin_is_granted(stage: Stage) -> None:
    reply = stage.call("OPTIONS", f"{API}/auth/login", Origin=ORIGIN, Access_Control_Request_Method="POST")
    assert reply.status == 204
    assert reply.header("access-control-allow-origin") == ORIGIN
    assert "POST" in (reply.header("access-control-allow-methods") or "")


def test_a_preflight_of_a_stranger_is_not_granted(stage: Stage) -> None:
    reply = stage.call(
        "OPTIONS", f"{API}/auth/login", Origin="https://elsewhere.example", Access_Control_Request_Method="POST"
    )
    assert reply.header("access-control-allow-origin") is None


@pytest.mark.parametrize("path", ["/api/docs", "/api/schema", "/redoc"])
def test_the_documentation_is_part_of_the_artefact(stage: Stage, path: str) -> None:
    assert stage.call("GET", path).status == 200
