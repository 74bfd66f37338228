"""Breaks AWS at the botocore level, which works with every engine: lost acknowledgements, conflicts, throttling.

Also counts: every attempt to send a request is a trip. Tests of faults and of budgets use it.
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from chalicelib import aws
from chalicelib.settings import settings

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
Fault = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Trip:
    """One request to AWS: the operation, and whether the limiter's impatient client made it."""

    operation: str
    of_limiter: bool
    request: Any = field(compare=False, repr=False)

    @property
    def writes(self) -> bool:
        return self.operation in WRITES

    def __str__(self) -> str:
        return ("limiter " if self.of_limiter else "") + self.operation


class Injector:
    """Listens on every client of the API while it is open. `break_when` decides which trips meet which fault."""

    def __init__(self) -> None:
        self.trips: list[Trip] = []
        self._rules: list[tuple[Callable[[Trip], bool], Fault]] = []
        self._lock = threading.Lock()
        self._listening: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> "Injector":
        limiter = aws.client("dynamodb", attempts=1, read_seconds=settings.limiter_timeout)
        for client, of_limiter in (
            (aws.client("dynamodb"), False),
            (limiter, True),
            (aws.client("ssm"), False),
            (aws.client("sqs"), False),
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
            trip = Trip(event_name.rpartition(".")[2], of_limiter, request)
            with self._lock:
                self.trips.append(trip)
                fault = next((fault for applies, fault in self._rules if applies(trip)), None)
            return None if fault is None else fault(client, request)

        return listen

    def names(self) -> list[str]:
        return [str(trip) for trip in self.trips]

    def forget(self) -> None:
        self.trips.clear()

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


def unreachable(_: Any, request: Any) -> Any:
    raise ConnectTimeoutError(endpoint_url=request.url)


def conflict(_: Any, request: Any) -> AWSResponse:
    """Another transaction held one of the items at this moment."""
    actions = json.loads(request.body)["TransactItems"]
    reasons = [{"Code": "None"} for _ in actions]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _error(request, 400, "TransactionCanceledException", CancellationReasons=reasons)


def throttled(_: Any, request: Any) -> AWSResponse:
    return _error(request, 400, "ProvisionedThroughputExceededException")


def broken(_: Any, request: Any) -> AWSResponse:
    return _error(request, 500, "InternalServerError")


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Sequence[bytes]:
        return [self.body]


def _error(request: Any, status: int, code: str, **more: Any) -> AWSResponse:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **more}
    headers = {"content-type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))
