"""Reads that are behind: what is eventually consistent answers from a copy of the table that lags.

Emulations never lag. So a second table takes the changes after a while: queries of an index, and reads that do not ask
for consistency, are sent there. What is consistent is read from the table itself.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSResponse

from chalicelib import clock
from chalicelib.settings import settings
from tests.faults.injector import JSON, WRITES, Injector, Raw, Trip, send
from tests.faults.overlap import ItemKey, keys_of

COPY = f"{settings.table_name}-behind"
READS = frozenset({"GetItem", "BatchGetItem", "Query"})


@dataclass
class Lag:
    """`behind` is by how much the copy lags; `stale` counts the reads it answered while it lagged."""

    cloud: Any
    behind: timedelta
    stale: int = 0
    _changed: deque[tuple[datetime, ItemKey]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self, until: datetime | None = None) -> None:
        """Bring over what was changed long enough ago, or before `until`."""
        moment = until or clock.now() - self.behind
        while self._changed and self._changed[0][0] <= moment:
            _, (pk, sk) = self._changed.popleft()
            self._copy({"pk": {"S": pk}, "sk": {"S": sk}})

    def _copy(self, key: dict[str, Any]) -> None:
        table = self.cloud.client("dynamodb")
        found = table.get_item(TableName=settings.table_name, Key=key, ConsistentRead=True).get("Item")
        if found is None:
            table.delete_item(TableName=COPY, Key=key)
        else:
            table.put_item(TableName=COPY, Item=found)

    def note(self, trip: Trip) -> bool:
        """A write on its way: its items will be behind."""
        if trip.operation in WRITES:
            with self._lock:
                self.catch_up()
                self._changed.extend((clock.now(), key) for key in keys_of(json.loads(trip.request.body)))
        return False

    def answer(self, client: Any, request: Any) -> AWSResponse:
        """The read, from the copy. Its answer names the table that was asked."""
        with self._lock:
            self.catch_up()
            self.stale += bool(self._changed)
        asked = json.loads(request.body.decode().replace(f'"{settings.table_name}"', f'"{COPY}"'))
        answer = send(client, request, asked)
        text = answer.content.replace(f'"{COPY}"'.encode(), f'"{settings.table_name}"'.encode())
        return AWSResponse(request.url, answer.status_code, JSON, Raw(text))


@contextmanager
def lagging(injector: Injector, cloud: Any, behind: timedelta) -> Iterator[Lag]:
    """For a while, everything that is not consistent lags behind."""
    lag = Lag(cloud, behind)
    _make_copy(cloud)
    injector.break_when(lag.note, lambda *_: None)
    injector.break_when(lambda trip: trip.operation in READS and not consistent(trip.request), lag.answer)
    try:
        yield lag
    finally:
        injector.heal()
        cloud.client("dynamodb").delete_table(TableName=COPY)


def consistent(request: Any) -> bool:
    asked = json.loads(request.body)
    if "RequestItems" in asked:
        return all(table.get("ConsistentRead", False) for table in asked["RequestItems"].values())
    return bool(asked.get("ConsistentRead", False))


def _make_copy(cloud: Any) -> None:
    """A table like ours, with all that is in it."""
    table = cloud.client("dynamodb")
    made = table.describe_table(TableName=settings.table_name)["Table"]
    indexes = {
        where: [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in made[where]]
        for where in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    }
    table.create_table(
        TableName=COPY,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=made["AttributeDefinitions"],
        KeySchema=made["KeySchema"],
        **indexes,
    )
    for page in table.get_paginator("scan").paginate(TableName=settings.table_name):
        for item in page["Items"]:
            table.put_item(TableName=COPY, Item=item)
