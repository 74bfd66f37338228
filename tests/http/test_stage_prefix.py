"""Behind the gateway's own address, where a stage stands before every path: what we hand out leads back to us."""

from dataclasses import replace
from types import ModuleType

import pytest

from chalicelib.accounts import cookies, mail_pages
from chalicelib.settings import settings
from chalicelib.web import answering, application
from tests.factories import people
from tests.factories.people import PASSWORD, registration
from tests.http.api import Api

ORIGIN = "https://abc123.execute-api.eu-west-1.amazonaws.com"
PLACED = replace(settings, public_url=f"{ORIGIN}/dev")
MODULES: tuple[ModuleType, ...] = (answering, application, cookies, mail_pages)


@pytest.fixture(autouse=True)
def _behind_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in MODULES:
        monkeypatch.setattr(module, "settings", PLACED)


def test_a_new_thing_is_found_where_the_answer_says(api: Api) -> None:
    assert api.post("/auth/register", registration()).header("location") == "/dev/api/v1/users/me"


def test_the_cookie_returns_to_us_and_goes_nowhere_else(api: Api) -> None:
    cookie = api.post("/auth/register", registration(transport="cookie")).header("set-cookie") or ""
    assert "Path=/dev/api/v1/auth;" in cookie


def test_a_page_of_our_own_may_use_the_cookie_though_its_origin_has_no_stage(api: Api) -> None:
    people.enlisted("asha")
    reply = api.post("/auth/login", {"username": "asha", "password": PASSWORD, "transport": "cookie"})
    cookie = (reply.header("set-cookie") or "").partition(";")[0]
    csrf = reply.json()["csrf_token"]
    assert api.post("/auth/refresh", cookie=cookie, x_csrf_token=csrf, origin=ORIGIN).status == 200


def test_the_next_page_and_the_canonical_path_are_told_with_the_stage(api: Api) -> None:
    for name in ("asha", "bela", "carl"):
        people.enlisted(name)
    asha = api.login("asha")
    listed = api.get("/api/users?page_size=1", token=asha.access)
    assert listed.json()["next"].startswith(f"{ORIGIN}/dev/api/users?page_size=1&cursor=")
    assert '</dev/api/v1/users>; rel="successor-version"' in (listed.header("link") or "")


@pytest.mark.parametrize("path", ["/auth/email/verify", "/auth/password/reset"])
def test_the_button_of_a_mailed_page_leads_to_the_stage(api: Api, path: str) -> None:
    page = api.get(f"{path}?token={'t' * 43}").body.decode()
    assert f'action="/dev/api/v1{path}"' in page
