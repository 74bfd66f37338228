"""Putting messages into queues. The router and the sweeper send, the batch loop buries what nobody can digest."""

import logging
import re
from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, logs

#: How often a message is received before it is given up, as the template says it (a test compares the two).
RECEIVES = {
    "emails": 15,
    "projections": 8,
    "certificates": 10,
    "receipts": 10,
    "history": 8,
    "catalog": 8,
    "mail-events": 8,
    "counters": 8,
    "media": 8,
    "reminders": 8,
    "payments": 15,
    "stripe-events": 15,
}

MOST = 10
LARGEST_BYTES = 256 * 1024
LONGEST_REASON = 512
# The name and the type of the attribute count towards the size of a message.
REASON_BYTES = len("reason") + len("String")
_UNSENDABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

log = logging.getLogger("app.queues")


def send_many(queue: str, messages: Sequence[str], *, delay: int = 0) -> list[int]:
    """Send all, to be seen after `delay` seconds; returns the indexes of those that the queue did not take."""
    failed: list[int] = []
    for start, chunk in _chunks(messages):
        failed += [start + place for place in _send(queue, chunk, delay)]
    return failed


def _chunks(messages: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of messages that one call may carry, each with the index of its first."""
    start, chunk, size = 0, list[str](), 0
    for index, message in enumerate(messages):
        weight = len(message.encode())
        if chunk and (len(chunk) == MOST or size + weight > LARGEST_BYTES):
            yield start, chunk
            start, chunk, size = index, [], 0
        chunk.append(message)
        size += weight
    if chunk:
        yield start, chunk


def _send(queue: str, messages: list[str], delay: int) -> list[int]:
    waiting = {"DelaySeconds": delay} if delay else {}
    entries = [{"Id": str(place), "MessageBody": message, **waiting} for place, message in enumerate(messages)]
    try:
        answer = aws.client("sqs").send_message_batch(QueueUrl=aws.queue_url(queue), Entries=entries)
    except (ClientError, BotoCoreError) as error:
        log.warning("queue refused a batch", extra=logs.facts(queue=queue, count=len(entries), error=str(error)))
        return list(range(len(messages)))
    return [int(each["Id"]) for each in answer.get("Failed", ())]


def dead_letter(queue: str, body: str, reason: str) -> str:
    """Bury a copy of a message with the reason of its death; raises botocore's errors where even that fails.

    Returns the letter's id, for the log: a body of the full size leaves no room for a reason beside it.
    """
    room = LARGEST_BYTES - len(body.encode()) - REASON_BYTES
    told = _UNSENDABLE.sub("?", reason)[:LONGEST_REASON].encode()[: max(room, 0)].decode(errors="ignore")
    attributes = {"reason": {"DataType": "String", "StringValue": told}} if told else {}
    answer = aws.client("sqs").send_message(
        QueueUrl=aws.queue_url(f"{queue}-dead"), MessageBody=body, MessageAttributes=attributes
    )
    return str(answer["MessageId"])
