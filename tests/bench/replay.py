"""Runs inside the unpacked artefact, in a fresh interpreter without any other package: one round of CPU measurement.

`bench` starts it. It stands alone: the artefact has neither tests nor tooling.
"""

import json
import sys
import time
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

WARM = 5
SECONDS = 0.25
MOST = 1000
LEASED = (b"LIMIT#user#", b"LIMIT#anonymous#")
LEASE = b'{"Attributes":{"n":{"N":"1"}}}'
QUEUE = b'{"QueueUrl":"http://localhost:9/queue"}'
JSON = {"content-type": "application/x-amz-json-1.0"}
Document = dict[str, Any]


class Context:
    """What a handler reads of Lambda's context."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_name = "api"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self.body]


class Replayer:
    """Answers botocore's HTTP session: leases, keys and queues whenever they are asked for, all else in the recorded
    order; and in that order whoever sends to Stripe.
    """

    def __init__(self, keys: Document, payments: Document) -> None:
        self.keys, self.payments = _reply(keys), _reply(payments)
        self.take([], [])

    def take(self, replies: list[Document], stripe: list[Document]) -> None:
        """Each request asks for the same again."""
        self.answers, self.stripes = cycle(map(_reply, replies)), cycle(map(_reply, stripe))

    def send(self, _: Any, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        status, headers, body = self._chosen(request)
        return AWSResponse(request.url, status, headers, _Raw(body))

    def _chosen(self, request: Any) -> tuple[int, Document, bytes]:
        if any(mark in request.body for mark in LEASED):
            return 200, JSON, LEASE
        if b"AmazonSSM" in request.headers["X-Amz-Target"]:
            return self.payments if b"/payments" in request.body else self.keys
        if b"GetQueueUrl" in request.headers["X-Amz-Target"]:
            return 200, JSON, QUEUE
        return next(self.answers)

    def send_to_stripe(self, *_: Any, **__: Any) -> Any:
        from urllib3 import HTTPHeaderDict

        status, headers, body = next(self.stripes)
        return SimpleNamespace(status=status, headers=HTTPHeaderDict(headers), data=body)


def _reply(document: Document) -> tuple[int, Document, bytes]:
    return document["status"], document["headers"], document["body"].encode()


def installed(keys: Document, payments: Document) -> Replayer:
    """From here on nothing leaves this process."""
    from botocore.httpsession import URLLib3Session
    from urllib3 import PoolManager

    replayer = Replayer(keys, payments)
    URLLib3Session.send = lambda session, request: replayer.send(session, request)
    PoolManager.request = replayer.send_to_stripe  # type: ignore[method-assign]
    return replayer


def yardstick() -> float:
    """Milliseconds of CPU for a fixed piece of work of the usual kind: dictionaries, JSON, hashes, text."""
    import hashlib

    begun = time.process_time()
    document = {f"name-{n}": {"S": "value " * 4, "n": n} for n in range(40)}
    for n in range(60):
        text = json.dumps(document, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        document = json.loads(text) | {"name-0": {"S": digest, "n": n}}
        sorted(f"{key}={value['n']}".upper() for key, value in document.items())
    return (time.process_time() - begun) * 1000


def measured(app: Any, replayer: Replayer, case: Document) -> Document:
    """Milliseconds of CPU per request, as many requests as fill the time, between two looks at the yardstick."""
    replayer.take(case["replies"], case["stripe"])
    context, event = Context(), case["event"]
    since(case["at"])
    status = app(event, context)["statusCode"]
    if status != case["status"]:
        raise SystemExit(f"{case['name']} answered {status}; when it was recorded, {case['status']}")
    replayer.take(case["replies"], case["stripe"])
    once = _spent(app, event, context, WARM)
    times = max(WARM, min(MOST, int(SECONDS * 1000 / once)))
    before = yardstick()
    spent = _spent(app, event, context, times)
    return {"ms": spent, "requests": times, "yardstick": (before + yardstick()) / 2}


def _spent(app: Any, event: Document, context: Context, times: int) -> float:
    """What the catalogue has answered before is worked out anew each time."""
    from chalicelib.catalog.index import holding

    held = holding._holder.held
    answers = {} if held is None else held.shelf.answers
    begun = time.process_time()
    for _ in range(times):
        answers.clear()
        app(event, context)
    return (time.process_time() - begun) * 1000 / times


def since(moment: float) -> None:
    """The clock goes on from here: what was recorded expires, and a signature of Stripe's is believed for minutes."""
    from chalicelib import clock

    away = datetime.now(UTC) - datetime.fromtimestamp(moment, UTC)
    clock.now = lambda: datetime.now(UTC) - away


def hold(shelf: Path) -> None:
    """The catalogue as it is held between two looks at the pointer."""
    from chalicelib.catalog.index import files, holding
    from chalicelib.catalog.index.shelves import Shelf

    holding._holder.held = holding.Held(Shelf.of(files.opened(shelf)), "base", 1)
    holding._holder.looked = float("inf")


def main(recording: Path, shelf: Path, result: Path) -> None:
    document = json.loads(recording.read_text())
    replayer = installed(document["keys"], document["payments"])
    from app import app

    hold(shelf)
    yardstick()
    cases = {case["name"]: measured(app, replayer, case) for case in document["cases"]}
    result.write_text(json.dumps(cases))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
