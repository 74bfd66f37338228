"""A client for attacks: it can send what no well-behaved client would, and remembers every answer it has seen."""

import gzip
import json
from dataclasses import dataclass, field
from typing import Any

from infra.local.gateway import Gateway, Reply

HOME = "203.0.113.7"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the problem, or nothing where the answer is none."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        return str(self.json()["code"]) if is_problem else ""

    def everything(self) -> str:
        """All that an onlooker could read in it."""
        return "\n".join([*(f"{name}: {value}" for name, value in self.headers.items()), self.body])


@dataclass
class Api:
    gateway: Gateway
    seen: list[Answer] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        raw: bytes | None = None,
        address: str = HOME,
        **headers: str,
    ) -> Answer:
        sent = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if raw is None:
            raw = b"" if body is None else json.dumps(body).encode()
        answer = _read(self.gateway.answer(method, path, sent, raw, address))
        self.seen.append(answer)
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)


def _read(reply: Reply) -> Answer:
    body = gzip.decompress(reply.body) if reply.header("content-encoding") == "gzip" else reply.body
    return Answer(reply.status, {name.lower(): value for name, value in reply.headers}, body.decode())


PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}


def require_problem(answer: Answer, *statuses: int) -> None:
    """The answer is a whole problem+json, with one of these statuses."""
    assert answer.status in statuses, f"{answer.status}: {answer.body[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert set(document) == PROBLEM_KEYS
    assert document["status"] == answer.status
    assert all(set(error) == {"field", "code", "message"} and error["field"] for error in document["errors"])
