"""What the door does for every route: bodies, queries, paths, methods, headers, origins, the log line."""

import json
import re
from typing import Any

import pytest

from app import app
from chalicelib.settings import settings
from chalicelib.web import door
from infra.local.gateway import Reply
from tests.factories.people import registration
from tests.http.api import Api, fields, problem

SECURITY = {
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "content-security-policy",
    "cache-control",
    "x-request-id",
    "x-response-time-ms",
}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"username": "a", "username": "b"}',
        b'{"a": 1} x',
        b"\xff\xfe",
        b'{"a": "\x01"}',
        b'{"a": 123456789012345678}',
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"nul",
        b"\x00",
    ],
)
def test_a_body_that_is_not_acceptable_json_is_400(api: Api, body: bytes) -> None:
    assert problem(api.post("/auth/login", body)) == (400, "body_unreadable")


def test_thirty_two_levels_are_read(api: Api) -> None:
    assert api.post("/auth/login", b"[" * 32 + b"]" * 32).status == 422


@pytest.mark.row("M92")
@pytest.mark.parametrize("path", ["/auth/login", "/auth/register", "/auth/refresh"])
def test_a_body_above_the_limit_is_413(api: Api, path: str) -> None:
    assert problem(api.post(path, json.dumps({"username": "x" * 300_000}).encode())) == (413, "body_too_large")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_body_of_another_type_is_415(api: Api, kind: str) -> None:
    assert problem(api.post("/auth/login", b"username=x", content_type=kind)) == (415, "body_type_unsupported")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
)
def test_json_is_taken_under_each_of_its_names(api: Api, kind: str) -> None:
    assert api.post("/auth/register", json.dumps(registration()).encode(), content_type=kind).status == 201


def test_an_unknown_query_is_refused_by_name(api: Api) -> None:
    reply = api.get("/users?order=name", token=api.register().access)
    assert (reply.status, fields(reply)) == (422, {"order": "unknown_field"})


def test_an_unknown_query_is_refused_where_none_is_taken(api: Api) -> None:
    reply = api.post("/auth/login?next=/", {"username": "x", "password": "y"})
    assert (reply.status, fields(reply)) == (422, {"next": "unknown_field"})


def test_a_repeated_query_is_refused_by_name(api: Api) -> None:
    reply = api.get("/users?q=a&q=b", token=api.register().access)
    assert (reply.status, fields(reply)) == (422, {"q": "repeated"})


@pytest.mark.parametrize(
    "id", ["%23", "a%23b", "..", "%2E%2E", "%2F", "%00", "%0A", "ses_%F0%9F%98%80", "x" * 81, "%ZZ", "%"]
)
def test_an_odd_id_is_simply_not_found(api: Api, id: str) -> None:
    reply = api.delete(f"/auth/sessions/{id}", token=api.register().access)
    assert reply.status == 404
    assert reply.header("content-type") == "application/problem+json"


def test_head_says_what_get_would_without_a_body(api: Api) -> None:
    person = api.register()
    head, get = (api.call(method, "/auth/me", token=person.access) for method in ("HEAD", "GET"))
    assert (head.status, head.body, head.header("etag")) == (200, b"", get.header("etag"))


@pytest.mark.row("X29")
@pytest.mark.parametrize("path", ["/auth/login", "/users/profile", "/admin/users", "/api/token"])
def test_a_wrong_method_is_405_and_names_the_right_ones(api: Api, path: str) -> None:
    reply = api.call("DELETE", path)
    assert problem(reply) == (405, "method_not_allowed")
    assert "OPTIONS" in (reply.header("allow") or "")


ORIGINS = [
    ("http://localhost:8000", True),
    ("http://localhost:3000", True),
    ("http://localhost:5173", True),
    ("http://localhost:8080", True),
    ("https://localhost:3000", False),
    ("http://localhost:3001", False),
    ("http://localhost:3000.evil.example", False),
    ("https://evil.example", False),
    ("null", False),
    ("HTTP://LOCALHOST:3000", False),
    ("*", False),
]


@pytest.mark.row("M94")
@pytest.mark.parametrize(("origin", "ours"), ORIGINS)
def test_a_preflight_opens_to_our_origins_only(api: Api, origin: str, ours: bool) -> None:
    reply = api.call("OPTIONS", "/users/profile", origin=origin, access_control_request_method="PATCH")
    assert reply.status == 204
    assert reply.header("access-control-allow-origin") == (origin if ours else None)
    assert ("PATCH" in (reply.header("access-control-allow-methods") or "")) is ours
    assert ("Idempotency-Key" in (reply.header("access-control-allow-headers") or "")) is ours


@pytest.mark.parametrize(("origin", "ours"), ORIGINS)
@pytest.mark.parametrize("path", ["/health", "/auth/me"])
def test_an_answer_can_be_read_by_our_origins_only(api: Api, origin: str, ours: bool, path: str) -> None:
    reply = api.get(path, origin=origin)
    assert reply.header("access-control-allow-origin") == (origin if ours else None)
    assert reply.header("access-control-allow-credentials") == ("true" if ours else None)
    assert "Origin" in (reply.header("vary") or "")


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(door, "_ask", fails)


def every_kind(api: Api, monkeypatch: pytest.MonkeyPatch) -> dict[int, Reply]:
    person = api.register()
    replies = {
        200: api.get("/auth/me", token=person.access),
        204: api.call("OPTIONS", "/auth/me"),
        304: api.get("/auth/me", token=person.access, if_none_match="*"),
        400: api.post("/auth/login", b"{"),
        401: api.get("/auth/me"),
        403: api.get("/admin/users", token=person.access),
        404: api.delete("/auth/sessions/x", token=person.access),
        405: api.delete("/auth/me"),
        415: api.post("/auth/login", b"x", content_type="text/plain"),
        422: api.post("/auth/login", {}),
    }
    broken(monkeypatch)
    return replies | {500: api.get("/auth/me", token=person.access)}


def test_every_answer_has_the_security_headers_and_names_its_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for status, reply in every_kind(api, monkeypatch).items():
        assert reply.status == status
        assert SECURITY - {name.lower() for name, _ in reply.headers} == set(), status


@pytest.mark.row("X29", "E50")
def test_every_refusal_is_a_problem_of_one_shape(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for status, reply in every_kind(api, monkeypatch).items():
        if status >= 400:
            assert problem(reply)[0] == status
            assert reply.json()["request_id"] == reply.header("x-request-id")


def test_a_mistake_of_ours_tells_nothing_of_itself(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(monkeypatch)
    reply = api.get("/health")
    assert problem(reply) == (500, "internal_error")
    assert b"secret" not in reply.body
    assert "stack_trace" in capsys.readouterr().out


def test_an_unknown_path_is_404_with_the_problems_headers(api: Api) -> None:
    reply = api.get("/nothing/here")
    assert problem(reply) == (404, "no_such_route")
    assert reply.header("x-request-id")


@pytest.mark.row("E47", "E48")
@pytest.mark.parametrize("given", ["12345678", "a" * 64, "trace-1.2_3-xyz"])
def test_a_request_id_is_echoed(api: Api, given: str) -> None:
    assert api.get("/health", x_request_id=given).header("x-request-id") == given


@pytest.mark.row("E47", "E48")
@pytest.mark.parametrize("given", ["short", "a" * 65, "with space", "new\nline", "é" * 8, ""])
def test_a_request_id_of_another_form_is_replaced_by_a_uuid(api: Api, given: str) -> None:
    said = api.get("/health", x_request_id=given).header("x-request-id") or ""
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said)


@pytest.mark.row("E47", "E48")
def test_the_time_an_answer_took_is_told(api: Api) -> None:
    assert float(api.get("/health").header("x-response-time-ms") or "") >= 0


def access_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "app.access"]


@pytest.mark.row("E46", "E47", "E49", "M133")
def test_a_request_leaves_one_access_line_with_its_facts(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    person = api.register()
    capsys.readouterr()
    reply = api.get("/auth/me/", token=person.access)
    [line] = access_lines(capsys)
    assert set(line) == {"timestamp", "level", "logger", "message", "request_id", "extra"}
    assert (line["level"], line["request_id"]) == ("INFO", reply.header("x-request-id"))
    extra = line["extra"]
    assert (extra["method"], extra["status"], extra["user_id"]) == ("GET", 200, person.id)
    assert extra["url"].startswith("/api/v1/auth/me")
    assert extra["duration_ms"] > 0


@pytest.mark.row("E46", "E51", "M133")
def test_a_failure_of_ours_leaves_its_stack_trace(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(monkeypatch)
    api.get("/health")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [error] = [line for line in lines if line["level"] == "ERROR"]
    assert "RuntimeError" in error["stack_trace"]


@pytest.mark.row("E49")
def test_the_log_has_no_token_no_address_no_password_and_no_query(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    person = api.register()
    api.post("/auth/login", {"email": person.email, "password": person.password})
    api.post("/auth/refresh", {"refresh": person.refresh})
    api.get("/users?q=somebody-private", token=person.access)
    api.get(f"/auth/email/verify?token={'t' * 30}")
    api.post("/auth/password/forgot", {"email": person.email})
    api.get("/auth/me", token="x" + person.access)
    text = capsys.readouterr().out
    secrets = [person.access, person.refresh, person.email, person.password, "somebody-private", "t" * 30, "@"]
    assert [secret for secret in secrets if secret in text] == []


def test_every_route_answers_a_preflight(api: Api) -> None:
    for path in app.routes:
        reply = api.call("OPTIONS", re.sub(r"\{[^}]+\}", "x", path))
        assert (reply.status, "OPTIONS" in (reply.header("allow") or "")) == (204, True), path


def test_an_answer_carries_the_numbers_of_its_limit(api: Api) -> None:
    person = api.register()
    replies = [api.get("/auth/me", token=person.access) for _ in range(3)]
    left = [int(reply.header("x-ratelimit-remaining") or -1) for reply in replies]
    assert left == [settings.quotas["user"].limit - n for n in (1, 2, 3)]
    assert replies[0].header("ratelimit-policy") == '"user";q=1000;w=3600'
