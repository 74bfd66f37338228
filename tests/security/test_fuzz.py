"""Invented input over HTTP: never a failure of ours, never an acceptance. `FUZZ=full` tries 20 times as much."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security import crew, matrix
from tests.security.attacks import bodies
from tests.security.attacks.mutation import mutations
from tests.security.attacks.tokens import first_cursor
from tests.security.client import Answer, Api, require_problem
from tests.security.conftest import FACTOR

PROFILE = settings.get_profile("attacks")


def test_no_mutated_refresh_token_belongs_to_a_session(api: Api) -> None:
    token = crew.join("asha").refresh
    for text in mutations(token, 50 * FACTOR):
        require_problem(api.post("/api/v1/auth/refresh", {"refresh": text}), 401, 422)
    assert api.post("/api/v1/auth/refresh", {"refresh": token}).status == 200


def test_a_cursor_opens_the_list_the_filter_and_the_person_it_was_made_for_and_no_other(api: Api) -> None:
    asha, boss, other = crew.join("asha"), crew.join("boss", "admin"), crew.join("other", "admin")
    mine = first_cursor(api, "/api/v1/users?page_size=1", asha.access)
    filtered = first_cursor(api, "/api/v1/admin/users?page_size=1", boss.access)
    assert api.get(f"/api/v1/users?page_size=1&cursor={mine}", token=asha.access).status == 200
    swaps = [
        ("/api/v1/users?", mine, boss.access),
        ("/api/v1/users?q=a&", mine, asha.access),
        ("/api/v1/admin/users?", mine, boss.access),
        ("/api/v1/admin/users?", filtered, other.access),
        ("/api/v1/admin/users?role=admin&", filtered, boss.access),
        ("/api/v1/admin/users?tier=free&", filtered, boss.access),
        ("/api/v1/admin/users?q=b&", filtered, boss.access),
        ("/api/v1/users?", filtered, boss.access),
        ("/api/v1/admin/audit-logs?", filtered, boss.access),
    ]
    for path, cursor, token in swaps:
        require_problem(api.get(f"{path}cursor={cursor}", token=token), 400)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
WRITES = bodies.writes()


def require_decent(answer: Answer) -> None:
    assert answer.status < 500, answer.body
    if answer.status >= 400:
        require_problem(answer, answer.status)
    if answer.status == 422:
        assert answer.json()["errors"] or answer.code, answer.body


@pytest.mark.row("M95", "K62")
@pytest.mark.parametrize("route", WRITES)
def test_no_body_makes_the_product_fail(api: Api, route: str) -> None:
    row, stage = WRITES[route], matrix.stage(api)
    path, good = stage.request(row, row.user)
    token = stage.token(row.user)
    fields = [*sorted(good), *bodies.FIELDS]
    invented = (
        JSON
        | st.dictionaries(st.sampled_from(fields), JSON, max_size=5)
        | st.builds(lambda name, value: {**good, name: value}, st.sampled_from(fields), JSON)
    )

    @settings(PROFILE, max_examples=25 * FACTOR)
    @given(invented)
    def attack(body: Any) -> None:
        if isinstance(body, dict) and body == good:
            return
        require_decent(api.call(row.method, path, raw=json.dumps(body).encode(), token=token))

    attack()


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"\xff\xfe",
        b"\x00",
        b"{}{}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"email":"a@b.example","email":"c@d.example"}',
        b"[" * 5000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"1" * 5000,
        b'{"\\ud800":1}',
        b'{"email":"\\ud800@b.example"}',
        b'{"email":"a\\u0000@b.example"}',
        b'{"password":"\\udfff"}',
        b" " * 300_000,
        b'{"email":"' + b"a" * 300_000 + b'"}',
    ],
)
def test_no_broken_json_makes_the_product_fail(api: Api, raw: bytes) -> None:
    token = crew.join("asha").access
    for row in WRITES.values():
        if "<" not in row.path:
            answer = api.call(row.method, row.path, raw=raw, token=token)
            require_decent(answer)
            harmless = raw.strip() == b"" or "mail-preferences" in row.path
            assert answer.status >= 400 or (harmless and len(raw) < 256 * 1024)


def test_a_form_is_no_larger_than_a_body(api: Api) -> None:
    raw = b"token=" + b"a" * 300_000
    kind = "application/x-www-form-urlencoded"
    assert api.post("/api/v1/auth/email/verify", raw=raw, content_type=kind).status == 413


@pytest.mark.row("X08", "X10")
@pytest.mark.parametrize("route", WRITES)
def test_no_body_sets_what_is_not_the_callers_to_set(api: Api, route: str) -> None:
    row, stage = WRITES[route], matrix.stage(api)
    path, good = stage.request(row, row.user)
    token = stage.token(row.user)
    for name, value in bodies.PROTECTED.items():
        if name not in bodies.TAKEN.get(route, ()):
            answer = api.call(row.method, path, {**good, name: value}, token=token)
            require_problem(answer, 422)
            assert name in [error["field"] for error in answer.json()["errors"]]
