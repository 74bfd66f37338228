"""Records, on the local cloud, the event of each operation and what AWS answers to it, for `bench` to replay."""

import binascii
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

from chalicelib import clock, keyring
from chalicelib.commerce import stripe_keys
from chalicelib.web import limits
from infra.local import engine as engines
from infra.local import resources, template
from infra.local.cloud import Cloud
from infra.local.gateway import Reply
from tests import conftest
from tests.bench import till
from tests.bench.operations import OPERATIONS, Operation, grown, scene
from tests.conftest import House
from tests.http.api import Api

FACTORS = (1, 10, 100)
#: Of one goal, before it grows.
ENTRIES = 400
#: Milliseconds of an operation that hashes a password, beside which nothing else would be seen.
HASHING = 10
Document = dict[str, Any]


class Recorder:
    """Keeps every answer that comes through botocore's HTTP session while it is open, and every one of Stripe's."""

    def __init__(self) -> None:
        self.replies: list[Document] = []
        self.stripe: list[Document] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        send: Callable[..., AWSResponse] = URLLib3Session.send

        def kept(session: URLLib3Session, request: Any) -> AWSResponse:
            answer = send(session, request)
            self.replies.append(_reply(answer))
            return answer

        URLLib3Session.send = kept
        try:
            with till.opened(lambda reply: self.stripe.append(_stripes(reply))):
                yield
        finally:
            URLLib3Session.send = send


class Spy:
    """The app, remembering the last event that the gateway gave it."""

    def __init__(self, app: Any) -> None:
        self.app, self.routes, self.api = app, app.routes, app.api
        self.event: Document | None = None

    def __call__(self, event: Document, context: Any) -> Any:
        self.event = json.loads(json.dumps(event))
        return self.app(event, context)


def _reply(answer: AWSResponse) -> Document:
    """DynamoDB sends a checksum, which botocore compares; the emulation does not."""
    headers = {"content-type": answer.headers.get("content-type", "application/x-amz-json-1.0")}
    headers["x-amz-crc32"] = str(binascii.crc32(answer.content))
    return {"status": answer.status_code, "headers": headers, "body": answer.content.decode()}


def _stripes(reply: Reply) -> Document:
    return {"status": reply.status, "headers": dict(reply.headers), "body": reply.body.decode()}


class Studio:
    """A scene with its people, in which operations are recorded."""

    def __init__(self, house: House, factor: int) -> None:
        house.wipe()
        limits.forget()
        self.factor, self.api = factor, Api()
        self.me, self.boss = scene(self.api, factor, entries=ENTRIES)
        self.api.gateway.app = self.spy = Spy(self.api.gateway.app)

    def recorded(self, operation: Operation) -> Document:
        recorder, self.spy.event = Recorder(), None
        with recorder.listening():
            reply = operation.request(self.api, self.me, self.boss)
        if reply.status != operation.status:
            raise SystemExit(f"{operation.name} answered {reply.status}: {reply.body.decode()}")
        return {
            "name": named(operation, self.factor),
            "status": reply.status,
            "event": self.spy.event,
            "replies": recorder.replies,
            "stripe": recorder.stripe,
            "at": clock.now().timestamp(),
        }


def named(operation: Operation, factor: int) -> str:
    return operation.name if factor == 1 else f"{operation.name} @{factor}"


def parameters() -> dict[str, Document]:
    """What the parameter store says, by what is asked for."""
    keyring.forget()
    stripe_keys.forget()
    return {"keys": _reply_to(keyring.keys), "payments": _reply_to(stripe_keys.payment_keys)}


def _reply_to(ask: Callable[[], object]) -> Document:
    recorder = Recorder()
    with recorder.listening():
        ask()
    [reply] = recorder.replies
    return reply


def _recorded(house: House) -> Iterator[Document]:
    """Those that only read share a scene; each of the others begins in one of its own."""
    shared = Studio(house, 1)
    yield from (shared.recorded(each) for each in OPERATIONS if not each.writes)
    yield from (Studio(house, 1).recorded(each) for each in OPERATIONS if each.writes)


def recording() -> Document:
    """What the parameter store says, and one case for each operation, those that must not grow at three sizes."""
    with engines.start(port=conftest.PORT):
        house = House(Cloud(conftest.ENDPOINT), template.load())
        resources.create(house.template, house.cloud)
        resources.remember(house.cloud)
        cases = list(_recorded(house))
        for factor in FACTORS[1:]:
            studio = Studio(house, factor)
            cases += [studio.recorded(each) for each in grown() if each.cpu_ms < HASHING]
        return {**parameters(), "cases": [case for case in cases if case["event"]]}
