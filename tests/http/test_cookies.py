"""The refresh token in a cookie: only on request, only on canonical paths, only from our own pages."""

import pytest

from infra.local.gateway import Reply
from tests.factories import people
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api, problem

PAGE = "http://localhost:3000"
pytestmark = pytest.mark.row("X34", "X35", "M84")


def signed_in(api: Api) -> tuple[str, str, str]:
    """Cookie, CSRF token and access token of somebody who asked for the cookie."""
    people.enlisted("asha")
    reply = api.post("/auth/login", {"username": "asha", "password": PASSWORD, "transport": "cookie"})
    said = reply.json()
    return (reply.header("set-cookie") or "").partition(";")[0], said["csrf_token"], said["access"]


def turn(api: Api, cookie: str, csrf: str, *, origin: str = PAGE, path: str = "/auth/refresh") -> Reply:
    return api.post(path, cookie=cookie, x_csrf_token=csrf, origin=origin)


def test_without_asking_nobody_gets_a_cookie(api: Api) -> None:
    reply = api.post("/auth/register", registration())
    assert reply.header("set-cookie") is None
    assert "csrf_token" not in reply.json()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Api) -> None:
    reply = api.post("/auth/register", registration(transport="cookie"))
    parts = [part.strip() for part in (reply.header("set-cookie") or "").split(";")]
    assert parts[0].startswith("__Secure-learnflow-refresh=")
    assert set(parts[1:]) == {"HttpOnly", "Secure", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age=604800"}


def test_with_the_cookie_the_body_has_no_refresh_token(api: Api) -> None:
    said = api.post("/auth/register", registration(transport="cookie")).json()
    assert said.get("refresh") is None
    assert said.get("refresh_token") is None
    assert said["access"]


def test_the_cookie_refreshes_and_is_replaced(api: Api) -> None:
    cookie, csrf, _ = signed_in(api)
    reply = turn(api, cookie, csrf)
    renewed = (reply.header("set-cookie") or "").partition(";")[0]
    assert reply.status == 200
    assert renewed.startswith("__Secure-learnflow-refresh=")
    assert renewed != cookie
    assert reply.json().get("refresh") is None


def test_the_csrf_token_stays_good_for_the_session(api: Api) -> None:
    cookie, csrf, _ = signed_in(api)
    renewed = (turn(api, cookie, csrf).header("set-cookie") or "").partition(";")[0]
    assert turn(api, renewed, csrf).status == 200


@pytest.mark.row("G43")
@pytest.mark.parametrize("csrf", ["", "wrong", "é", "x" * 4000])
def test_without_its_csrf_token_a_cookie_is_worth_nothing(api: Api, csrf: str) -> None:
    cookie, _, _ = signed_in(api)
    assert problem(turn(api, cookie, csrf)) == (403, "cross_site_request")


@pytest.mark.row("G43", "K60")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://localhost:3000.evil.example"])
def test_from_another_page_a_cookie_is_worth_nothing(api: Api, origin: str) -> None:
    cookie, csrf, _ = signed_in(api)
    assert problem(turn(api, cookie, csrf, origin=origin)) == (403, "cross_site_request")


def test_without_an_origin_a_cookie_is_worth_nothing(api: Api) -> None:
    cookie, csrf, _ = signed_in(api)
    assert api.post("/auth/refresh", cookie=cookie, x_csrf_token=csrf).status == 403


def test_the_csrf_token_of_another_session_does_not_help(api: Api) -> None:
    cookie, _, _ = signed_in(api)
    people.enlisted("ravi")
    other = api.post("/auth/login", {"username": "ravi", "password": PASSWORD, "transport": "cookie"}).json()
    assert turn(api, cookie, other["csrf_token"]).status == 403


def test_a_refused_cross_site_request_leaves_the_session_alone(api: Api) -> None:
    cookie, csrf, _ = signed_in(api)
    turn(api, cookie, "wrong")
    assert turn(api, cookie, csrf).status == 200


@pytest.mark.parametrize("path", ["/api/token/refresh", "/api/auth/refresh"])
def test_an_alias_ignores_the_cookie(api: Api, path: str) -> None:
    cookie, csrf, _ = signed_in(api)
    assert problem(turn(api, cookie, csrf, path=path)) == (401, "refresh_token_invalid")


@pytest.mark.parametrize("path", ["/api/token", "/api/auth/login"])
def test_an_alias_never_sets_a_cookie(api: Api, path: str) -> None:
    people.enlisted("asha")
    reply = api.post(path, {"username": "asha", "password": PASSWORD, "transport": "cookie"})
    assert reply.header("set-cookie") is None
    assert reply.json()["refresh"]


def test_signing_out_with_the_cookie_ends_the_session_and_clears_the_cookie(api: Api) -> None:
    cookie, csrf, _ = signed_in(api)
    reply = turn(api, cookie, csrf, path="/auth/logout")
    assert reply.status == 204
    assert "Max-Age=0" in (reply.header("set-cookie") or "")
    assert turn(api, cookie, csrf).status == 401


def test_another_site_cannot_sign_anybody_out(api: Api) -> None:
    cookie, csrf, _ = signed_in(api)
    assert turn(api, cookie, csrf, path="/auth/logout", origin="https://evil.example").status == 403
    assert turn(api, cookie, csrf).status == 200


def test_a_damaged_cookie_is_refused_like_a_damaged_token(api: Api) -> None:
    assert turn(api, "__Secure-learnflow-refresh=rubbish", "x").status == 401


def test_a_cookie_header_that_nobody_can_read_is_no_cookie(api: Api) -> None:
    assert turn(api, "\x00;;=\u2028;@", "x").status == 401


def test_a_token_in_the_body_needs_no_csrf_token(api: Api) -> None:
    cookie, _, _ = signed_in(api)
    other = api.register("ravi")
    reply = api.post("/auth/refresh", {"refresh": other.refresh}, cookie=cookie)
    assert (reply.status, reply.json()["username"]) == (200, "ravi")
    assert reply.header("set-cookie") is None


def test_changing_the_password_hands_out_the_new_cookie_on_request(api: Api) -> None:
    _, _, access = signed_in(api)
    body = {"current_password": PASSWORD, "new_password": "nine-quiet-herons", "transport": "cookie"}
    reply = api.post("/auth/change-password", body, token=access)
    cookie = (reply.header("set-cookie") or "").partition(";")[0]
    assert turn(api, cookie, reply.json()["csrf_token"]).status == 200
