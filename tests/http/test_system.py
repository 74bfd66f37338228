"""The platform's own routes: health, the document and its viewers, the meaning of problems."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib import aws
from chalicelib.errors import ProductError
from chalicelib.messaging import queues
from chalicelib.settings import settings
from chalicelib.web import pages, problems, readiness, viewing
from infra.local.gateway import Gateway, Reply

GATEWAY = Gateway(app, "http://localhost:8000")
FETCHED = (Path(viewing.HERE) / "viewers" / "VERSION").is_file()
needs_viewers = pytest.mark.skipif(not FETCHED, reason="the viewers are fetched by `make install`")


def get(path: str, **headers: str) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return GATEWAY.answer("GET", path, sent)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    readiness.forget()
    viewing.asset.cache_clear()
    yield
    readiness.forget()
    viewing.asset.cache_clear()


@pytest.mark.row("K23", "M134")
@pytest.mark.parametrize("path", ["/api/health", "/api/health/", "/api/v1/health"])
def test_health_answers_with_version_and_commit(path: str) -> None:
    reply = get(path)
    assert reply.status == 200
    assert reply.json() == {"status": "ok", "version": settings.version, "commit": settings.commit, "stage": "local"}
    assert reply.header("cache-control") == "no-store"
    assert reply.header("deprecation") is None


def test_health_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("health must not do any I/O")

    monkeypatch.setattr(aws, "client", refuse)
    assert get("/api/health").status == 200


@pytest.mark.parametrize("path", ["/api/health/ready", "/api/v1/health/ready"])
def test_ready_when_the_table_and_the_queues_answer(path: str) -> None:
    reply = get(path)
    assert reply.status == 200
    assert reply.json()["checks"] == {"table": "ok"} | {f"queue {name}": "ok" for name in queues.RECEIVES}


def test_not_ready_names_what_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "QUEUES", ("emails", "no-such-queue"))
    reply = get("/api/health/ready")
    assert reply.status == 503
    assert reply.json()["code"] == "not_ready"
    assert [error["field"] for error in reply.json()["errors"]] == ["queue no-such-queue"]
    assert reply.header("retry-after") == "2"


def test_ready_asks_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(readiness, "_table", lambda: asked.append("table"))
    for _ in range(5):
        assert get("/api/health/ready").status == 200
    assert asked == ["table"]


@pytest.mark.row("X43", "C42", "E53")
@pytest.mark.parametrize("path", ["/api/schema", "/api/v1/schema"])
def test_the_document_is_served_and_kept_by_its_tag(path: str) -> None:
    reply = get(path)
    assert reply.status == 200
    assert reply.header("content-type") == "application/json"
    assert reply.json()["openapi"] == "3.1.0"
    assert reply.json()["info"]["version"] == settings.version
    again = get(path, If_None_Match=str(reply.header("etag")))
    assert (again.status, again.body) == (304, b"")


@pytest.mark.row("M114")
def test_the_document_is_compressed() -> None:
    reply = get("/api/schema", Accept_Encoding="gzip")
    assert reply.header("content-encoding") == "gzip"
    assert b'"openapi":"3.1.0"' in gzip.decompress(reply.body)


@needs_viewers
@pytest.mark.row("K24", "X43")
@pytest.mark.parametrize(
    "path", ["/api/docs", "/api/docs/", "/api/v1/docs", "/redoc", "/redoc/", "/api/redoc", "/api/v1/redoc"]
)
def test_a_viewer_loads_only_files_of_ours_and_runs_no_inline_script(path: str) -> None:
    reply = get(path)
    html = reply.body.decode()
    assert reply.status == 200
    assert reply.header("content-type") == "text/html; charset=utf-8"
    assert "script-src 'self';" in str(reply.header("content-security-policy"))
    assert len([value for name, value in reply.headers if name.lower() == "content-security-policy"]) == 1
    files = re.findall(r'(?:src|href)="(/[^"]+/assets/[^"]+)"', html)
    assert files
    for file in files:
        loaded = get(file)
        assert loaded.status == 200
        kind = "text/css" if file.endswith(".css") else "text/javascript"
        assert str(loaded.header("content-type")).startswith(kind)
        assert loaded.header("x-content-type-options") == "nosniff"
        assert get(file, If_None_Match=str(loaded.header("etag"))).status == 304
    assert re.findall(r"<script(?! defer src=)", html) == []


@needs_viewers
def test_behind_a_stage_the_viewers_ask_for_files_of_the_stage() -> None:
    class Staged:
        routes = app.routes

        def __call__(self, event: Any, context: Any) -> Any:
            event["requestContext"]["path"] = "/prod" + event["path"]
            return app(event, context)

    gateway = Gateway(Staged(), "http://localhost:8000")
    page = gateway.answer("GET", "/api/docs").body.decode()
    assert 'data-schema="/prod/api/schema"' in page
    assert 'src="/prod/api/docs/assets/swagger-init.js"' in page
    assert gateway.answer("GET", "/api/schema").json()["servers"] == [{"url": "/prod"}]


@needs_viewers
@pytest.mark.parametrize("name", sorted(viewing.FETCHED))
def test_no_served_file_loads_anything_from_elsewhere(name: str) -> None:
    assert "cdn.redoc.ly" not in get(f"/api/docs/assets/{name}").body.decode()


@pytest.mark.parametrize("name", ["nope.js", "..%2Fsystem.py", "VERSION", "%2e%2e", "swagger-init.js%00"])
def test_only_known_files_are_served(name: str) -> None:
    assert get(f"/api/docs/assets/{name}").status == 404


def test_without_the_viewers_files_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(viewing, "HERE", tmp_path)
    reply = get("/api/docs")
    assert reply.status == 503
    assert "make install" in reply.body.decode()


@pytest.mark.parametrize("kind", problems.known(), ids=lambda kind: kind.code())
def test_the_type_of_every_problem_leads_to_its_meaning(kind: type[ProductError]) -> None:
    if not kind.__module__.startswith("chalicelib."):
        pytest.skip("declared by a test")
    place, _, anchor = problems.body(kind(), "r" * 36)["type"].partition("#")
    assert place == f"{settings.public_url}/api/problems"
    reply = get("/api/problems")
    assert reply.status == 200
    assert f'id="{anchor}"' in reply.body.decode()


def test_every_problem_has_a_meaning() -> None:
    assert [kind.__name__ for kind in problems.known() if not kind.__doc__] == []


def test_head_says_what_get_says_without_the_body() -> None:
    reply = GATEWAY.answer("HEAD", "/api/health")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.row("K62", "M95")
def test_text_of_a_page_is_escaped_and_its_style_is_the_only_one_allowed() -> None:
    made = pages.page("<b>&", pages.paragraph("<script>"), status=410)
    assert made.status == 410
    assert made.page is not None
    assert "&lt;b&gt;&amp;" in made.page
    assert "<script" not in made.page
    assert re.search(r"style-src 'sha256-[\w+/=]+'", made.headers["Content-Security-Policy"])
    assert "form-action 'self'" in made.headers["Content-Security-Policy"]


def test_each_input_of_a_form_has_a_label_and_hostile_values_stay_values() -> None:
    made = pages.form(
        "/api/v1/auth/password/reset",
        [
            pages.Field("token", kind="hidden", value='"><script>'),
            pages.Field("password", "New password", "password", autocomplete="new-password", hint="12 or more"),
        ],
        "Set password",
    )
    assert "<script" not in made
    assert '<label for="password">New password</label>' in made
    assert 'aria-describedby="password-hint"' in made
    assert 'autocomplete="new-password"' in made
