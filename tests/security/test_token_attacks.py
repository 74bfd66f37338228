"""Every forged, damaged, foreign, dead or misplaced token is refused, wherever it is tried."""

import pytest
import time_machine

from chalicelib import clock
from tests.security import crew, forgery
from tests.security.client import Answer, Api, require_problem
from tests.security.forgery import made, opened

DOORS = (("GET", "/api/v1/auth/me"), ("PATCH", "/api/v1/users/profile"), ("GET", "/api/v1/admin/users"))
ENDINGS = (
    "logged out", "password changed", "password reset", "refresh token reused", "erasure asked", "erased",
)  # fmt: skip


def tried(api: Api, method: str, path: str, token: str) -> Answer:
    return api.call(method, path, {} if method == "PATCH" else None, token=token)


@pytest.mark.row("E46", "K06", "G42", "K55")
def test_no_forged_token_opens_any_door(api: Api) -> None:
    victim = crew.join("victim", "admin")
    attempts = list(forgery.forgeries(victim))
    assert len(attempts) > 150
    assert len({name for name, _ in attempts}) == len(attempts)
    for method, path in DOORS:
        assert tried(api, method, path, victim.access).status == 200
    let_in = []
    for name, token in attempts:
        for method, path in DOORS:
            answer = tried(api, method, path, token)
            if answer.status == 401:
                require_problem(answer, 401)
                assert answer.headers["www-authenticate"].startswith("Bearer ")
            else:
                let_in.append(f"{answer.status} {method} {path}: {name}")
    assert not let_in, "\n".join(let_in)


@pytest.mark.parametrize("what", ENDINGS)
def test_a_token_is_dead_at_once_after_its_session_was(api: Api, what: str) -> None:
    person = crew.join("victim", "admin")
    for method, path in DOORS:
        assert tried(api, method, path, person.access).status == 200
    forgery.endings()[what](person)
    for method, path in DOORS:
        require_problem(tried(api, method, path, person.access), 401)
    require_problem(api.post("/api/v1/auth/refresh", {"refresh": person.refresh}), 401)
    require_problem(api.post("/api/v1/auth/verify", {"token": person.access}), 401)


def test_the_list_of_endings_is_whole() -> None:
    assert set(ENDINGS) == set(forgery.endings())


def test_a_suspended_person_keeps_neither_tokens_nor_sessions(api: Api) -> None:
    person = crew.join("victim", "admin")
    crew.ban(person)
    for method, path in DOORS:
        require_problem(tried(api, method, path, person.access), 401, 403)
    require_problem(api.post("/api/v1/auth/refresh", {"refresh": person.refresh}), 401, 403)
    answer = api.post("/api/v1/auth/login", {"username": "victim", "password": crew.PASSWORD})
    require_problem(answer, 403)
    require_problem(api.post("/api/v1/auth/login", {"username": "victim", "password": "wrong-wrong-wrong"}), 401)


def test_a_demoted_administrator_is_one_no_longer_with_the_very_next_request(api: Api) -> None:
    person = crew.join("boss", "admin")
    assert api.get("/api/v1/admin/users", token=person.access).status == 200
    crew.set_roles(person, ["student"])
    require_problem(api.get("/api/v1/admin/users", token=person.access), 403)
    require_problem(api.call("PATCH", f"/api/v1/admin/users/{person.id}", {"role": "admin"}, token=person.access), 403)


def test_roles_written_into_a_token_count_for_nothing(api: Api) -> None:
    person = crew.join("student")
    header, claims = opened(person.access)
    token = made(header, claims | {"roles": ["admin"], "tier": "premium"})
    require_problem(api.get("/api/v1/admin/users", token=token), 403)
    assert api.get("/api/v1/auth/me", token=token).json()["tier"] == "free"


@pytest.mark.parametrize(
    ("claim", "off", "status"),
    [
        ("exp", -29, 200), ("exp", -30, 401), ("exp", -31, 401),
        ("iat", 30, 200), ("iat", 31, 401),
        ("nbf", 30, 200), ("nbf", 31, 401),
    ],
)  # fmt: skip
def test_clocks_may_differ_by_thirty_seconds_and_not_one_more(api: Api, claim: str, off: int, status: int) -> None:
    person = crew.join("asha")
    header, claims = opened(person.access)
    moment = clock.now().replace(microsecond=0)
    token = made(header, claims | {claim: int(moment.timestamp()) + off})
    with time_machine.travel(moment, tick=False):
        assert api.get("/api/v1/auth/me", token=token).status == status


@pytest.mark.parametrize("extra", ["jku", "x5u", "jwk"])
def test_a_key_named_in_the_header_is_never_looked_at(api: Api, extra: str) -> None:
    header, claims = opened(crew.join("asha").access)
    token = made(header | {extra: "https://attacker.example/keys"}, claims)
    assert api.get("/api/v1/auth/me", token=token).status in (200, 401)


@pytest.mark.parametrize(
    "spelling",
    [
        "{t}", "Basic {t}", "Token {t}", "JWT {t}", "Bearer", "Bearer ", "Bearer{t}", "Bearer\t{t}", "Bearer {t},{t}",
        "Bearer {t} {t}", "Bearer Bearer {t}", 'Bearer "{t}"', "Bearer <{t}>", "Bearer token={t}", "Digest {t}",
        "Bearer null", "Bearer undefined", "Negotiate {t}", "Bearer\u00a0{t}",
    ],
)  # fmt: skip
def test_an_authorization_header_of_another_form_is_refused(api: Api, spelling: str) -> None:
    header = spelling.format(t=crew.join("asha", "admin").access)
    for method, path in DOORS:
        body: dict[str, str] | None = {} if method == "PATCH" else None
        require_problem(api.call(method, path, body, Authorization=header), 401)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_read_in_any_case(api: Api, scheme: str) -> None:
    token = crew.join("asha").access
    assert api.get("/api/v1/auth/me", Authorization=f"{scheme} {token}").status == 200


def test_a_token_in_the_query_or_a_cookie_is_no_token(api: Api) -> None:
    token = crew.join("asha").access
    require_problem(api.get(f"/api/v1/auth/me?access_token={token}"), 401)
    require_problem(api.get("/api/v1/auth/me", cookie=f"access={token}; token={token}"), 401)


def test_only_a_refresh_token_refreshes(api: Api) -> None:
    person = crew.join("asha")
    others = [person.access, crew.mailed(person, "reset"), crew.mailed(person, "verify"), person.refresh + "A"]
    for token in others:
        answer = api.post("/api/v1/auth/refresh", {"refresh": token})
        require_problem(answer, 401, 422)
    require_problem(api.post("/api/v1/auth/refresh", {"refresh": person.access[:390]}), 401)
    assert api.post("/api/v1/auth/refresh", {"refresh": person.refresh}).status == 200


def test_neither_kind_of_token_works_as_a_mailed_one(api: Api) -> None:
    person = crew.join("asha")
    for token in (person.access[:200], person.refresh[:200]):
        for path in ("/api/v1/auth/email/verify", "/api/v1/auth/password/reset"):
            body = {"token": token} | ({"new_password": "nine-quiet-herons"} if "reset" in path else {})
            require_problem(api.post(path, body), 422)
