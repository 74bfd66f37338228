"""The imitation of API Gateway in front of the app."""

import gzip
import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from infra.local.gateway import LARGEST_REQUEST, Gateway, Reply
from infra.local.wsgi import wsgi
from tests.local.small_app import app


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway(app, "http://localhost:8000")


class Recorder:
    """An app that keeps the event and context it was called with."""

    routes = app.routes

    def __init__(self) -> None:
        self.event: dict[str, Any] = {}
        self.context: Any = None
        self.text = "{}"

    def __call__(self, event: Any, context: Any) -> Any:
        self.event, self.context = event, context
        return {"statusCode": 200, "headers": {}, "body": self.text}


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/", "root"),
        ("/api/users/me", "me"),
        ("/api/users/me/", "me"),
        ("/api/users/usr_1", "user"),
        ("/api/users/usr_1/?a=b", "user"),
        ("/api/courses/me", "anything"),
    ],
)
def test_literal_parts_win_over_parameters_and_a_last_slash_means_nothing(
    gateway: Gateway, target: str, route: str
) -> None:
    assert gateway.answer("GET", target).json()["route"] == route


@pytest.mark.parametrize("target", ["/nowhere", "/api/users", "/api/users//", "/api/users/a/b", "/API/users/me"])
def test_an_unknown_path_is_a_problem_that_any_page_may_read(gateway: Gateway, target: str) -> None:
    reply = gateway.answer("GET", target)
    assert reply.status == 404
    assert reply.header("content-type") == "application/problem+json"
    assert reply.header("access-control-allow-origin") == "*"
    assert reply.header("access-control-allow-credentials") is None
    problem = reply.json()
    assert (problem["status"], problem["code"]) == (404, "no_such_route")
    assert problem["instance"] == f"urn:uuid:{reply.header('x-request-id')}"
    assert problem["type"] == "http://localhost:8000/api/problems#no_such_route"


def test_path_parameters_stay_percent_encoded(gateway: Gateway) -> None:
    assert gateway.answer("GET", "/api/users/a%2Fb%20c").json()["user_id"] == "a%2Fb%20c"


def test_the_event_has_what_a_rest_api_sends() -> None:
    recorder = Recorder()
    Gateway(recorder, "https://api.learnflow.example").answer(
        "POST",
        "/api/users/u?tag=a&tag=b&q=x%20y&empty=",
        [("Content-Type", "application/json"), ("X-Two", "1"), ("X-Two", "2"), ("User-Agent", "curl")],
        b'{"a": 1}',
        "203.0.113.9",
    )
    event = recorder.event
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/api/users/{user_id}"
    assert event["path"] == event["requestContext"]["path"] == "/api/users/u"
    assert event["httpMethod"] == event["requestContext"]["httpMethod"] == "POST"
    assert event["pathParameters"] == {"user_id": "u"}
    assert event["queryStringParameters"] == {"tag": "b", "q": "x y", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"tag": ["a", "b"], "q": ["x y"], "empty": [""]}
    assert event["headers"]["X-Two"] == "2"
    assert event["multiValueHeaders"]["X-Two"] == ["1", "2"]
    assert event["requestContext"]["identity"] == {"sourceIp": "203.0.113.9", "userAgent": "curl"}
    assert event["requestContext"]["stage"] == "local"
    assert event["requestContext"]["domainName"] == "api.learnflow.example"
    assert len(event["requestContext"]["requestId"]) == 36
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    json.dumps(event)
    assert 28_000 < recorder.context.get_remaining_time_in_millis() <= 29_000
    assert recorder.context.aws_request_id
    assert recorder.context.function_name == "api"


def test_what_is_absent_is_null() -> None:
    recorder = Recorder()
    Gateway(recorder).answer("GET", "/api/users/me")
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body", "stageVariables")
    assert {name: recorder.event[name] for name in absent} == dict.fromkeys(absent)


def test_binary_bodies_travel_as_base64_in_both_directions(gateway: Gateway) -> None:
    binary = {"Content-Type": "application/octet-stream"}
    assert gateway.answer("POST", "/upload", binary, b"\x00\xff\x00").json() == {"length": 3}
    assert gateway.answer("GET", "/bytes", {"Accept": "application/octet-stream"}).body == b"\x00\xff"


def test_several_values_of_a_header_all_arrive(gateway: Gateway) -> None:
    reply = gateway.answer("GET", "/cookies")
    assert [value for name, value in reply.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "GZIP", "*"])
def test_a_long_answer_is_packed_for_who_accepts_it(gateway: Gateway, accepted: str) -> None:
    reply = gateway.answer("GET", "/long", {"Accept-Encoding": accepted})
    assert reply.header("content-encoding") == "gzip"
    assert reply.header("vary") == "Origin, Accept-Encoding"
    assert reply.header("etag") == '"1"'
    assert json.loads(gzip.decompress(reply.body)) == {"text": "x" * 5000}


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
def test_a_long_answer_stays_plain_for_others(gateway: Gateway, accepted: str) -> None:
    assert gateway.answer("GET", "/long", {"Accept-Encoding": accepted}).header("content-encoding") is None


def test_a_short_answer_is_never_packed(gateway: Gateway) -> None:
    assert gateway.answer("GET", "/", {"Accept-Encoding": "gzip"}).header("content-encoding") is None


def test_head_has_no_body(gateway: Gateway) -> None:
    reply = gateway.answer("HEAD", "/api/users/u")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.header("content-length") or 0) > 0


def test_a_request_of_more_than_ten_megabytes_is_too_large(gateway: Gateway) -> None:
    binary = {"Content-Type": "application/octet-stream"}
    assert gateway.answer("POST", "/upload", binary, b"x" * LARGEST_REQUEST).json() == {"length": LARGEST_REQUEST}
    reply = gateway.answer("POST", "/api/users/u", {}, b"x" * (LARGEST_REQUEST + 1))
    assert (reply.status, reply.json()["code"]) == (413, "too_large")


def test_an_answer_of_more_than_lambda_carries_is_our_mistake() -> None:
    recorder = Recorder()
    recorder.text = "x" * 7_000_000
    reply = Gateway(recorder).answer("GET", "/long")
    assert (reply.status, reply.json()["code"]) == (502, "answer_too_large")


def through_wsgi(gateway: Gateway, environ: dict[str, Any], **options: Any) -> tuple[str, dict[str, str], bytes]:
    setup_testing_defaults(environ)
    started: list[Any] = []
    body = b"".join(wsgi(gateway, **options)(environ, lambda *given: started.extend(given)))
    return started[0], dict(started[1]), body


def test_wsgi_hands_over_the_target_as_it_was_sent(gateway: Gateway) -> None:
    status, headers, body = through_wsgi(
        gateway, {"REQUEST_URI": "/api/users/a%2Fb?x=1", "PATH_INFO": "/api/users/a/b", "QUERY_STRING": "x=1"}
    )
    assert status == "200 OK"
    assert int(headers["Content-Length"]) == len(body)
    assert json.loads(body)["user_id"] == "a%2Fb"


def test_wsgi_without_the_raw_target_encodes_the_path_again(gateway: Gateway) -> None:
    path = "/api/users/é x".encode().decode("latin-1")
    _, _, body = through_wsgi(gateway, {"PATH_INFO": path})
    assert json.loads(body)["user_id"] == "%C3%A9%20x"


def test_wsgi_passes_body_headers_and_address() -> None:
    recorder = Recorder()
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/api/users/u", "wsgi.input": io.BytesIO(b"hello!"),
        "CONTENT_LENGTH": "5", "CONTENT_TYPE": "text/plain", "HTTP_X_REQUEST_ID": "r", "REMOTE_ADDR": "203.0.113.9",
    }  # fmt: skip
    through_wsgi(Gateway(recorder), environ)
    assert recorder.event["body"] == "hello"
    assert recorder.event["headers"]["Content-Type"] == "text/plain"
    assert recorder.event["headers"]["X-Request-Id"] == "r"
    assert recorder.event["requestContext"]["identity"]["sourceIp"] == "203.0.113.9"


def test_local_pages_come_first_and_each_request_is_told(gateway: Gateway) -> None:
    told: list[tuple[str, str, int, float]] = []

    def pages(method: str, target: str, headers: dict[str, str], body: bytes) -> Reply | None:
        return Reply(200, [], b"page") if target == "/_local" else None

    options = {"local_pages": pages, "seen": lambda *seen: told.append(seen)}
    assert through_wsgi(gateway, {"PATH_INFO": "/_local"}, **options)[2] == b"page"
    assert through_wsgi(gateway, {"PATH_INFO": "/"}, **options)[0] == "200 OK"
    assert [entry[:3] for entry in told] == [("GET", "/_local", 200), ("GET", "/", 200)]
