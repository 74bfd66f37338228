"""A queue in virtual time: what waits in the engine's queue is taken out and worked off by the clock of the tests.

The engine's own pauses take real minutes. This one keeps Lambda's and SQS's rules: batches, receive counts, pauses the
worker asks for, the visibility time-out where it asks for none, dead letters after the last receive.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, cycle
from types import SimpleNamespace
from typing import Any, Protocol

from chalicelib import aws, clock
from chalicelib.messaging import mailer
from infra.local.cloud import Cloud
from infra.local.invocation import imported, invoke
from infra.local.queue_source import QueueSource, as_record
from infra.local.source import failed_items
from infra.local.template import Template

PAUSE = "before-call.sqs.ChangeMessageVisibility"


class Clock(Protocol):
    def move_to(self, destination: datetime) -> None: ...


@dataclass(order=True)
class Message:
    due: float
    number: int
    raw: dict[str, Any] = field(compare=False)
    receives: int = field(default=0, compare=False)


class VirtualQueue:
    """Takes over from the queue source of one function; `workers` instances of it run, each with its own breaker."""

    def __init__(self, template: Template, cloud: Cloud, source: QueueSource, workers: int = 1) -> None:
        self.cloud, self.source = cloud, source
        self.name = source.trigger.queue
        queues = template.of_type("AWS::SQS::Queue")
        properties = next(each.properties for each in queues if each.properties["QueueName"] == self.name)
        self.visibility = float(properties["VisibilityTimeout"])
        self.most_receives = int(properties["RedrivePolicy"]["maxReceiveCount"])
        self.waiting: list[Message] = []
        self.receives: dict[str, int] = {}
        self.pauses: dict[str, int] = {}
        self.dead = 0
        self._numbers = count()
        self._breakers = cycle([mailer.Breaker() for _ in range(workers)])

    def fill(self) -> int:
        """Take everything that waits in the engine's queue; it is due at once."""
        taken = 0
        while messages := self.source.receive():
            self.source.delete(messages)
            for raw in messages:
                heapq.heappush(self.waiting, Message(clock.now().timestamp(), next(self._numbers), raw))
            taken += len(messages)
        return taken

    def work_off(self, traveller: Clock) -> datetime:
        """Let the clock go from one due message to the next until none is left; returns when that was."""
        with self._pauses_noted():
            while self.waiting:
                moment = max(self.waiting[0].due, clock.now().timestamp())
                traveller.move_to(datetime.fromtimestamp(moment, UTC))
                self.run_one(self._batch(moment))
        return clock.now()

    def run_one(self, batch: Sequence[Message]) -> None:
        mailer.breaker = next(self._breakers)
        run = invoke(
            imported,
            self.source.function.handler,
            {"Records": [self._record(message) for message in batch]},
            self.source.function.timeout,
        )
        failed = failed_items(run, [str(message.number) for message in batch], self.source.trigger.partial)
        for message in batch:
            if str(message.number) in failed:
                self._put_back(message)

    def _batch(self, moment: float) -> list[Message]:
        batch: list[Message] = []
        while self.waiting and self.waiting[0].due <= moment and len(batch) < self.source.trigger.batch_size:
            message = heapq.heappop(self.waiting)
            message.receives += 1
            self.receives[message.raw["MessageId"]] = message.receives
            batch.append(message)
        return batch

    def _record(self, message: Message) -> dict[str, Any]:
        attributes = {**message.raw.get("Attributes", {}), "ApproximateReceiveCount": str(message.receives)}
        known = {"MessageId": str(message.number), "ReceiptHandle": str(message.number), "Attributes": attributes}
        return as_record({**message.raw, **known}, self.name)

    def _put_back(self, message: Message) -> None:
        if message.receives >= self.most_receives:
            self.dead += 1
            url = self.cloud.client("sqs").get_queue_url(QueueName=f"{self.name}-dead")["QueueUrl"]
            self.cloud.client("sqs").send_message(QueueUrl=url, MessageBody=message.raw["Body"])
            return
        message.due = clock.now().timestamp() + self.pauses.pop(str(message.number), self.visibility)
        heapq.heappush(self.waiting, message)

    @contextmanager
    def _pauses_noted(self) -> Iterator[None]:
        """The worker asks SQS for a pause; here it is answered."""

        def note(params: Any, **_: Any) -> Any:
            asked = aws_arguments(params)
            self.pauses[asked["ReceiptHandle"]] = int(asked["VisibilityTimeout"])
            return SimpleNamespace(status_code=200), {"ResponseMetadata": {"HTTPStatusCode": 200}}

        events, breaker = aws.client("sqs").meta.events, mailer.breaker
        events.register_first(PAUSE, note)
        try:
            yield
        finally:
            events.unregister(PAUSE, note)
            mailer.breaker = breaker


def aws_arguments(params: Any) -> dict[str, Any]:
    """What a call was made with, read from the request that botocore has prepared."""
    arguments: dict[str, Any] = json.loads(params["body"])
    return arguments
