"""What the tests of workers share: people, facts, and a mail provider that does as it is told."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws, clock
from chalicelib.accounts.records import User
from chalicelib.table import keys
from chalicelib.table.acts import by_system
from chalicelib.table.facts import Fact
from chalicelib.table.writes import alone, put, together
from infra.local.invocation import Killed

Fails = Callable[[], Exception | None]


class Kill(Killed):
    """The process ends here."""


class MailFake:
    """Stands for SES: keeps a ledger of what it accepted, and fails as `fails` says, before or after accepting."""

    def __init__(self) -> None:
        self.calls = 0
        self.accepted: list[dict[str, Any]] = []
        self.fails_before: Fails = lambda: None
        self.fails_after: Callable[[], BaseException | None] = lambda: None
        self._lock = threading.Lock()

    def send_email(self, **request: Any) -> dict[str, str]:
        with self._lock:
            self.calls += 1
        if error := self.fails_before():
            raise error
        with self._lock:
            self.accepted.append(request)
        if killed := self.fails_after():
            raise killed
        return {"MessageId": f"m{self.calls}"}


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


def person(id: str = "usr_ada", **values: Any) -> User:
    """A user item in the table, every field defaulted."""
    defaults: dict[str, Any] = {
        "id": id,
        "ver": 1,
        "username": id.removeprefix("usr_"),
        "email": f"{id.removeprefix('usr_')}@example.org",
        "password_hash": "none",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "roles": ["student"],
        "time_zone": "UTC",
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    user: User = User.under(keys.user(id), **{**defaults, **values})
    alone(put(user))
    return user


def a_fact(name: str = "user.password_changed", subject: str = "usr_ada", **values: Any) -> Fact:
    defaults: dict[str, Any] = {
        "id": clock.new_id("fct"),
        "name": name,
        "actor": subject,
        "subject": subject,
        "at": clock.now(),
        "request_id": "req_test",
        "audience": [subject],
    }
    return Fact(**{**defaults, **values})


def happened(name: str, subject: str = "usr_ada", at: datetime | None = None, **payload: Any) -> Fact:
    """A fact written to the table, as a rule would."""
    fact = a_fact(name, subject, payload=payload, **({"at": at} if at else {}))
    together(by_system("req_test"), fact=fact, result=None)
    return fact


def crowd(append: Callable[[list[Fact]], object], told: list[Fact]) -> None:
    """Four writers at once: each has a quarter of the facts, and repeats the end of its neighbour's."""
    quarter = len(told) // 4

    def write(start: int) -> None:
        mine = told[start : start + quarter] + told[start - 5 : start]
        for at in range(0, len(mine), 4):
            append(mine[at : at + 4])

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(0, len(told), quarter)))


def records(*bodies: str, receives: int = 1, prefix: str = "m") -> dict[str, Any]:
    """An SQS event as Lambda shows it. The receipts are invented, so pauses are refused and said so in the log."""
    return {
        "Records": [
            {
                "messageId": f"{prefix}{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
            }
            for number, body in enumerate(bodies)
        ]
    }


def dead(queue: str) -> list[tuple[str, str | None]]:
    """Body and reason of every dead letter of a queue."""
    sqs, url = aws.client("sqs"), aws.queue_url(f"{queue}-dead")
    found: list[tuple[str, str | None]] = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        for letter in batch:
            reason = letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
            found.append((letter["Body"], reason))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    return found


def waiting(queue: str) -> list[dict[str, Any]]:
    """Take every message out of a queue and read it."""
    sqs, url = aws.client("sqs"), aws.queue_url(queue)
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found
