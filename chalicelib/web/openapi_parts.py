"""What all operations of the OpenAPI document share: words, headers, parameters and the answers to failures."""

from typing import Any

from chalicelib.web import problems

Json = dict[str, Any]

DESCRIPTION = """\
LearnFlow is a learning platform. Bodies and answers are JSON in snake_case, or problems as RFC 9457 has them: every \
failure says its `code`, the fields it is about, and the `request_id` under which we find it. Sign in at \
`/api/v1/auth/login` and send the access token as `Authorization: Bearer <token>`; what each operation takes stands \
in its `x-policy`. Ids are opaque; moments are RFC 3339 in UTC; a slash at the end of a path never matters. Unknown \
fields and filters are refused, not ignored.

Every read has a strong `ETag` and honours `If-None-Match`; GET stands for HEAD too. Every write takes an \
`Idempotency-Key`: for a day, a repetition gets the first answer again instead of a second effect. Operations that \
name `If-Match` honour it. Lists come in an envelope of `results`, `next` and `previous`, with a `count` where it \
costs nothing; follow `next` as it is. `RateLimit` says what is left of your quota, `Retry-After` when to come back. \
Operations under the heading Aliases lead to the same handlers as their canonical paths and keep older clients \
working."""

#: What the door itself may answer at any route to which the status applies.
EXPLAINED = {
    400: "The request cannot be read: broken JSON, a cursor that is not ours, an unusable idempotency key.",
    401: "No token where one is needed, or one that is not ours, has expired, or belongs to an ended session.",
    402: "This costs money that has not been paid; `detail` says where to pay.",
    403: "You are known but may not do this: a role is missing, or the account is suspended.",
    404: "There is no such thing, or none that you may see.",
    405: "This address does not take this method; `Allow` names those it takes.",
    409: "The present state does not allow this.",
    412: "The thing has changed since the version that `If-Match` names.",
    413: "The body is larger than this route takes.",
    415: "The body is of a type that is not taken here.",
    422: "Some fields are not acceptable; `errors` names each. Unknown fields and filters are among them.",
    429: "A quota is used up; wait as long as `Retry-After` says.",
    500: "Something broke on our side; `request_id` finds it in our logs.",
    503: "Something we depend on does not answer; try again after `Retry-After`.",
}

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "A failure, as RFC 9457 describes it.",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Where this kind of failure is explained."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong this time, for people."},
        "instance": {"type": "string", "format": "uri"},
        "code": {"type": "string", "description": "What went wrong, for programs; it never changes its meaning."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
    "examples": [
        {
            "type": "https://learnflow.example/api/problems#fields_invalid",
            "title": problems.TITLES[422],
            "status": 422,
            "detail": "Some fields are not acceptable.",
            "instance": "urn:uuid:5c1f7b52-7c55-4a86-9d28-0c9f3b1a5a10",
            "code": "fields_invalid",
            "request_id": "5c1f7b52-7c55-4a86-9d28-0c9f3b1a5a10",
            "errors": [{"field": "name", "code": "required", "message": "This field is required."}],
        }
    ],
}

SECURITY_SCHEMES: Json = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token that signing in or refreshing gives; it lives for 15 minutes.",
    },
}


def _header(description: str, kind: str = "string") -> Json:
    return {"description": description, "schema": {"type": kind}}


HEADERS: Json = {
    "ETag": _header("The version of this answer, for `If-None-Match` and `If-Match`."),
    "Idempotency-Replayed": _header("`true` where this is the answer to an earlier request with the same key."),
    "Link": _header('The next page of a list, with `rel="next"`.'),
    "Location": _header("Where the new thing is."),
    "RateLimit": _header("What is left of the nearest quota, and in how many seconds it is full again."),
    "RateLimit-Policy": _header("The nearest quota: how many in how many seconds."),
    "Retry-After": _header("Seconds to wait before trying again.", "integer"),
    "WWW-Authenticate": _header("How to sign in, and what was wrong with the attempt."),
    "X-RateLimit-Limit": _header("The nearest quota, in the older spelling.", "integer"),
    "X-RateLimit-Remaining": _header("What is left of it.", "integer"),
    "X-RateLimit-Reset": _header("Seconds until it is full again.", "integer"),
    "X-Request-ID": _header("The id of this request: yours where you sent a usable one."),
}
_QUOTA = tuple(name for name in HEADERS if "RateLimit" in name)
_FAILURE = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _in_header(name: str, description: str, **limits: Any) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string", **limits}}


PARAMETERS: Json = {
    "Idempotency-Key": _in_header(
        "Idempotency-Key",
        "Any text of yours, new for each effect you want; repeat it to repeat safely.",
        minLength=1,
        maxLength=255,
        pattern="^[ -~]+$",
    ),
    "If-Match": _in_header("If-Match", "The `ETag` you read; the edit is refused if the thing has changed since."),
    "If-None-Match": _in_header("If-None-Match", "The `ETag` you have; the answer is 304 if it is still good."),
}


def header_refs(*names: str, throttled: bool) -> Json:
    every = {"X-Request-ID", *names, *(_QUOTA if throttled else ())}
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(every)}


def failure(status: int, explanation: str) -> Json:
    """A failure's response object; the shared ones are components, a route's own codes need a text of their own."""
    return {
        "description": explanation,
        "headers": header_refs(*_FAILURE.get(status, ()), throttled=False),
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def shared_failures() -> Json:
    return {f"Problem{status}": failure(status, explanation) for status, explanation in EXPLAINED.items()}
