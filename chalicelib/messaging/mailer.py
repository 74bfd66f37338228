"""Sending a letter once per key; `functions/send_email` calls it.

A lease is taken on the letter's item, the provider is called, the item is marked as sent. SES knows no idempotency
key, so one gap remains: killed between its "accepted" and our mark (or its answer lost), a letter is sent again when
the lease is over. One repeat, never a loss; `at_most_once` chooses the other way round.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib import aws, clock
from chalicelib.errors import ProductError
from chalicelib.messaging import letters, metrics, silence
from chalicelib.messaging.batches import Later, Poison
from chalicelib.messaging.letters import Letter, Rendered
from chalicelib.settings import settings
from chalicelib.table import keys, reads, writes
from chalicelib.table.record import MomentAttribute, Record

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=60)
#: Three silent calls, after which the breaker opens, must fit into the worker's 30 seconds.
READ_SECONDS = 5.0
ENDS = frozenset({"sent", "silenced", "unwanted", "uncertain"})
#: The provider says no to this very letter. Everything else may be different in an hour.
REFUSALS = frozenset({"MessageRejected", "BadRequestException"})

log = logging.getLogger("app.mail")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter and where it goes. Letters that may be refused carry a one-click `unsubscribe` address (RFC 8058)."""

    letter: Letter
    to: str
    unsubscribe: str = ""


class LetterRecord(Record, discriminator="letter"):
    """`state` is sending, waiting (for another attempt), or one of the ends."""

    state = UnicodeAttribute()
    owner = UnicodeAttribute()
    lease_until = MomentAttribute()
    attempts = NumberAttribute()
    message_id = UnicodeAttribute(null=True)
    sent_at = MomentAttribute(null=True)


class Taken(ProductError):
    """Somebody else is sending this letter."""


class Unanswered(Later):
    """The provider may have taken the letter or not."""


class Breaker:
    """After a few failures in a row the provider is left alone for a while: nobody queues up before a closed door."""

    FAILURES = 3
    PAUSE = timedelta(seconds=20)

    def __init__(self) -> None:
        self._lock = Lock()
        self.close()

    def close(self) -> None:
        self.failures = 0
        self.open_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.open_until is not None and clock.now() < self.open_until

    def failed(self) -> None:
        with self._lock:
            self.failures += 1
            if self.failures >= self.FAILURES:
                self.open_until = clock.now() + self.PAUSE


breaker = Breaker()


def deliver(key: str, compose: Callable[[], Outgoing | None], *, at_most_once: bool = False) -> str:
    """Send the letter of this key unless it is dealt with; returns what became of it.

    `compose` is called only when it is this call's turn to send; None means that nobody wants the letter any more.
    Raises `Later` where it must be tried again, `Poison` where the provider refuses this letter.
    """
    if breaker.is_open:
        raise Later("the mail provider is out of order")
    held = _claim(key, at_most_once)
    if held is None:
        return "done before"
    try:
        outgoing = compose()
        if outgoing is None:
            return _settle(held, "unwanted")
        if silence.is_silenced(outgoing.to):
            return _settle(held, "silenced")
        held.message_id = _send(outgoing, letters.render(outgoing.letter))
    except Exception as error:
        if at_most_once and isinstance(error, Unanswered):
            return _settle(held, "uncertain")
        _release(held)
        raise
    metrics.count("LettersSent")
    return _settle(held, "sent")


def _claim(key: str, at_most_once: bool) -> LetterRecord | None:
    """The letter's item with our lease on it; none where the letter is dealt with."""
    now, owner = clock.now(), clock.new_id("snd")
    found = reads.one(LetterRecord, keys.letter(key))
    if found is not None and (found.state in ENDS or (at_most_once and found.state == "sending")):
        return None
    if found is not None and found.state == "sending" and found.lease_until > now:
        raise Later("being sent by another worker", (found.lease_until - now).total_seconds() + 1)
    attempts = 1 if found is None else int(found.attempts) + 1
    fresh: LetterRecord = LetterRecord.under(
        keys.letter(key), state="sending", owner=owner, lease_until=now + LEASE, attempts=attempts, ttl=KEPT
    )
    free = LetterRecord.pk.does_not_exist() if found is None else LetterRecord.owner == found.owner
    try:
        # Our own claim, whose acknowledgement was lost, is ours.
        writes.alone(writes.put(fresh, where=free | (LetterRecord.owner == owner), otherwise=Taken()))
    except Taken as taken:
        raise Later("being sent by another worker", LEASE.total_seconds()) from taken
    return fresh


def _settle(held: LetterRecord, state: str) -> str:
    held.state = state
    held.sent_at = clock.now() if state == "sent" else None
    _write(held)
    return state


def _release(held: LetterRecord) -> None:
    """The provider did not take it, as far as we know: the next attempt need not wait for the lease."""
    held.state = "waiting"
    _write(held)


def _write(held: LetterRecord) -> None:
    try:
        writes.alone(writes.put(held, where=LetterRecord.owner == held.owner, otherwise=Taken()))
    except Taken:
        log.warning("lease was lost while sending")


def _send(outgoing: Outgoing, rendered: Rendered) -> str:
    """One call and no more: botocore would repeat a lost answer at once, and with it the letter."""
    try:
        answer = aws.client("sesv2", attempts=1, read_seconds=READ_SECONDS).send_email(**_request(outgoing, rendered))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in REFUSALS:
            breaker.close()
            raise Poison(f"refused by the mail provider: {code}") from error
        breaker.failed()
        raise Later(f"the mail provider failed: {code}") from error
    except BotoCoreError as error:
        breaker.failed()
        raise Unanswered(f"the mail provider did not answer: {type(error).__name__}") from error
    breaker.close()
    return str(answer["MessageId"])


def _request(outgoing: Outgoing, rendered: Rendered) -> dict[str, Any]:
    simple: dict[str, Any] = {
        "Subject": {"Data": rendered.subject, "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": rendered.text, "Charset": "UTF-8"},
            "Html": {"Data": rendered.html, "Charset": "UTF-8"},
        },
    }
    if outgoing.unsubscribe:
        simple["Headers"] = [
            {"Name": "List-Unsubscribe", "Value": f"<{outgoing.unsubscribe}>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        ]
    request: dict[str, Any] = {
        "FromEmailAddress": settings.mail_sender,
        "Destination": {"ToAddresses": [outgoing.to]},
        "Content": {"Simple": simple},
    }
    if settings.mail_tracking:
        request["ConfigurationSetName"] = settings.mail_tracking
    return request
