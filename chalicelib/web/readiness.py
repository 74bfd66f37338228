"""Whether the table and the queues answer. Asked by the readiness route, and by nobody on the way of a request."""

import time
from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.errors import FieldError, Unavailable
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.reads import raw_key

QUEUES = (
    "emails", "history", "projections", "counters", "catalog", "certificates", "receipts", "media", "mail-events",
    "reminders", "stripe-events", "payments",
)  # fmt: skip
#: Monitors may ask as often as they like; the table and the queues are asked once a second.
MEMORY_SECONDS = 1.0
PATIENCE = 1.0


class NotReady(Unavailable):
    """Something that the API needs does not answer; `errors` names it."""


class _Memory:
    asked = float("-inf")
    failing: frozenset[str] = frozenset()


def confirm() -> dict[str, str]:
    """Every check as "ok"; refused where one is not."""
    checks = _checks()
    if not settings.enable_cache or time.monotonic() - _Memory.asked >= MEMORY_SECONDS:
        _Memory.failing = frozenset(name for name, ask in checks.items() if not _answers(ask))
        _Memory.asked = time.monotonic()
    failing = [name for name in checks if name in _Memory.failing]
    if failing:
        errors = [FieldError(name, "failing", "This does not answer.") for name in failing]
        raise NotReady(f"Not answering: {', '.join(failing)}", errors=errors, retry_after=2)
    return dict.fromkeys(checks, "ok")


def forget() -> None:
    """Ask again at the next call (a test)."""
    _Memory.asked = float("-inf")


def _checks() -> dict[str, Callable[[], object]]:
    return {"table": _table} | {f"queue {name}": partial(_queue, name) for name in QUEUES}


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (ClientError, BotoCoreError):
        return False
    return True


def _table() -> object:
    table = aws.client("dynamodb", attempts=1, read_seconds=PATIENCE)
    return table.get_item(TableName=settings.table_name, Key=raw_key(keys.sweep("ready")))


def _queue(name: str) -> object:
    queues = aws.client("sqs", attempts=1, read_seconds=PATIENCE)
    return queues.get_queue_url(QueueName=settings.queue(name))
