"""Nobody learns from an answer, its cost or its refusal whether somebody has an account."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import aws
from tests.conftest import House
from tests.security import crew
from tests.security.client import Answer, Api

#: What differs from one answer to the next whoever asks.
OWN = ("x-request-id", "x-response-time-ms", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset")
WRONG = "wrong-quiet-herons"


@pytest.fixture(autouse=True)
def _cheap_hash() -> None:
    """Not here: a hash takes as long for somebody as for nobody."""


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The calls to AWS and the password hashes computed while the block lasts, in their order."""
    from argon2 import PasswordHasher

    done: list[str] = []
    made: Callable[..., Any] = aws.client

    def client(*given: Any, **named: Any) -> Any:
        real = made(*given, **named)

        class Watched:
            def __getattr__(self, name: str) -> Any:
                done.append(name)
                return getattr(real, name)

        return Watched()

    verify = PasswordHasher.verify

    def verified(self: PasswordHasher, *given: Any) -> Any:
        done.append("argon2")
        return verify(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(aws, "client", client)
        patch.setattr(PasswordHasher, "verify", verified)
        yield done


def shown(answer: Answer) -> tuple[int, dict[str, str], str]:
    """The answer without what names this very request."""
    body = answer.body.replace(answer.headers["x-request-id"], "<request>")
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    return answer.status, headers, body


def login(name: str) -> dict[str, str]:
    return {"identifier": name, "password": WRONG}


PAIRS: list[tuple[str, Any, Any]] = [
    ("/api/v1/auth/login", login("asha"), login("nobody")),
    ("/api/v1/auth/login", login("asha@example.org"), login("nobody@example.org")),
    ("/api/v1/auth/login", login("banned"), login("nobody")),
    ("/api/v1/auth/password/forgot", {"email": "asha@example.org"}, {"email": "nobody@example.org"}),
    ("/api/v1/auth/password/forgot", {"email": "banned@example.org"}, {"email": "nobody@example.org"}),
    ("/api/v1/auth/email/resend", {"email": "asha@example.org"}, {"email": "nobody@example.org"}),
]


@pytest.mark.row("K58")
@pytest.mark.parametrize(("path", "known", "unknown"), PAIRS)
def test_known_and_unknown_cost_and_look_the_same(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str, known: Any, unknown: Any
) -> None:
    crew.join("asha")
    crew.ban(crew.join("banned"))
    api.post(path, login("warm-up") if "login" in path else {"email": "warm@example.org"})
    with watched(monkeypatch) as first:
        here = api.post(path, known)
    with watched(monkeypatch) as second:
        there = api.post(path, unknown)
    assert shown(here) == shown(there)
    assert list(first) == list(second)
    assert ("argon2" in first) == ("login" in path)


@pytest.mark.parametrize(
    "name", ["asha", "asha@example.org", "ASHA", "nobody", "nobody@example.org", "NoBody@Example.org"]
)
def test_the_sixth_attempt_is_refused_however_the_name_is_spelt(api: Api, name: str) -> None:
    crew.join("asha")
    spellings = [name, name.upper(), name.lower(), f"  {name} ", name.title(), name.swapcase()]
    statuses = [api.post("/api/v1/auth/login", login(each)).status for each in spellings]
    assert statuses == [401] * 5 + [429]


def test_username_and_address_share_their_attempts(api: Api) -> None:
    crew.join("asha")
    names = ["asha", "asha@example.org"] * 3
    statuses = [api.post("/api/v1/auth/login", login(each)).status for each in names]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize("path", ["/api/v1/auth/password/forgot", "/api/v1/auth/email/resend"])
@pytest.mark.parametrize("address", ["asha@example.org", "nobody@example.org"])
def test_three_mails_an_hour_however_the_address_is_spelt(api: Api, path: str, address: str) -> None:
    crew.join("asha")
    spellings = [address, address.upper(), f" {address}", address.title()]
    assert [api.post(path, {"email": each}).status for each in spellings] == [202, 202, 202, 429]


def test_a_forwarded_address_is_nobodys_word(api: Api) -> None:
    crew.join("asha")
    statuses = []
    for number in range(6):
        headers = {"x_forwarded_for": f"198.51.100.{number}", "forwarded": f"for=198.51.100.{number}"}
        statuses.append(api.post("/api/v1/auth/login", login("asha"), **headers).status)
    assert statuses == [401] * 5 + [429]


def test_one_ipv6_network_is_one_place(api: Api) -> None:
    crew.join("asha")
    places = [f"2001:db8:1:2::{number:x}" for number in range(1, 7)]
    statuses = [api.post("/api/v1/auth/login", login("asha"), address=each).status for each in places]
    assert statuses == [401] * 5 + [429]


def test_a_guess_for_a_known_name_takes_as_long_as_for_an_unknown_one(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loose on purpose: other programs share the machine. That both hash is proven above."""
    from chalicelib.settings import Quota, settings

    for scope in ("login_pair", "login_account"):
        monkeypatch.setitem(settings.quotas, scope, Quota(1_000, 900))
    crew.join("asha")
    spent: dict[str, list[float]] = {"asha": [], "nobody": []}
    for _ in range(30):
        for name, times in spent.items():
            started = time.perf_counter()
            assert api.post("/api/v1/auth/login", login(name)).status == 401
            times.append(time.perf_counter() - started)
    known, unknown = (statistics.median(times) * 1000 for times in spent.values())
    apart = abs(known - unknown) / max(known, unknown)
    print(f"login refused: known {known:.1f} ms, unknown {unknown:.1f} ms, {apart:.1%} apart")  # noqa: T201 -- the figure
    assert apart <= 0.25


def test_the_host_header_never_reaches_a_mail(api: Api, clean: House) -> None:
    evil: dict[str, str] = {
        "host": "attacker.example",
        "x_forwarded_host": "attacker.example",
        "origin": "https://attacker.example",
    }
    body = {"username": "asha", "email": "asha@example.org", "password": crew.PASSWORD}
    answers = [api.post("/api/v1/auth/register", body, **evil)]
    answers.append(api.post("/api/v1/auth/password/forgot", {"email": "asha@example.org"}, **evil))
    answers.append(api.get("/api/v1/nothing", **evil))
    assert "attacker.example" not in "".join(answer.everything() for answer in answers)
    clean.driver.settle()
    mails = clean.mails()
    assert len(mails) >= 2
    for mail in mails:
        assert "attacker.example" not in mail.text + mail.html
        assert "http://localhost:8000/" in mail.text
