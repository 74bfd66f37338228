"""The gateway in the template: what it passes on, what it says by itself, what it writes down."""

import json
from typing import Any

import pytest

from app import app
from chalicelib.web import problems
from tests.packaging.stacks import stack

DEV = stack("dev")
API = DEV.of("ApiGateway::RestApi")["Api"]
STAGE = DEV.of("ApiGateway::Stage")["ApiStage"]
ANSWERS: dict[str, dict[str, Any]] = API["Body"]["x-amazon-apigateway-gateway-responses"]
OURS = (
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:eu-west-1:123456789012:function:learnflow-dev-api/invocations"
)


def headers(answer: dict[str, Any]) -> dict[str, str]:
    found = answer["responseParameters"].items()
    return {name.removeprefix("gatewayresponse.header.").lower(): value.strip("'") for name, value in found}


def said(answer: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer["responseTemplates"]["application/json"])
    return document


def test_the_gateway_has_every_path_and_method_of_the_app_and_no_other() -> None:
    declared = {path: {method.upper() for method in methods} for path, methods in API["Body"]["paths"].items()}
    assert declared == {path: set(methods) for path, methods in app.routes.items()}


@pytest.mark.row("M94")
def test_our_function_answers_every_method_and_so_every_preflight() -> None:
    for methods in API["Body"]["paths"].values():
        assert "options" in methods
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            assert integration == {"type": "aws_proxy", "httpMethod": "POST", "uri": OURS}
    assert DEV.of("Lambda::Function")["ApiFunction"]["FunctionName"] == "learnflow-dev-api"


def test_the_gateway_may_call_our_function_and_nobody_else_may() -> None:
    (permission,) = DEV.of("Lambda::Permission").values()
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"] == "arn:aws:execute-api:eu-west-1:123456789012:Api/dev/*"


def test_requests_are_not_validated_twice() -> None:
    assert not [key for key in API["Body"] if "validator" in key]
    assert "securityDefinitions" not in API["Body"]


@pytest.mark.row("M114")
def test_larger_answers_are_packed_and_none_is_binary() -> None:
    assert API["MinimumCompressionSize"] == 1024
    assert "BinaryMediaTypes" not in API
    assert "x-amazon-apigateway-binary-media-types" not in API["Body"]


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_what_the_gateway_says_by_itself_is_a_problem_of_the_same_shape(kind: str) -> None:
    problem = said(ANSWERS[kind])
    assert problem.keys() == problems.body(problems.NoSuchRoute(), "x" * 36).keys()
    assert str(problem["status"]) == ANSWERS[kind]["statusCode"]
    assert problem["code"] in {each.code() for each in problems.known()}
    assert problem["type"] == f"/dev/api/problems#{problem['code']}"
    assert problem["request_id"] == "$context.requestId"
    assert headers(ANSWERS[kind])["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_any_page_may_read_it_but_it_names_no_credentials(kind: str) -> None:
    found = headers(ANSWERS[kind])
    assert found["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in found
    assert "www-authenticate" not in found


@pytest.mark.row("G53")
@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_it_is_guarded_and_kept_by_no_cache(kind: str) -> None:
    found = headers(ANSWERS[kind])
    assert found["strict-transport-security"].startswith("max-age=31536000")
    assert (found["x-content-type-options"], found["cache-control"]) == ("nosniff", "no-store")
    assert all("'" not in value for value in found.values()), "a value between quotes holds none"


def test_every_answer_of_the_gateway_is_covered_by_name_or_by_default() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= ANSWERS.keys()
    statuses = {kind: int(answer["statusCode"]) for kind, answer in ANSWERS.items()}
    assert statuses["MISSING_AUTHENTICATION_TOKEN"] == 404
    assert (statuses["REQUEST_TOO_LARGE"], statuses["THROTTLED"], statuses["INTEGRATION_TIMEOUT"]) == (413, 429, 504)
    assert all(status >= 500 for kind, status in statuses.items() if "INTEGRATION" in kind or "5XX" in kind)


def test_who_is_asked_to_come_back_is_told_when() -> None:
    waiting = {kind for kind, answer in ANSWERS.items() if "retry-after" in headers(answer)}
    assert waiting == {kind for kind, answer in ANSWERS.items() if answer["statusCode"] in ("429", "503", "504")}


def test_behind_a_name_of_our_own_problems_are_explained_there() -> None:
    named = stack(
        "dev", DomainName="api.school.example", CertificateArn="arn:aws:acm:eu-west-1:123456789012:certificate/1"
    )
    answers = named.of("ApiGateway::RestApi")["Api"]["Body"]["x-amazon-apigateway-gateway-responses"]
    assert said(answers["THROTTLED"])["type"] == "https://api.school.example/api/problems#too_many"


@pytest.mark.row("M133")
def test_the_access_log_is_json_and_holds_no_query_no_header_and_no_path_that_was_typed() -> None:
    line = json.loads(STAGE["AccessLogSetting"]["Format"])
    assert set(line.values()) == {
        "$context.requestTime",
        "$context.requestId",
        "$context.httpMethod",
        "$context.resourcePath",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.integration.latency",
        "$context.integration.requestId",
        "$context.error.responseType",
    }
    assert STAGE["AccessLogSetting"]["DestinationArn"] == "GatewayLog.Arn"


def test_nothing_of_a_request_is_logged_but_that_and_everybody_together_meets_a_wall() -> None:
    (all_methods,) = STAGE["MethodSettings"]
    assert (all_methods["ResourcePath"], all_methods["HttpMethod"]) == ("/*", "*")
    assert (all_methods["LoggingLevel"], all_methods["DataTraceEnabled"]) == ("OFF", False)
    assert all_methods["ThrottlingRateLimit"] > 0
    assert all_methods["ThrottlingBurstLimit"] > 0


def public_url(**parameters: str) -> str:
    variables = stack("dev", **parameters).of("Lambda::Function")["SendEmail"]["Environment"]["Variables"]
    return str(variables["PUBLIC_URL"])


def test_without_a_name_of_our_own_the_public_address_has_the_stage_in_it() -> None:
    assert public_url() == "https://Api.execute-api.eu-west-1.amazonaws.com/dev"


def test_a_name_of_our_own_is_the_public_address_unless_another_is_said() -> None:
    assert public_url(DomainName="api.school.example") == "https://api.school.example"
    assert (
        public_url(DomainName="api.school.example", PublicUrl="https://school.example/x") == "https://school.example/x"
    )


@pytest.mark.row("M94", "M140")
def test_a_name_of_our_own_speaks_tls_1_2_and_exists_only_where_one_is_said() -> None:
    named = stack("dev", DomainName="api.school.example", CertificateArn="arn")
    assert named.of("ApiGateway::DomainName")["Domain"]["SecurityPolicy"] == "TLS_1_2"
    assert "DomainMapping" in named.resources
    assert not {"Domain", "DomainMapping"} & DEV.resources.keys()


def test_there_are_fewer_paths_than_a_gateway_takes() -> None:
    parts = [path.strip("/").split("/") for path in API["Body"]["paths"]]
    resources = {tuple(part[:length]) for part in parts for length in range(len(part) + 1)}
    assert len(resources) <= 300


def test_variables_at_the_same_place_have_the_same_name() -> None:
    """API Gateway refuses /a/{x} beside /a/{y}/b, which Chalice and the emulations take."""
    names: dict[tuple[str, ...], set[str]] = {}
    for path in API["Body"]["paths"]:
        parts = path.strip("/").split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault(tuple(parts[:place]), set()).add(part)
    assert all(len(found) == 1 for found in names.values()), names


def test_the_setting_of_the_whole_account_belongs_to_no_stage() -> None:
    assert not DEV.of("ApiGateway::Account")
