"""The API as API Gateway takes it: the paths of the app, and what the gateway answers by itself.

`template` puts it into the template, `artefacts` the table of its paths into the API. Importing the app needs an
environment; it gets the sample's, and only meanwhile.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra import sample

#: What the gateway answers without asking us -> status, and the code of the problem it is (docs/problems.md).
GATEWAY_ANSWERS = {
    # Its name for "no such path or method"; it cannot tell the two apart.
    "MISSING_AUTHENTICATION_TOKEN": (404, "no_such_route"),
    "RESOURCE_NOT_FOUND": (404, "no_such_route"),
    "BAD_REQUEST_BODY": (400, "malformed"),
    "BAD_REQUEST_PARAMETERS": (400, "malformed"),
    "UNAUTHORIZED": (401, "unauthenticated"),
    "ACCESS_DENIED": (403, "forbidden"),
    "EXPIRED_TOKEN": (403, "forbidden"),
    "INVALID_API_KEY": (403, "forbidden"),
    "INVALID_SIGNATURE": (403, "forbidden"),
    "WAF_FILTERED": (403, "forbidden"),
    "REQUEST_TOO_LARGE": (413, "too_large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported"),
    "QUOTA_EXCEEDED": (429, "too_many"),
    "THROTTLED": (429, "too_many"),
    "API_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_FAILURE": (500, "internal_error"),
    "INTEGRATION_FAILURE": (503, "unavailable"),
    "INTEGRATION_TIMEOUT": (504, "unavailable"),
    "DEFAULT_4XX": (400, "malformed"),
    "DEFAULT_5XX": (503, "unavailable"),
}
RETRY_AFTER = {429: "1", 503: "2", 504: "2"}
FUNCTION = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
    "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:learnflow-${Stage}-api/invocations"
)
#: One line of JSON. `resourcePath` is the path as we declared it: ids, and the tokens of mailed links, stay out.
ACCESS_LOG = {
    "timestamp": "$context.requestTime",
    "request_id": "$context.requestId",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "duration_ms": "$context.responseLatency",
    "function_ms": "$context.integration.latency",
    "function_request_id": "$context.integration.requestId",
    "gateway_error": "$context.error.responseType",
}


def definition(address: Any) -> dict[str, Any]:
    """The body of the RestApi. `address` is where the pages about problems are, as CloudFormation can say it here."""
    app = _app()
    return {
        "openapi": "3.0.1",
        "info": {"title": app.app_name, "version": "1"},
        "paths": {
            path: {method.lower(): _method(path) for method in sorted(methods)} for path, methods in _routes(app)
        },
        "x-amazon-apigateway-gateway-responses": {
            name: _answer(status, code, address) for name, (status, code) in GATEWAY_ANSWERS.items()
        },
    }


def owners() -> str:
    """The table by which the packaged API knows whose a path is without importing any domain."""
    from chalicelib.web import owners

    return owners.text(_app().owned())


def _app() -> Any:
    with _sample_environment():
        from app import app
    return app


def _routes(app: Any) -> list[tuple[str, Any]]:
    return sorted(app.routes.items())


def _method(path: str) -> dict[str, Any]:
    """Whatever the method, OPTIONS included, our function answers; it is named, not referred to, or there would be a
    circle: the function's environment says what the API's address is.
    """
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": FUNCTION}}
    declared: dict[str, Any] = {
        "x-amazon-apigateway-integration": integration,
        "responses": {"200": {"description": "ours"}},
    }
    if names:
        declared["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    return declared


def _answer(status: int, code: str, address: Any) -> dict[str, Any]:
    from chalicelib.web.application import EXPOSED, SECURITY
    from chalicelib.web.problems import CONTENT_TYPE, TITLES, known
    from chalicelib.web.system import meaning

    title = TITLES.get(status, TITLES[503])
    detail = next(meaning(kind) for kind in known() if kind.code() == code)
    text = (
        f'{{"type":"${{Address}}/api/problems#{code}","title":"{title}","status":{status},"detail":"{detail}",'
        f'"instance":"urn:uuid:$context.requestId","code":"{code}","request_id":"$context.requestId","errors":[]}}'
    )
    # Nothing in it is anybody's, so any page may read it; without credentials, that is what `*` means. A value between
    # quotes can hold none, hence the other policy that allows nothing.
    headers = SECURITY | {"Content-Security-Policy": "sandbox", "Cache-Control": "no-store"}
    headers |= {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
    headers["Content-Type"] = CONTENT_TYPE
    if status in RETRY_AFTER:
        headers["Retry-After"] = RETRY_AFTER[status]
    parameters = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}
    parameters["gatewayresponse.header.X-Request-ID"] = "context.requestId"
    return {
        "statusCode": str(status),
        "responseParameters": parameters,
        # The gateway looks for a template of this type whatever is asked for; the header above says what it really is.
        "responseTemplates": {"application/json": {"Fn::Sub": [text, {"Address": address}]}},
    }


@contextmanager
def _sample_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({name: value for name, value in sample.environment().items() if name not in before})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
