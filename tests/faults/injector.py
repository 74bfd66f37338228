"""Breaks AWS at the botocore level, which works with every engine: lost acknowledgements, conflicts, throttling, kills.

Also counts: every attempt to send a request is a trip. Tests of faults and of budgets use it.
"""

import json
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from chalicelib import aws
from chalicelib.catalog.index.objects import READ_SECONDS
from chalicelib.messaging import mailer
from chalicelib.settings import settings
from infra.local.invocation import Killed

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
#: Whatever changes something, in the table or elsewhere.
EFFECTS = WRITES | {
    "SendMessage",
    "SendMessageBatch",
    "ChangeMessageVisibility",
    "PutObject",
    "SendEmail",
    "StripePOST",
}
Fault = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Trip:
    """One request to AWS: the operation, and whether the limiter's impatient client made it."""

    operation: str
    of_limiter: bool
    request: Any = field(compare=False, repr=False)
    service: str = field(default="dynamodb", compare=False)

    @property
    def writes(self) -> bool:
        return self.operation in WRITES

    @property
    def token(self) -> str:
        """What makes attempts of one transaction one; empty where there is none."""
        return str(json.loads(self.request.body).get("ClientRequestToken", ""))

    def __str__(self) -> str:
        return ("limiter " if self.of_limiter else "") + self.operation


class Injector:
    """Listens on every client of the API while it is open. `break_when` decides which trips meet which fault."""

    def __init__(self) -> None:
        self.trips: list[Trip] = []
        #: Which of them met a fault.
        self.broken: list[int] = []
        self._rules: list[tuple[Callable[[Trip], bool], Fault]] = []
        self._lock = threading.Lock()
        self._here = threading.local()
        self._listening: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> "Injector":
        limiter = aws.client("dynamodb", attempts=1, read_seconds=settings.limiter_timeout)
        for client, of_limiter in (
            (aws.client("dynamodb"), False),
            (limiter, True),
            (aws.client("ssm"), False),
            (aws.client("sqs"), False),
            (aws.client("s3"), False),
            (aws.client("s3", read_seconds=READ_SECONDS), False),
            (aws.client("sesv2", attempts=1, read_seconds=mailer.READ_SECONDS), False),
        ):
            event = f"before-send.{client.meta.service_model.service_id.hyphenize()}"
            listener = self._listener(client, of_limiter)
            client.meta.events.register_first(event, listener)
            _refill(client)
            self._listening.append((client, event, listener))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client, event, listener in self._listening:
            client.meta.events.unregister(event, listener)

    def _listener(self, client: Any, of_limiter: bool) -> Callable[..., Any]:
        def listen(request: Any, event_name: str, **_: Any) -> Any:
            service = client.meta.service_model.service_name
            return self.meet(client, Trip(event_name.rpartition(".")[2], of_limiter, request, service))

        return listen

    def meet(self, client: Any, trip: Trip) -> Any:
        """What a fault makes of this trip; None where it goes its way."""
        with self._lock:
            self.trips.append(trip)
            rules = [] if getattr(self._here, "calm", False) else self._rules
            fault = next((fault for applies, fault in rules if applies(trip)), None)
            if fault is not None:
                self.broken.append(len(self.trips) - 1)
        return None if fault is None else fault(client, trip.request)

    def names(self) -> list[str]:
        return [str(trip) for trip in self.trips]

    def forget(self) -> None:
        self.trips.clear()
        self.broken.clear()

    @contextmanager
    def calm(self) -> Iterator[None]:
        """No faults for this thread."""
        self._here.calm = True
        try:
            yield
        finally:
            self._here.calm = False

    def heal(self) -> None:
        self._rules.clear()

    def break_when(self, applies: Callable[[Trip], bool], fault: Fault) -> None:
        self._rules.append((applies, fault))

    def break_nth(self, numbers: Iterable[int], applies: Callable[[Trip], bool], fault: Fault) -> None:
        """Only those of the matching trips, counted from 0."""
        wanted, seen = set(numbers), [0]

        def chosen(trip: Trip) -> bool:
            if not applies(trip):
                return False
            seen[0] += 1
            return seen[0] - 1 in wanted

        self.break_when(chosen, fault)

    def break_sometimes(
        self, chance: random.Random, share: float, applies: Callable[[Trip], bool], fault: Fault
    ) -> None:
        """A share of the matching trips, drawn by chance."""
        self.break_when(lambda trip: applies(trip) and chance.random() < share, fault)

    def kill_at(self, *kills: "Kill", last_will: Callable[[], None] = lambda: None) -> None:
        """Kill at these trips: the first is counted from now, each further one from the kill before it."""
        waiting, seen = list(kills), [0]

        def chosen(_: Trip) -> bool:
            seen[0] += 1
            return bool(waiting) and seen[0] - 1 == waiting[0].trip

        def fall(client: Any, request: Any) -> Any:
            kill, seen[0] = waiting.pop(0), 0
            last_will()
            return (killed_after if kill.after else killed_before)(client, request)

        self.break_when(chosen, fall)


@dataclass(frozen=True, order=True)
class Kill:
    """Where an instance dies: before the request of this trip leaves it, or after its effect, without the answer."""

    trip: int
    after: bool

    def __str__(self) -> str:
        return f"{self.trip}{'+' if self.after else '-'}"


def _refill(client: Any) -> None:
    """botocore stops retrying when much has failed lately; a test must not inherit that from the one before."""
    name = client.meta.service_model.service_id.hyphenize()
    handler = client.meta.events._emitter._unique_id_handlers[f"retry-config-{name}"]["handler"].__self__
    quota = handler._retry_quota._quota
    quota.release(quota._max_capacity)


def lost_acknowledgement(client: Any, request: Any) -> Any:
    """The write happens; its answer never arrives."""
    client._endpoint.http_session.send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def killed_before(_: Any, request: Any) -> Any:
    raise Killed


def killed_after(client: Any, request: Any) -> Any:
    client._endpoint.http_session.send(request)
    raise Killed


def unreachable(_: Any, request: Any) -> Any:
    raise ConnectTimeoutError(endpoint_url=request.url)


def conflict(_: Any, request: Any) -> AWSResponse:
    """Another transaction held one of the items at this moment."""
    return conflicting(request, -1)


def conflicting(request: Any, place: int) -> AWSResponse:
    actions = json.loads(request.body)["TransactItems"]
    reasons = [{"Code": "None"} for _ in actions]
    reasons[place] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _error(request, 400, "TransactionCanceledException", CancellationReasons=reasons)


def single_conflict(request: Any) -> AWSResponse:
    """What a plain write is told while a transaction holds its item."""
    return _error(request, 400, "TransactionConflictException")


def throttled(client: Any, request: Any) -> AWSResponse:
    status, code = THROTTLES[client.meta.service_model.service_name]
    return error(client, request, status, code)


def broken(client: Any, request: Any) -> AWSResponse:
    return error(client, request, 500, "InternalServerError")


def unprocessed(client: Any, request: Any) -> Any:
    """A batch of which the second half was not read; of one item, nothing."""
    asked = json.loads(request.body)
    ((table, wanted),) = asked["RequestItems"].items()
    keys, half = wanted["Keys"], len(wanted["Keys"]) // 2
    answer: dict[str, Any] = {"Responses": {table: []}}
    if half:
        asked["RequestItems"] = {table: {**wanted, "Keys": keys[:half]}}
        answer = json.loads(send(client, request, asked).content)
    answer["UnprocessedKeys"] = {table: {**wanted, "Keys": keys[half:]}}
    return AWSResponse(request.url, 200, JSON, Raw(json.dumps(answer).encode()))


def send(client: Any, request: Any, body: dict[str, Any]) -> Any:
    """The request with another body. No engine here looks at the signature."""
    text = json.dumps(body).encode()
    headers = HeadersDict({**request.headers, "Content-Length": str(len(text))})
    changed = AWSPreparedRequest(request.method, request.url, headers, text, request.stream_output)
    return client._endpoint.http_session.send(changed)


#: How each service says that it is too busy.
THROTTLES = {
    "dynamodb": (400, "ProvisionedThroughputExceededException"),
    "sqs": (400, "ThrottlingException"),
    "ssm": (400, "ThrottlingException"),
    "sesv2": (429, "TooManyRequestsException"),
    "s3": (503, "SlowDown"),
    "stripe": (429, "rate_limit"),
}
JSON = {"content-type": "application/x-amz-json-1.0"}


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Sequence[bytes]:
        return [self.body]


def error(client: Any, request: Any, status: int, code: str) -> AWSResponse:
    """A service's refusal, in the words of its protocol."""
    if client.meta.service_model.service_name == "s3":
        text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
        return AWSResponse(request.url, status, {"content-type": "application/xml"}, Raw(text.encode()))
    return _error(request, status, code)


def _error(request: Any, status: int, code: str, **more: Any) -> AWSResponse:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **more}
    headers = JSON | {"x-amzn-ErrorType": code}
    return AWSResponse(request.url, status, headers, Raw(json.dumps(body).encode()))
