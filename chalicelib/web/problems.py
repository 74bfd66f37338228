"""Every failure as problem+json (RFC 9457): the only mapping from kinds of error to HTTP statuses."""

import json
from typing import Any

from chalicelib.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PaymentRequired,
    ProductError,
    Stale,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from chalicelib.settings import settings

STATUS: dict[type[ProductError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    PaymentRequired: 402,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    TooLarge: 413,
    Unsupported: 415,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}
TITLES = {
    400: "Malformed request",
    401: "Not signed in",
    402: "To be paid first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Changed since you read it",
    413: "Too large",
    415: "Unsupported body type",
    422: "Not acceptable",
    429: "Too many requests",
    500: "Our mistake",
    503: "Not available at the moment",
}
CONTENT_TYPE = "application/problem+json"


class NoSuchRoute(NotFound):
    """There is nothing at this address."""


class MethodNotAllowed(ProductError):
    """This address does not take this method; Allow names those it takes."""


class InternalError(ProductError):
    """Something broke on our side; the request id finds it in our logs."""


STATUS |= {MethodNotAllowed: 405, InternalError: 500}


def status_of(kind: type[ProductError]) -> int:
    """The status of the nearest kind up the family tree."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def body(error: ProductError, request_id: str) -> dict[str, Any]:
    status = status_of(type(error))
    return {
        "type": f"{settings.public_url}/api/problems#{error.code()}",
        "title": TITLES[status],
        "status": status,
        "detail": error.detail,
        "instance": f"urn:uuid:{request_id}" if len(request_id) == 36 else f"urn:request:{request_id}",
        "code": error.code(),
        "request_id": request_id,
        "errors": [{"field": e.field, "code": e.code, "message": e.message} for e in error.errors],
    }


def text(error: ProductError, request_id: str) -> str:
    return json.dumps(body(error, request_id), ensure_ascii=False, separators=(",", ":"))


def headers(error: ProductError) -> dict[str, str]:
    found = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    if error.retry_after is not None:
        found["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        found["WWW-Authenticate"] = f'Bearer realm="learnflow", error="{error.code()}"'
    return found


def known(kind: type[ProductError] = ProductError) -> list[type[ProductError]]:
    """Every error the loaded product can answer with, for the documentation."""
    found = [kind] if any(base in STATUS for base in kind.__mro__) else []
    for child in kind.__subclasses__():
        found += known(child)
    return sorted(set(found), key=lambda each: (status_of(each), each.code(), each.__module__))
