"""`Idempotency-Key`: the answer is stored in the transaction of its effect and replayed for a day.

A repeat costs no extra trip unless it fails: its own transaction then finds the stored answer, or the rule refuses
because the effect is already there. Either way the door looks the answer up before it reports the failure.
Answers that carry credentials are stored without them; what they are made from again is stored instead.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.errors import Invalid, Malformed
from chalicelib.keyring import keys
from chalicelib.table import keys as table_keys
from chalicelib.table import reads
from chalicelib.table.record import MomentAttribute, Record, moment_text
from chalicelib.table.writes import AnswerRecorded, Write, put_new

HOURS = 24
LONGEST = 255


class IdempotencyKeyInvalid(Malformed):
    """An idempotency key is up to 255 printable ASCII characters."""


class IdempotencyKeyReused(Invalid):
    """This idempotency key was used for a different request."""


class AnswerRecord(Record, discriminator="answer"):
    fingerprint = UnicodeAttribute()
    status = NumberAttribute()
    body = UnicodeAttribute()
    location = UnicodeAttribute(null=True)
    seed = JSONAttribute(null=True)
    #: What its ETag says of the version that it shows.
    shown = NumberAttribute(null=True)
    expires_at = MomentAttribute()


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: the body as JSON text, and the seed of the credentials that were left out of it.

    `etag` is that of a body that was prepared with it; only reads have one. `ver` is the version that it shows.
    """

    status: int
    body: str
    location: str | None = None
    seed: dict[str, Any] | None = None
    etag: str | None = None
    ver: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One request with a key: whose, which, and what exactly it asks."""

    digest: str
    asked: str
    now: datetime

    def storing(self, answer: Answer, owner: str) -> Write:
        """The write that keeps the answer, filed under the person of whom it tells, whose erasure takes it along."""
        expires = self.now + timedelta(hours=HOURS)
        record = AnswerRecord.under(
            table_keys.answer(self.digest),
            fingerprint=keys().signed("idempotency", self.asked),
            status=answer.status,
            body=answer.body,
            location=answer.location,
            seed=answer.seed,
            shown=answer.ver,
            expires_at=expires,
            ttl=expires,
            gsi1pk=table_keys.answers_to(owner),
            gsi1sk=moment_text(expires),
        )
        return put_new(record, unless=AnswerRecord.expires_at <= self.now, otherwise=AnswerRecorded())

    def stored(self) -> Answer | None:
        """The answer already given to this key; refused where the key was used for something else."""
        record = reads.one(AnswerRecord, table_keys.answer(self.digest))
        if record is None or record.expires_at <= self.now:
            return None
        if not keys().proves("idempotency", self.asked, record.fingerprint):
            raise IdempotencyKeyReused
        shown = None if record.shown is None else int(record.shown)
        return Answer(int(record.status), record.body, record.location, record.seed, ver=shown)


def claim(key: str, subject: str, route: str, body: Any, now: datetime) -> Claim:
    """Anonymous callers share no keys across routes: their subject is the route."""
    if not key or len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return Claim(table_keys.digest(f"{subject}\x1f{key}"), f"{route}|{canonical}", now)


def held(user_id: str) -> Iterator[Record]:
    """The answers kept that tell of this person."""
    return reads.all_of(table_keys.answers_to(user_id), index="gsi1")
