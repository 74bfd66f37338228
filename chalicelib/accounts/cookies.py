"""The refresh token in a cookie, for browsers that ask for it; native clients take it in the body.

A cookie is sent by the browser whoever made the page, so with it come two checks that bearer tokens do not need: the
page's origin must be one of ours, and the page must know the session's CSRF token.
"""

from typing import Any

from chalicelib.errors import Forbidden
from chalicelib.keyring import keys
from chalicelib.settings import DAY, settings
from chalicelib.web.exchange import Exchange

NAME = "__Secure-learnflow-refresh"
PATH = "/api/v1/auth"
HEADER = "x-csrf-token"


class CrossSiteRequest(Forbidden):
    """A request with the refresh cookie must come from one of our pages and carry its CSRF token."""


def setting(token: str) -> dict[str, str]:
    return {"Set-Cookie": _cookie(token, settings.refresh_days * DAY)}


def clearing() -> dict[str, str]:
    return {"Set-Cookie": _cookie("", 0)}


def _cookie(value: str, age: int) -> str:
    return f"{NAME}={value}; Max-Age={age}; Path={settings.prefix}{PATH}; Secure; HttpOnly; SameSite=Strict"


def csrf_token(session_id: str) -> str:
    return keys().signed("csrf", session_id)


def in_use(exchange: Exchange) -> str | None:
    """The refresh token in the cookie; aliases take it in the body only."""
    return None if exchange.alias else exchange.cookie(NAME)


def wanted(ask: Any) -> bool:
    """Whether this answer puts its refresh token into the cookie: on request, or because it came in it."""
    if ask.exchange.alias:
        return False
    transport: str | None = getattr(ask.body, "transport", None)
    return transport == "cookie" or (transport is None and ask.body.token is None)


def require_same_site(exchange: Exchange, session_id: str) -> None:
    origin = exchange.headers.get("origin")
    ours = settings.cors_allowed_origins | {settings.origin}
    given = exchange.headers.get(HEADER, "")
    known = given.isascii() and keys().proves("csrf", session_id, given)
    if origin not in ours or not known:
        raise CrossSiteRequest
