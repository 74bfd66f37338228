"""Transactions that really meet: while one is under way, whoever touches one of its items gets a conflict.

The engine runs one request after the other, so nothing ever meets there. This holds each write open for a moment and
answers those that come meanwhile as DynamoDB does.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.faults.injector import WRITES, Injector, conflicting, single_conflict

ItemKey = tuple[str, str]
HOLD_SECONDS = 0.003
_WAIT = threading.Event()


class Overlap:
    """Counts the conflicts it caused. Put it on an injector with `on`."""

    def __init__(self) -> None:
        self.conflicts = 0
        self._busy: dict[ItemKey, int] = {}
        self._lock = threading.Lock()

    def on(self, injector: Injector) -> None:
        injector.break_when(lambda trip: trip.operation in WRITES, self.meet)

    def meet(self, client: Any, request: Any) -> Any:
        keys = keys_of(json.loads(request.body))
        transacts = request.headers["X-Amz-Target"].decode().endswith("TransactWriteItems")
        with self._holding(keys, transacts) as met:
            if met is None:
                _WAIT.wait(HOLD_SECONDS)
                return client._endpoint.http_session.send(request)
            time.sleep(0)
            return conflicting(request, met) if transacts else single_conflict(request)

    @contextmanager
    def _holding(self, keys: list[ItemKey], transacts: bool) -> Iterator[int | None]:
        """The place of the first item that somebody holds; None where all are free, and then ours meanwhile.

        Single writes do not conflict with one another: they hold nothing, but respect what a transaction holds.
        """
        with self._lock:
            met = next((place for place, key in enumerate(keys) if key in self._busy), None)
            if met is not None:
                self.conflicts += 1
            elif transacts:
                self._busy |= dict.fromkeys(keys, 1)
        try:
            yield met
        finally:
            if met is None and transacts:
                with self._lock:
                    for key in keys:
                        del self._busy[key]


def keys_of(body: dict[str, Any]) -> list[ItemKey]:
    """Every item that a write touches, in order."""
    if "TransactItems" in body:
        return [key for action in body["TransactItems"] for each in action.values() for key in keys_of(each)]
    place = body.get("Key") or body["Item"]
    return [(place["pk"]["S"], place["sk"]["S"])]
