"""The loop of every queue worker: each message for itself, and a report of those that must come back.

Poison goes to the dead-letter queue with its reason. What may succeed later comes back after a pause that grows with
the number of attempts: 30 s, 1, 2, 4, 8, then 15 minutes. Handlers are idempotent, a queue may deliver twice.
"""

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, logs
from chalicelib.errors import Unavailable
from chalicelib.messaging import metrics, queues

T = TypeVar("T")
Outcome = Mapping[str, Any] | None

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 900.0
JITTER = 0.2

log = logging.getLogger("app.work")


class Poison(Exception):
    """No attempt will ever succeed; the text is the reason that stands on the dead letter."""


class Later(Exception):
    """Not now. Without a number of seconds, the pause is the one that the number of attempts gives."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass
class Message(Generic[T]):
    """One record of the event while it is worked on. `content` is set once the body could be read."""

    id: str
    body: str
    receipt: str
    receives: int
    started: float = field(default_factory=time.monotonic)
    content: T | None = None


def each(
    event: Mapping[str, Any], queue: str, parse: Callable[[str], T], handle: Callable[[T], Outcome]
) -> dict[str, Any]:
    """Handle every message alone. `handle` may return words for the log line."""
    return fold(event, queue, parse, lambda contents: handle(contents[0]), most=1)


def fold(
    event: Mapping[str, Any],
    queue: str,
    parse: Callable[[str], T],
    handle: Callable[[Sequence[T]], Outcome],
    *,
    most: int | None = None,
) -> dict[str, Any]:
    """Handle the readable messages in one go; where that fails, each alone, so that one does not hold up the rest."""
    work = _Work(queue, handle)
    messages = [_message(record) for record in event.get("Records", ())]
    readable = [message for message in messages if work.read(message, parse)]
    size = most or max(len(readable), 1)
    for start in range(0, len(readable), size):
        work.do(readable[start : start + size])
    return report(work.failed)


def _message(record: Mapping[str, Any]) -> Message[Any]:
    receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return Message(record["messageId"], record["body"], record["receiptHandle"], receives)


class _Work(Generic[T]):
    """One batch being worked on, and which of its messages must come back."""

    def __init__(self, queue: str, handle: Callable[[Sequence[T]], Outcome]) -> None:
        self.queue = queue
        self.handle = handle
        self.failed: list[str] = []

    def read(self, message: Message[T], parse: Callable[[str], T]) -> bool:
        try:
            message.content = parse(message.body)
        except Poison as poison:
            self.bury(message, str(poison))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.bury(message, f"unreadable: {_summary(error)}")
        else:
            return True
        return False

    def do(self, messages: Sequence[Message[T]]) -> None:
        contents: list[Any] = [message.content for message in messages]
        try:
            outcome = self.handle(contents)
        except Exception as error:  # noqa: BLE001  # the batch loop: one message must not take the others with it
            self.sort_out(messages, error)
        else:
            for message in messages:
                self.tell("done", message, outcome or {})

    def sort_out(self, messages: Sequence[Message[T]], error: Exception) -> None:
        if len(messages) > 1 and not isinstance(error, Later | Unavailable):
            for message in messages:
                self.do([message])
            return
        for message in messages:
            self.fail(message, error)

    def fail(self, message: Message[T], error: Exception) -> None:
        expected = isinstance(error, Poison | Later | Unavailable)
        if not expected:
            log.error("worker failed", exc_info=error, extra=logs.facts(queue=self.queue, message_id=message.id))
        if isinstance(error, Poison):
            self.bury(message, str(error))
        elif message.receives >= queues.RECEIVES[self.queue]:
            self.bury(message, f"given up after {message.receives} attempts: {_summary(error)}")
        else:
            self.put_back(message, error)

    def bury(self, message: Message[T], reason: str) -> None:
        """A copy with its reason is safe before the original is reported as done, so that neither can be lost."""
        try:
            letter = queues.dead_letter(self.queue, message.body, reason)
        except (ClientError, BotoCoreError) as error:
            self.failed.append(message.id)
            self.tell("not buried", message, {"reason": reason, "error": _summary(error)})
        else:
            metrics.count("DeadLetters")
            self.tell("buried", message, {"reason": reason, "letter": letter})

    def put_back(self, message: Message[T], error: Exception) -> None:
        asked = error.seconds if isinstance(error, Later) else None
        seconds = round(pause(message.receives) if asked is None else asked)
        try:
            aws.client("sqs").change_message_visibility(
                QueueUrl=aws.queue_url(self.queue), ReceiptHandle=message.receipt, VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError) as refused:
            # It returns all the same, after the queue's own visibility time-out.
            log.warning("pause refused", extra=logs.facts(queue=self.queue, error=_summary(refused)))
        self.failed.append(message.id)
        self.tell("later", message, {"reason": _summary(error), "seconds": seconds})

    def tell(self, what: str, message: Message[T], words: Mapping[str, Any]) -> None:
        taken = round((time.monotonic() - message.started) * 1000, 1)
        known = {"queue": self.queue, "message_id": message.id, "receives": message.receives, "duration_ms": taken}
        log.info(what, extra=logs.facts(**{**known, **words}))


def pause(receives: int) -> float:
    """Seconds until the next attempt, jittered so that a thousand messages do not come back together."""
    plain = min(FIRST_PAUSE * 2.0 ** (max(receives, 1) - 1), LONGEST_PAUSE)
    return plain * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - jitter, not a secret


def _summary(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip().removesuffix(":")


def report(failed: Iterable[str]) -> dict[str, Any]:
    """A report of partial failure, as Lambda reads it."""
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
