"""Signing in: by which names, with which hashes, and how guessing is slowed down."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import bcrypt
import pytest
import time_machine

from chalicelib.accounts import passwords
from chalicelib.accounts.records import User
from chalicelib.settings import DAY, Quota, settings
from chalicelib.table import keys, reads
from infra.local.gateway import Reply
from tests.factories import people
from tests.factories.people import PASSWORD
from tests.http.api import Api, at_once, problem

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def attempt(api: Api, password: str = "wrong-wrong-wrong", name: str = "asha", ip: str = "203.0.113.9") -> Reply:
    return api.post("/auth/login", {"username": name, "password": password}, ip=ip)


def limit(patch: pytest.MonkeyPatch, scope: str, amount: int, seconds: int = 900) -> None:
    patch.setitem(settings.quotas, scope, Quota(amount, seconds))


def quoted(reply: Reply) -> tuple[int, list[str], dict[str, object]]:
    """What a stranger sees of an answer, without what is different in every answer."""
    body = {name: value for name, value in reply.json().items() if name not in ("instance", "request_id")}
    passing = {"x-request-id", "x-response-time-ms", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"}
    headers = [f"{name}: {value}" for name, value in reply.headers if name.lower() not in passing]
    return reply.status, sorted(headers), body


@pytest.mark.row("E02", "G04", "C03", "M50", "X04", "K08", "M01")
@pytest.mark.parametrize("field", ["username", "identifier"])
def test_somebody_signs_in_with_their_username(api: Api, field: str) -> None:
    people.enlisted("asha")
    reply = api.post("/auth/login", {field: "asha", "password": PASSWORD})
    assert (reply.status, reply.json()["username"]) == (200, "asha")


@pytest.mark.row("M50", "X04", "M32")
@pytest.mark.parametrize("field", ["email", "identifier"])
def test_somebody_signs_in_with_their_mail_address(api: Api, field: str) -> None:
    people.enlisted("asha", email="asha@example.org")
    reply = api.post("/auth/login", {field: "asha@example.org", "password": PASSWORD})
    assert (reply.status, reply.json()["email"]) == (200, "asha@example.org")


@pytest.mark.row("X04", "E10")
@pytest.mark.parametrize("name", ["ASHA", " asha ", "Asha@Example.ORG"])
def test_case_and_blanks_around_a_name_do_not_matter(api: Api, name: str) -> None:
    people.enlisted("asha", email="asha@example.org")
    assert api.post("/auth/login", {"identifier": name, "password": PASSWORD}).status == 200


@pytest.mark.row("X05", "M51", "C02")
def test_signing_in_answers_both_spellings_and_the_person(api: Api) -> None:
    people.enlisted("asha")
    said = api.post("/auth/login", {"username": "asha", "password": PASSWORD}).json()
    assert said["access"] == said["access_token"]
    assert said["refresh"] == said["refresh_token"]
    assert said["user"]["username"] == said["username"] == "asha"


@pytest.mark.parametrize("body", [{}, {"username": "a", "email": "b"}, {"username": "", "identifier": "  "}])
def test_a_sign_in_names_exactly_one_person(api: Api, body: dict[str, str]) -> None:
    assert problem(api.post("/auth/login", {**body, "password": PASSWORD})) == (422, "fields_invalid")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(api: Api) -> None:
    people.enlisted("asha")
    wrong, unknown = attempt(api), attempt(api, name="nobody")
    assert wrong.status == 401
    assert quoted(wrong) == quoted(unknown)


def test_an_unknown_mail_address_gets_the_same_answer_as_an_unknown_name(api: Api) -> None:
    assert quoted(attempt(api, name="no@example.org")) == quoted(attempt(api, name="nobody"))


def test_a_refusal_says_how_to_authenticate(api: Api) -> None:
    assert (attempt(api).header("www-authenticate") or "").startswith("Bearer ")


def test_an_unknown_name_runs_into_the_same_limit_as_a_known_one(api: Api) -> None:
    people.enlisted("asha")
    known = [attempt(api).status for _ in range(6)]
    unknown = [attempt(api, name="nobody").status for _ in range(6)]
    assert known == unknown == [401] * 5 + [429]


@pytest.mark.row("M87")
def test_the_sixth_guess_within_a_quarter_of_an_hour_is_refused(api: Api) -> None:
    people.enlisted("asha")
    with time_machine.travel(NOON, tick=False):
        replies = [attempt(api) for _ in range(6)]
    assert [reply.status for reply in replies] == [401] * 5 + [429]
    assert replies[-1].header("retry-after") == "900"


@pytest.mark.row("M87")
def test_the_right_password_does_not_open_a_door_that_is_shut(api: Api) -> None:
    people.enlisted("asha")
    for _ in range(5):
        attempt(api)
    assert attempt(api, PASSWORD).status == 429


@pytest.mark.row("M87")
@pytest.mark.parametrize(("after", "status"), [(899, 429), (900, 401)])
def test_the_next_window_begins_on_the_second(api: Api, after: int, status: int) -> None:
    people.enlisted("asha")
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(5):
            attempt(api)
        clock.shift(timedelta(seconds=after))
        assert attempt(api).status == status


def test_one_place_does_not_shut_the_account_for_another(api: Api) -> None:
    people.enlisted("asha")
    for _ in range(6):
        attempt(api)
    assert attempt(api, PASSWORD, ip="203.0.113.10").status == 200


def test_a_whole_ipv6_network_is_one_place(api: Api) -> None:
    people.enlisted("asha")
    statuses = [attempt(api, ip=f"2001:db8:1:2::{n:x}").status for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_a_forwarded_address_is_not_believed(api: Api) -> None:
    people.enlisted("asha")
    body = {"username": "asha", "password": "wrong-wrong-wrong"}
    statuses = [api.post("/auth/login", body, x_forwarded_for=f"192.0.2.{n}").status for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_the_mail_address_and_the_username_share_one_limit(api: Api) -> None:
    people.enlisted("asha", email="asha@example.org")
    statuses = [attempt(api, name=name).status for name in ("asha", "asha@example.org") * 3]
    assert statuses == [401] * 5 + [429]


@pytest.mark.row("M87")
def test_of_twenty_guesses_at_once_exactly_five_are_looked_at(api: Api) -> None:
    people.enlisted("asha")
    statuses = sorted(reply.status for reply in at_once(20, lambda _: attempt(api)))
    assert statuses == [401] * 5 + [429] * 15


def test_a_success_gives_its_permit_back(api: Api) -> None:
    people.enlisted("asha")
    statuses = [attempt(api, PASSWORD).status for _ in range(8)]
    assert statuses == [200] * 8


def test_a_success_does_not_give_back_what_guesses_used(api: Api) -> None:
    people.enlisted("asha")
    guesses = [attempt(api).status for _ in range(4)]
    assert attempt(api, PASSWORD).status == 200
    assert [*guesses, attempt(api).status, attempt(api).status] == [401] * 5 + [429]


def test_twenty_people_sign_in_at_once_from_one_place_though_some_share_a_name(api: Api) -> None:
    people.enlisted("asha")
    people.enlisted("ravi")
    replies = at_once(8, lambda n: attempt(api, PASSWORD, name=("asha", "ravi")[n % 2]))
    assert [reply.status for reply in replies] == [200] * 8


def test_an_address_may_guess_twenty_times_whatever_the_name(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, "login_address", 20)
    statuses = sorted(reply.status for reply in at_once(25, lambda n: attempt(api, name=f"nobody{n}")))
    assert statuses == [401] * 20 + [429] * 5


def test_an_account_under_attack_from_everywhere_waits_longer_each_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "login_account", 3, DAY)
    people.enlisted("asha")
    waits = []
    with time_machine.travel(NOON, tick=False) as clock:
        place = iter(range(250))
        for _ in range(3):
            assert attempt(api, ip=f"203.0.113.{next(place)}").status == 401
        for _ in range(3):
            while (reply := attempt(api, ip=f"203.0.113.{next(place)}")).status == 429:
                waits.append(int(reply.header("retry-after") or 0))
                clock.shift(timedelta(seconds=waits[-1]))
            assert reply.status == 401
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits) >= 2


def test_the_owner_signs_in_once_the_delay_is_over_and_ends_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, "login_account", 2, DAY)
    people.enlisted("asha")
    with time_machine.travel(NOON, tick=False) as clock:
        for n in range(4):
            attempt(api, ip=f"203.0.113.{n}")
        refused = attempt(api, PASSWORD, ip="203.0.113.200")
        clock.shift(timedelta(seconds=int(refused.header("retry-after") or 0)))
        assert (refused.status, attempt(api, PASSWORD, ip="203.0.113.200").status) == (429, 200)
        assert attempt(api, ip="203.0.113.201").status == 401


def django_pbkdf2(password: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"saltsaltsalt", 1000)
    return f"pbkdf2_sha256$1000$saltsaltsalt${base64.b64encode(digest).decode()}"


def bare_bcrypt(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def django_bcrypt_sha256(password: str) -> str:
    inner = hashlib.sha256(password.encode()).hexdigest().encode()
    return "bcrypt_sha256$" + bcrypt.hashpw(inner, bcrypt.gensalt(4)).decode()


@pytest.mark.row("X06")
@pytest.mark.parametrize("hash_of", [django_pbkdf2, bare_bcrypt, django_bcrypt_sha256])
def test_a_hash_brought_along_verifies_and_is_replaced_by_argon2id(api: Api, hash_of: object) -> None:
    assert callable(hash_of)
    user = people.enlisted("asha", hash=hash_of(PASSWORD))
    assert attempt(api, PASSWORD).status == 200
    fresh = reads.one(User, keys.user(user.id))
    assert fresh is not None
    assert fresh.password_hash.startswith("$argon2id$")
    assert attempt(api, PASSWORD).status == 200


@pytest.mark.row("X06")
def test_a_wrong_password_leaves_a_hash_brought_along_as_it_is(api: Api) -> None:
    old = bare_bcrypt(PASSWORD)
    user = people.enlisted("asha", hash=old)
    assert attempt(api).status == 401
    fresh = reads.one(User, keys.user(user.id))
    assert fresh is not None
    assert fresh.password_hash == old


@pytest.mark.row("X06")
def test_two_sign_ins_at_once_on_a_hash_brought_along_both_succeed(api: Api) -> None:
    people.enlisted("asha", hash=django_pbkdf2(PASSWORD))
    assert [reply.status for reply in at_once(4, lambda _: attempt(api, PASSWORD))] == [200] * 4


def test_a_password_is_the_same_in_each_unicode_form(api: Api) -> None:
    people.enlisted("asha", hash=people.password_hash("ﬁve-quiet-ﬁshes"))
    assert attempt(api, "five-quiet-fishes").status == 200


def test_a_ban_between_the_password_and_the_session_is_not_outrun(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asha, boss = api.register("asha"), api.admin()
    verify = passwords.verify

    def banned_meanwhile(password: str, stored: str) -> passwords.Verdict:
        monkeypatch.setattr(passwords, "verify", verify)
        assert api.post(f"/admin/users/{asha.id}/ban", {}, token=boss.access).status == 200
        return verify(password, stored)

    monkeypatch.setattr(passwords, "verify", banned_meanwhile)
    refused = api.post("/auth/login", {"identifier": "asha", "password": asha.password})
    assert problem(refused) == (401, "credentials_wrong")
