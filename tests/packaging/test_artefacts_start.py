"""The packaged API starts without its domains: a table tells whose a path is, and its module comes when first asked."""

import json

import pytest

from app import ROUTES, app
from chalicelib.web import owners
from infra.build import contents
from tests.packaging import imports
from tests.packaging.built import Built

#: What a first request is asked of the packaged API, and what it prints: the answer, and the domains then loaded.
ASK = """
import json, sys
from app import app
class Context:
    aws_request_id, function_name = "1", "api"
    def get_remaining_time_in_millis(self): return 20_000
def ask(method, path):
    return app({
        "resource": path, "path": path, "httpMethod": method, "headers": {}, "multiValueHeaders": {},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": {},
        "stageVariables": None, "body": None, "isBase64Encoded": False,
        "requestContext": {
            "identity": {"sourceIp": "192.0.2.1"}, "httpMethod": method, "path": path, "resourcePath": path,
            "requestId": "1", "stage": "dev",
        },
    }, Context())
"""
LOADED = """
loaded = sorted(name for name in sys.modules if name in {modules!r})
"""
DOMAINS = [name for name in ROUTES if not name.startswith("chalicelib.web.")]


def asked(here: Built, method: str, path: str) -> tuple[dict[str, object], list[str]]:
    """The answer to the first request of a new instance, and the modules with routes that it has loaded."""
    last = f"answer = ask({method!r}, {path!r}){LOADED.format(modules=set(ROUTES))}print(json.dumps([answer, loaded]))"
    answer, loaded = json.loads(here.alone("api", ASK + last).splitlines()[-1])
    return answer, loaded


def test_the_packages_that_routes_import_are_seen_though_nothing_imports_the_routes() -> None:
    reached = imports.reached(["app.app"])
    assert set(ROUTES) < set(reached)
    assert "argon2" in {name for names in reached.values() for name in names}


def test_no_checkout_has_the_table() -> None:
    assert owners.packaged() is None
    assert not (contents.ROOT / contents.OWNERS).exists()
    assert owners.FILE == contents.ROOT / contents.OWNERS


def test_the_table_is_what_the_whole_application_tells(here: Built, on_lambda: Built) -> None:
    for built in (here, on_lambda):
        table = json.loads((built.out / "api" / contents.OWNERS).read_text())
        assert table == app.owned()
        assert {path: set(owners.methods(table, path)) for path in table} == {
            path: set(methods) for path, methods in app.routes.items()
        }


def test_only_the_api_has_the_table(on_lambda: Built) -> None:
    assert contents.OWNERS not in on_lambda.names("workers")


def test_every_module_with_routes_can_be_the_first_that_a_new_instance_loads(here: Built) -> None:
    """Each in a process that has started and loaded nothing else, and that is copied from one."""
    code = f"""
import app, os
for module in {list(ROUTES)!r}:
    if (child := os.fork()) == 0:
        app.app._group(module)
        print(module, len(app.app.routes), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, module
"""
    owned = app.owned().values()
    expected = [f"{module} {sum(module in methods.values() for methods in owned)}" for module in ROUTES]
    assert here.alone("api", code).splitlines() == expected


def test_loading_all_modules_one_by_one_gives_the_whole_application(here: Built) -> None:
    code = """
import json
from app import app
owners = app.owned()
rows = [[method, path, route.method, route.path] for method, path, route in app.alias_rows]
print(json.dumps([owners, [[each.method, each.path, each.name] for each in app.operations], rows]))
"""
    told, operations, rows = json.loads(here.alone("api", code))
    assert told == app.owned()
    assert operations == [[each.method, each.path, each.name] for each in app.operations]
    assert rows == [[method, path, route.method, route.path] for method, path, route in app.alias_rows]


def test_the_start_loads_no_domain(here: Built) -> None:
    code = "import sys, app; print([name for name in sys.modules if name in {modules!r} or 'accounts' in name])"
    assert here.alone("api", code.format(modules=set(ROUTES))) == "[]"


def test_a_request_loads_the_module_of_its_path_alone(here: Built) -> None:
    answer, loaded = asked(here, "GET", "/api/v1/auth/me")
    assert answer["statusCode"] == 401
    assert loaded == ["chalicelib.accounts.routes.myself"]


def test_an_alias_loads_the_module_of_the_path_that_it_leads_to(here: Built) -> None:
    answer, loaded = asked(here, "GET", "/api/users/profile")
    assert answer["statusCode"] == 401
    assert "Deprecation" in answer["headers"]  # type: ignore[operator]
    assert loaded == ["chalicelib.accounts.routes.myself"]


def test_who_am_i_needs_no_passwords_no_letters_and_no_recovery(here: Built) -> None:
    needless = {f"chalicelib.accounts.{name}" for name in "passwords recovery registering sessions privacy".split()}
    code = f"{ASK}ask('GET', '/api/v1/auth/me'); print(sorted(name for name in sys.modules if name in {needless!r}))"
    assert here.alone("api", code).splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/api/v1/nothing", 404, None),
        ("DELETE", "/api/v1/auth/login", 405, "OPTIONS, POST"),
        ("BREW", "/api/v1/users/profile", 405, "GET, HEAD, OPTIONS, PATCH, PUT"),
        ("OPTIONS", "/api/v1/users/profile", 204, "GET, HEAD, OPTIONS, PATCH, PUT"),
        ("OPTIONS", "/api/token", 204, "OPTIONS, POST"),
    ],
)
def test_what_needs_no_view_is_answered_without_any_module(
    here: Built, method: str, path: str, status: int, allow: str | None
) -> None:
    answer, loaded = asked(here, method, path)
    assert answer["statusCode"] == status
    assert answer["headers"].get("Allow") == allow  # type: ignore[attr-defined]
    assert loaded == []


def test_head_is_answered_by_the_view_of_get(here: Built) -> None:
    answer, loaded = asked(here, "HEAD", "/api/health")
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert loaded == ["chalicelib.web.system"]


@pytest.mark.parametrize("path", ["/api/schema", "/api/problems"])
def test_what_tells_of_all_domains_loads_them_all(here: Built, path: str) -> None:
    answer, loaded = asked(here, "GET", path)
    assert answer["statusCode"] == 200
    assert loaded == sorted(ROUTES)


def test_a_module_that_does_not_load_is_a_problem_like_any_other(here: Built) -> None:
    code = (
        ASK
        + """
sys.modules["chalicelib.accounts.feed"] = None
answer = ask("GET", "/api/v1/events")
again = ask("GET", "/api/health")
print(json.dumps([answer["statusCode"], json.loads(answer["body"])["code"], again["statusCode"]]))
"""
    )
    printed = here.alone("api", code).splitlines()
    assert json.loads(printed[-1]) == [500, "internal_error", 200]
    assert any("not loaded" in line and "/api/v1/events" in line for line in printed)
