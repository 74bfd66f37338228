"""The refresh cookie in the hands of another site."""

from http.cookies import SimpleCookie
from typing import Any

import pytest

from tests.security import crew
from tests.security.client import Answer, Api, require_problem

OURS = "http://localhost:3000"
NAME = "__Secure-learnflow-refresh"


def signed_in(api: Api) -> tuple[str, str]:
    """The cookie as a browser sends it back, and the CSRF token that only our page has."""
    crew.join("asha")
    body = {"username": "asha", "password": crew.PASSWORD, "transport": "cookie"}
    answer = api.post("/api/v1/auth/login", body, origin=OURS)
    assert answer.json().get("refresh") is None
    assert answer.json().get("refresh_token") is None
    return f"{NAME}={cookie_of(answer)}", str(answer.json()["csrf_token"])


def cookie_of(answer: Answer) -> str:
    return SimpleCookie(answer.headers["set-cookie"])[NAME].value


@pytest.mark.row("K61")
def test_our_own_page_refreshes_and_signs_out_with_the_cookie(api: Api) -> None:
    cookie, csrf = signed_in(api)
    answer = api.post("/api/v1/auth/refresh", {}, cookie=cookie, origin=OURS, x_csrf_token=csrf)
    assert answer.status == 200
    assert "refresh" not in answer.json() or answer.json()["refresh"] is None
    cookie = f"{NAME}={cookie_of(answer)}"
    gone = api.post("/api/v1/auth/logout", {}, cookie=cookie, origin=OURS, x_csrf_token=csrf)
    assert gone.status == 204
    assert "Max-Age=0" in gone.headers["set-cookie"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Api) -> None:
    crew.join("asha")
    body = {"username": "asha", "password": crew.PASSWORD, "transport": "cookie"}
    header = api.post("/api/v1/auth/login", body).headers["set-cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/api/v1/auth"):
        assert part in header
    assert "Domain" not in header


ATTACKS: dict[str, dict[str, str]] = {
    "without anything": {},
    "without CSRF token": {"origin": OURS},
    "without origin": {"x_csrf_token": "<csrf>"},
    "from another site": {"origin": "https://attacker.example", "x_csrf_token": "<csrf>"},
    "from a sandboxed frame": {"origin": "null", "x_csrf_token": "<csrf>"},
    "from our host on another port": {"origin": "http://localhost:3001", "x_csrf_token": "<csrf>"},
    "from a host that begins like ours": {"origin": "http://localhost:3000.attacker.example", "x_csrf_token": "<csrf>"},
    "from ours in capitals": {"origin": "HTTP://LOCALHOST:3000", "x_csrf_token": "<csrf>"},
    "with an empty origin": {"origin": "", "x_csrf_token": "<csrf>"},
    "with two origins": {"origin": f"{OURS}, https://attacker.example", "x_csrf_token": "<csrf>"},
    "with a wrong CSRF token": {"origin": OURS, "x_csrf_token": "A" * 43},
    "with an empty CSRF token": {"origin": OURS, "x_csrf_token": ""},
    "with letters that are not ASCII": {"origin": OURS, "x_csrf_token": "ü" * 43},
    "with only a referer": {"referer": f"{OURS}/page", "x_csrf_token": "<csrf>"},
}


@pytest.mark.parametrize("how", ATTACKS)
@pytest.mark.parametrize("what", ["refresh", "logout"])
def test_another_site_does_nothing_with_the_cookie(api: Api, how: str, what: str) -> None:
    cookie, csrf = signed_in(api)
    headers = {name: value.replace("<csrf>", csrf) for name, value in ATTACKS[how].items()}
    answer = api.post(f"/api/v1/auth/{what}", {}, cookie=cookie, **headers)
    require_problem(answer, 403)
    assert "set-cookie" not in answer.headers
    good = api.post("/api/v1/auth/refresh", {}, cookie=cookie, origin=OURS, x_csrf_token=csrf)
    assert good.status == 200


def test_the_csrf_token_of_another_session_is_none(api: Api) -> None:
    cookie, _ = signed_in(api)
    body = {"username": "asha", "password": crew.PASSWORD, "transport": "cookie"}
    other = api.post("/api/v1/auth/login", body).json()["csrf_token"]
    answer = api.post("/api/v1/auth/refresh", {}, cookie=cookie, origin=OURS, x_csrf_token=other)
    require_problem(answer, 403)


@pytest.mark.parametrize("path", ["/api/token/refresh", "/api/auth/refresh"])
def test_an_alias_takes_no_cookie(api: Api, path: str) -> None:
    cookie, csrf = signed_in(api)
    require_problem(api.post(path, {}, cookie=cookie, origin=OURS, x_csrf_token=csrf), 401)


def test_an_alias_sets_no_cookie(api: Api) -> None:
    crew.join("asha")
    body = {"username": "asha", "password": crew.PASSWORD, "transport": "cookie"}
    answer = api.post("/api/token", body)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_another_site_is_no_sign_in(api: Api, kind: str) -> None:
    crew.join("asha")
    raw = b'{"username": "asha", "password": "seven-lean-otters", "transport": "cookie"}'
    require_problem(api.post("/api/v1/auth/login", raw=raw, content_type=kind), 415)


@pytest.mark.parametrize(
    "cookie", [f"{NAME}=", f"{NAME}=x", f"{NAME}={'a' * 5000}", f'{NAME}="\\"', "=;=;", f"{NAME}=é"]
)
def test_a_damaged_cookie_is_refused(api: Api, cookie: str) -> None:
    headers: dict[str, Any] = {"cookie": cookie, "origin": OURS, "x_csrf_token": "x"}
    require_problem(api.post("/api/v1/auth/refresh", {}, **headers), 401)


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", "http://localhost:3000.evil.example", "*"])
def test_no_other_origin_may_read_answers(api: Api, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        answer = api.call(method, "/api/v1/users", origin=origin)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "Origin" in answer.headers["vary"]
