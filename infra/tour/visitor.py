"""Somebody with a terminal: sends requests to the API, shows what goes out and what comes back, and reads mail."""

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 45.0
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
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        expect: int = 200,
        shows: Sequence[str] = (),
        **headers: str,
    ) -> Reply:
        """One request, shown; ends the story where the status is not the expected one.

        Of a long answer `shows` names what the story is about.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        reply = self.quietly(method, path, body, sent)
        print(f"  {method} {path}{'  ' + _short(body) if body is not None else ''}")
        print(f"  -> {reply.status} {_told(reply.body, shows)}")
        if reply.status != expect:
            raise Lost(f"expected {expect}, got {reply.status}: {reply.body}")
        return reply

    def see(self, path: str, token: str = "") -> Any:
        """The body that a reading request gets; shown only by whoever asked."""
        return self.quietly("GET", path, None, {"Authorization": f"Bearer {token}"} if token else {}).body

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

    def fetch(self, path: str, host: str) -> bytes:
        """The bytes at an address that asks for no token: a signed link is its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().read()
        finally:
            connection.close()

    def paper(self, address: str) -> str:
        """What lies behind a signed link, in a word."""
        parts = urlsplit(address)
        reply = Visitor(parts.port or 80).fetch(f"{parts.path}?{parts.query}", parts.netloc)
        if not reply.startswith(b"%PDF-"):
            raise Lost("behind the link is no PDF")
        return f"a PDF of {len(reply) // 1024} KB"

    def mail(self, to: str, subject: str) -> str:
        """The text of the newest mail to this address with these words in its subject, once it has arrived."""

        def arrived() -> Any:
            mails = self.quietly("GET", "/_local/mail", None, {}).body
            fits = (mail for mail in mails if to in str(mail["to"]) and subject.lower() in mail["subject"].lower())
            return next(fits, None)

        mail = self.until(arrived, f"a mail to {to} about: {subject}")
        print(f"  (mail) {mail['subject']}")
        text: str = mail["text"]
        return text

    def until(self, seen: Callable[[], Any], what: str) -> Any:
        """What follows from a change takes a moment; ask until it is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = seen()
            if found:
                return found
            time.sleep(0.2)
        raise Lost(f"this did not come in {PATIENCE_SECONDS:.0f} s: {what}")


def _told(body: Any, shows: Sequence[str]) -> str:
    """What is worth reading of an answer: of a problem its code and detail, of a list its first row."""
    if isinstance(body, dict) and {"code", "detail", "instance"} <= body.keys():
        reasons = "".join(f" [{each['field']}: {each['code']}]" for each in body["errors"])
        return f"{body['code']}: {body['detail']}{reasons}"
    if not shows:
        return _short(body)
    first = body["results"][0] if "results" in body else body
    return ", ".join(f"{name}: {json.dumps(first[name], ensure_ascii=False)}" for name in shows)


def _short(body: Any) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def token_in(text: str) -> str:
    found = re.search(r"[?&]token=([^\s\"&]+)", text)
    if found is None:
        raise Lost("the mail has no link with a token")
    return found[1]


def link_in(text: str) -> str:
    """The address on which a mail wants to be clicked."""
    found = re.search(r"https?://\S+", text)
    if found is None:
        raise Lost("the mail has no link")
    return found[0]
