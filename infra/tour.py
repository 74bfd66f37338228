"""`make tour`: a guided story through the HTTP API alone, with what it sends and gets.

Uses the local cloud where one is running on PORT (8000), and starts one of its own for the story where none is.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from infra.local.engine import free_port
from infra.local.views import PASSWORD

PATIENCE_SECONDS = 30.0
SHOWN = 100
API = "/api/v1"


class Lost(Exception):
    """The story did not go as it should."""


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: Any


class Visitor:
    """Somebody with a terminal: sends requests, shows what goes out and what comes back."""

    def __init__(self, port: int) -> None:
        self.port = port

    def say(self, text: str) -> None:
        print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")

    def send(
        self, method: str, path: str, body: Any = None, *, token: str = "", expect: int = 200, **headers: str
    ) -> Reply:
        """One request, shown; ends the story where the status is not the expected one."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        reply = self.quietly(method, path, body, sent)
        print(f"  {method} {path}{'  ' + _short(body) if body is not None else ''}")
        print(f"  -> {reply.status} {_short(reply.body)}")
        if reply.status != expect:
            raise Lost(f"expected {expect}, got {reply.status}: {reply.body}")
        return reply

    def quietly(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            payload = None if body is None else json.dumps(body)
            kind = {"Content-Type": "application/json"} if payload else {}
            connection.request(method, path, payload, {"Accept": "application/json", **kind, **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return Reply(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            json.loads(text) if is_json and text else text,
        )

    def mail(self, to: str, subject: str) -> str:
        """The text of the newest mail to this address with these words in its subject, once it has arrived."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for mail in self.quietly("GET", "/_local/mail", None, {}).body:
                if to in str(mail["to"]) and subject.lower() in mail["subject"].lower():
                    print(f"  (mail) {mail['subject']}")
                    text: str = mail["text"]
                    return text
            time.sleep(0.2)
        raise Lost(f"no mail to {to} about: {subject}")


def _short(body: Any) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def token_in(text: str) -> str:
    found = re.search(r"[?&]token=([^\s\"&]+)", text)
    if found is None:
        raise Lost("the mail has no link with a token")
    return found[1]


def story(visitor: Visitor) -> None:
    name = f"asha-{secrets.token_hex(3)}"
    email = f"{name}@example.org"
    password = "seven-lean-otters"  # noqa: S105 - of an invented person
    settle_in(visitor, arrive(visitor, name, email, password))
    forget_password(visitor, email)
    look_from_above(visitor, name)
    leave(visitor, name, "nine-quiet-herons")


def arrive(visitor: Visitor, name: str, email: str, password: str) -> str:
    visitor.say("Asha registers. What is wrong is named, field by field.")
    visitor.send("POST", f"{API}/auth/register", {"email": "asha", "password": "x", "tier": "gold"}, expect=422)
    wish = {"username": name, "email": email, "password": password, "first_name": "Asha"}
    key = f"tour-{name}"
    first = visitor.send("POST", f"{API}/auth/register", wish, expect=201, Idempotency_Key=key)
    visitor.say("Her network stuttered and she sends it again, with the same key: the same answer, no second account.")
    again = visitor.send("POST", f"{API}/auth/register", wish, expect=201, Idempotency_Key=key)
    if again.body["id"] != first.body["id"]:
        raise Lost("a repeat made a second account")
    visitor.say("A mail asks her to confirm the address.")
    token = token_in(visitor.mail(email, "confirm"))
    visitor.send("POST", f"{API}/auth/email/verify", {"token": token})
    visitor.send("POST", f"{API}/auth/email/verify", {"token": token}, expect=422)
    access: str = first.body["access"]
    return access


def settle_in(visitor: Visitor, access: str) -> None:
    visitor.say("She fills in her profile; an edit of a stale copy is refused.")
    profile = visitor.send("GET", f"{API}/users/profile", token=access)
    tag = profile.headers["etag"]
    visitor.send("PATCH", f"{API}/users/profile", {"headline": "A little every day"}, token=access, If_Match=tag)
    visitor.send("PATCH", f"{API}/users/profile", {"headline": "Late"}, token=access, If_Match=tag, expect=412)
    visitor.send("GET", f"{API}/auth/sessions", token=access)
    visitor.say("What happened to her is in her event feed, in order and without gaps.")
    wait_for_events(visitor, access)


def wait_for_events(visitor: Visitor, access: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        feed = visitor.quietly("GET", f"{API}/events?since=0", None, {"Authorization": f"Bearer {access}"})
        if len(feed.body["results"]) >= 3:
            visitor.send("GET", f"{API}/events?since=0", token=access)
            return
        time.sleep(0.2)
    raise Lost("the events did not arrive")


def forget_password(visitor: Visitor, email: str) -> None:
    visitor.say("She forgets her password. The answer is the same for an address that nobody has.")
    visitor.send("POST", f"{API}/auth/password/forgot", {"email": "nobody@example.org"}, expect=202)
    visitor.send("POST", f"{API}/auth/password/forgot", {"email": email}, expect=202)
    token = token_in(visitor.mail(email, "password"))
    visitor.send("POST", f"{API}/auth/password/reset", {"token": token, "new_password": "nine-quiet-herons"})


def look_from_above(visitor: Visitor, name: str) -> None:
    visitor.say("The administrator finds her, grants premium, and checks that nobody rewrote the audit log.")
    signed_in = visitor.send("POST", f"{API}/auth/login", {"username": "admin", "password": PASSWORD})
    access = signed_in.body["access"]
    found = visitor.send("GET", f"{API}/admin/users?q={name}", token=access)
    user_id = found.body["results"][0]["id"]
    visitor.send("PATCH", f"{API}/admin/users/{user_id}", {"tier": "premium"}, token=access)
    visitor.send("GET", f"{API}/admin/audit-logs?subject={user_id}", token=access)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    visitor.send("GET", f"{API}/admin/audit-logs/verify?day={today}", token=access)


def leave(visitor: Visitor, name: str, password: str) -> None:
    visitor.say(
        "She signs in on the old path of one of the five systems, takes her data along, leaves, and comes back."
    )
    signed_in = visitor.send("POST", "/api/token/", {"username": name, "password": password})
    visitor.send("GET", f"{API}/users/me/export", token=signed_in.body["access"])
    visitor.send("DELETE", f"{API}/users/me", {"password": password}, token=signed_in.body["access"], expect=202)
    visitor.send("GET", f"{API}/auth/me", token=signed_in.body["access"], expect=401)
    again = visitor.send("POST", f"{API}/auth/login", {"username": name, "password": password})
    visitor.send("POST", f"{API}/users/me/restore", token=again.body["access"])


def is_up(port: int) -> bool:
    try:
        return Visitor(port).quietly("GET", "/api/health", None, {}).status == 200
    except OSError:
        return False


@contextmanager
def local_cloud() -> Iterator[int]:
    """The port of a local cloud: the one that runs, or one for the story."""
    port = int(os.environ.get("PORT", "8000"))
    if is_up(port):
        yield port
        return
    port = free_port()
    print(f"No local cloud on port {os.environ.get('PORT', '8000')}; starting one for the tour …")
    command = [sys.executable, "-m", "infra.local", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_up(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Lost("the local cloud did not start; `make run` says why")
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def main() -> int:
    try:
        with local_cloud() as port:
            story(Visitor(port))
    except Lost as error:
        print(f"\nThe tour is lost: {error}", file=sys.stderr)
        return 1
    print("\nThat is the tour. `make run` keeps a cloud open for you to try it yourself: /api/docs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
