"""Damaged and invented input by the thousand: never a failure of ours, never an acceptance. `FUZZ=full` tries more."""

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounts import mail_tokens, refresh_tokens
from chalicelib.clock import now
from chalicelib.errors import ProductError
from chalicelib.web import identity
from tests.security import crew, matrix
from tests.security.client import Answer, Api, require_problem
from tests.security.conftest import FACTOR

PROFILE = settings.get_profile("attacks")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to three wounds; never the text itself."""
    out = text
    while out == text:
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(out) + 1) if out else 0
            kind = chance.randrange(6)
            if kind == 0 and at < len(out):
                out = out[:at] + chr(ord(out[at]) ^ 1 << chance.randrange(7)) + out[at + 1 :]
            elif kind == 1:
                out = out[:at] + out[at + 1 :]
            elif kind == 2:
                out = out[:at] + chance.choice(LETTERS) + out[at:]
            elif kind == 3:
                out = out[:at]
            elif kind == 4:
                out = out[:at] + chance.choice(LETTERS) + out[at + 1 :]
            else:
                out = out[at:] + out[:at]
    return out


def mutations(text: str, number: int) -> list[str]:
    chance = random.Random(20260101)
    return [mutated(text, chance) for _ in range(number * FACTOR)]


def refusals(check: Any, texts: list[str]) -> list[str]:
    """Those of the texts that are accepted, or refused in another way than the product refuses."""
    wrong = []
    for text in texts:
        try:
            check(text)
        except ProductError:
            continue
        except Exception as error:  # noqa: BLE001 -- any other exception is the finding
            wrong.append(f"{error!r}: {text[:80]!r}")
        else:
            wrong.append(f"accepted: {text[:120]!r}")
    return wrong


def test_no_mutated_access_token_is_anybodys(api: Api) -> None:
    token = crew.join("asha").access
    assert identity.caller_in(token)
    assert refusals(identity.caller_in, mutations(token, 2000)) == []


def test_no_mutated_refresh_token_belongs_to_a_session(api: Api) -> None:
    token = crew.join("asha").refresh
    assert refresh_tokens.parsed(token)
    assert refusals(refresh_tokens.parsed, mutations(token, 2000)) == []
    for text in mutations(token, 50)[:50]:
        require_problem(api.post("/api/v1/auth/refresh", {"refresh": text}), 401, 422)
    assert api.post("/api/v1/auth/refresh", {"refresh": token}).status == 200


@pytest.mark.parametrize("purpose", ["reset", "verify"])
def test_no_mutated_mailed_token_permits_anything(api: Api, purpose: str) -> None:
    token = crew.mailed(crew.join("asha"), purpose)
    assert refusals(lambda text: mail_tokens.redeem(purpose, text, now()), mutations(token, 400)) == []
    assert mail_tokens.redeem(purpose, token, now())


def test_no_mutated_unsubscribe_token_permits_anything(api: Api) -> None:
    token = mail_tokens.unsubscribe_token(crew.join("asha").id, "news")
    assert refusals(mail_tokens.unsubscribe_claim, mutations(token, 1000)) == []


LISTS = ("/api/v1/users", "/api/v1/admin/users", "/api/v1/admin/audit-logs")


def first_cursor(api: Api, path: str, token: str) -> str:
    answer = api.get(path, token=token)
    following = answer.json()["next"]
    assert following, path
    return str(following.partition("cursor=")[2])


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


def test_every_damaged_cursor_is_malformed_and_shows_no_row(api: Api) -> None:
    asha = crew.join("asha", "admin")
    crew.join("ben")
    cursor = first_cursor(api, "/api/v1/users?page_size=1", asha.access)
    payload, _, signature = cursor.partition(".")
    invented = base64.urlsafe_b64encode(json.dumps([99_999_999_999, "a"]).encode()).decode().rstrip("=")
    texts = [
        *mutations(cursor, 300),
        f"{invented}.{signature}",
        f"{payload}.",
        f".{signature}",
        ".",
        "null",
        "0",
        "A" * 2048,
    ]
    from urllib.parse import quote

    for number, text in enumerate(texts):
        if text:
            path = LISTS[number % len(LISTS)]
            answer = api.get(f"{path}?cursor={quote(text, safe='')}", token=asha.access)
            require_problem(answer, 400)
            assert "results" not in answer.json()
    require_problem(api.get(f"/api/v1/users?cursor={'A' * 3000}", token=asha.access), 400, 422)


def test_no_text_as_an_id_reaches_what_it_should_not(api: Api) -> None:
    boss = crew.join("boss", "admin")
    chance = random.Random(7)
    odd = "#%/\\.\x00\n\r\t \"'<>;$*|&?=+~éß漢😀\u202e"
    texts = ["..", "%2e%2e", "%23", "%2523", "usr_%00", "USER", "me%23STANDING", "a" * 81, "%ff", "%"]
    while len(texts) < 5000 * FACTOR:
        alphabet = odd + LETTERS if len(texts) % 2 else LETTERS
        texts.append("".join(chance.choices(alphabet, k=chance.randint(1, 12))))
    from urllib.parse import quote

    for number, text in enumerate(texts):
        raw = text if text.startswith("%") else quote(text, safe="" if number % 3 else "/#?")
        signed_in = number % 10 == 0
        path = f"/api/v1/admin/users/{raw}" if number % 2 else f"/api/v1/auth/refresh_tokens/{raw}"
        answer = api.call("GET" if number % 2 else "DELETE", path, token=boss.access if signed_in else None)
        assert answer.status in ((404, 405, 400, 200, 422) if signed_in else (401, 404, 405)), (text, answer.body)
        assert answer.status != 200 or (number % 2 and not raw.strip("/?#"))


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
WRITES = {route: row for route, row in matrix.rows().items() if row.method != "GET" and row.body is not None}


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
    path, good = stage.request(row, "student")
    token = stage.actors["admin"].access if "/admin/" in path else stage.actors["student"].access
    fields = [*sorted(good), "role", "tier", "listed", "time_zone", "cursor", "roles", "transport", "language"]
    bodies = (
        JSON
        | st.dictionaries(st.sampled_from(fields), JSON, max_size=5)
        | st.builds(lambda name, value: {**good, name: value}, st.sampled_from(fields), JSON)
    )

    @settings(PROFILE, max_examples=25 * FACTOR)
    @given(bodies)
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


PROTECTED: dict[str, Any] = {
    "id": "usr_other",
    "ver": 99,
    "roles": ["admin"],
    "role": "admin",
    "tier": "premium",
    "password_hash": "x",
    "is_verified": True,
    "verified_at": "2026-01-01T00:00:00Z",
    "banned_at": None,
    "is_banned": False,
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "account_kind": "teacher",
    "erasure_due": None,
    "erased_at": None,
    "listed": False,
    "pk": "USER#x",
    "sk": "USER",
    "kind": "standing",
    "ttl": 1,
    "gsi1pk": "x",
    "session_version": 1,
    "revoked": {},
    "user_id": "usr_x",
    "sid": "x",
    "is_admin": True,
    "is_staff": True,
    "is_superuser": True,
    "permissions": ["*"],
    "refused_mail": [],
    "__class__": "x",
}
#: What a route takes by that name because it is its business; registration refuses the values itself.
TAKEN = {
    "PUT /api/v1/users/profile": {"listed"},
    "PATCH /api/v1/users/profile": {"listed"},
    "PATCH /api/v1/admin/users/{user_id}": {"role", "roles", "tier"},
    "POST /api/v1/mail/unsubscribe": set(PROTECTED),
}


@pytest.mark.row("X08", "X10")
@pytest.mark.parametrize("route", WRITES)
def test_no_body_sets_what_is_not_the_callers_to_set(api: Api, route: str) -> None:
    row, stage = WRITES[route], matrix.stage(api)
    path, good = stage.request(row, "student")
    token = stage.actors["admin"].access if "/admin/" in path else stage.actors["student"].access
    for name, value in PROTECTED.items():
        if name not in TAKEN.get(route, ()):
            answer = api.call(row.method, path, {**good, name: value}, token=token)
            require_problem(answer, 422)
            assert name in [error["field"] for error in answer.json()["errors"]]
