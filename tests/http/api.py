"""A client of the API without sockets: what the gateway would hand to the Lambda, and the answer it would give."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import jwt

from app import app
from chalicelib.settings import settings
from infra.local.gateway import Gateway, Reply
from tests.factories import people

T = TypeVar("T")
BASE = "/api/v1"
HERE = "198.51.100.7"


@dataclass(frozen=True)
class Person:
    """Somebody signed in, and what they know."""

    id: str
    username: str
    email: str
    password: str
    access: str
    refresh: str

    @property
    def session(self) -> str:
        return str(claims(self.access)["sid"])


class Api:
    """`path` is relative to /api/v1 unless it begins with /api; header names are written with underscores."""

    def __init__(self) -> None:
        self.gateway = Gateway(app, settings.public_url)

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, ip: str = HERE, **headers: str
    ) -> Reply:
        sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
        raw = b""
        if body is not None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            if "content_type" not in headers:
                sent.append(("content-type", "application/json"))
        if token is not None:
            sent.append(("authorization", f"Bearer {token}"))
        target = path if path.startswith(("/api", "/redoc")) else BASE + path
        return self.gateway.answer(method, target, sent, raw, ip)

    def get(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("DELETE", path, body, **options)

    def register(self, username: str = "asha", **changes: Any) -> Person:
        """A new account, through the door."""
        body = people.registration(**{"username": username, "email": f"{username}@example.org"} | changes)
        return self._person(self.post("/auth/register", body), body["password"], 201)

    def login(self, identifier: str, password: str = people.PASSWORD, **options: Any) -> Person:
        reply = self.post("/auth/login", {"identifier": identifier, "password": password}, **options)
        return self._person(reply, password, 200)

    def admin(self, username: str = "root-admin") -> Person:
        """Nobody registers as an administrator: one is written to the table and signs in."""
        people.enlisted(username, roles=("admin",))
        return self.login(username)

    def member(self, username: str = "", **values: Any) -> Person:
        """Somebody written to the table with any role or tier, and a session of theirs: nobody passes the door."""
        who = people.enlisted(username, **values)
        grant = people.signed_in(who)
        return Person(who.id, who.username, who.email, people.PASSWORD, grant.access_token(), grant.refresh_token())

    def _person(self, reply: Reply, password: str, status: int) -> Person:
        assert reply.status == status, reply.body
        said = reply.json()
        return Person(said["id"], said["username"], said["email"], password, said["access"], said["refresh"])


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def fields(reply: Reply) -> dict[str, str]:
    """The fields that a problem names, each with its code."""
    return {error["field"]: error["code"] for error in reply.json()["errors"]}


def problem(reply: Reply) -> tuple[int, str]:
    """Status and code of a problem, after a look at its form."""
    assert reply.header("content-type") == "application/problem+json", reply
    said = reply.json()
    assert set(said) == {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
    assert said["status"] == reply.status
    return reply.status, said["code"]


def at_once(times: int, work: Callable[[int], T]) -> list[T]:
    """The results of so many threads that start their work at the same moment."""
    gate = threading.Barrier(times)

    def one(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
