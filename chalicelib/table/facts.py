"""Facts: what happened, one per change, written in the transaction of the change and told through the stream.

A fact carries ids and names, no personal text. What a change replaced by what goes to a detail item in the partition
of the person it belongs to, where an erasure finds it.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.clock import new_id
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.record import MomentAttribute, Record, moment_text, words

#: How the ids of people begin.
PERSON = "usr_"
#: Nothing of ours is older.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[!\"$-~]{1,200}")
#: Ids of what belongs to one person end in theirs, as `enr_<course>-<user>` does.
_BELONGS = re.compile(r"[a-z]+_\S+-([0-9A-HJKMNP-TV-Z]{26})")


@dataclass(frozen=True, slots=True)
class Fact:
    """`name` is `<noun>.<what happened>`; `audience` are the people in whose event feed it appears."""

    id: str
    name: str
    actor: str
    subject: str
    at: datetime
    request_id: str
    audience: Sequence[str] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)
    subject_ver: int | None = None
    version: int = 1

    @property
    def owner(self) -> str:
        """Whose personal data goes with it: the person it is about or whose id its subject ends in, or who did it."""
        if self.subject.startswith(PERSON):
            return self.subject
        belongs = _BELONGS.fullmatch(self.subject)
        return PERSON + belongs[1] if belongs else self.actor

    @property
    def minute(self) -> str:
        return minute_of(self.at)

    @property
    def shard(self) -> str:
        return shard_of(self.id, settings.fact_shards)

    def message(self) -> str:
        """As text for a queue."""
        return json.dumps({**asdict(self), "at": moment_text(self.at)}, separators=(",", ":"))


def from_message(text: str) -> Fact:
    """Refuses (ValueError, KeyError, TypeError) what `message` did not write."""
    document = json.loads(text)
    return _sound(Fact(**{**document, "at": datetime.fromisoformat(document["at"])}))


def _sound(fact: Fact) -> Fact:
    """Refuses (ValueError) what fits the fields by chance: one such fact must not fail in the midst of a batch."""
    sound = {
        **{name: _is_id(getattr(fact, name)) for name in ("id", "name", "actor", "subject", "request_id")},
        "audience": isinstance(fact.audience, list | tuple) and all(map(_is_id, fact.audience)),
        "payload": isinstance(fact.payload, Mapping),
        "at": isinstance(fact.at, datetime) and fact.at.tzinfo is not None and fact.at >= EARLIEST,
        "subject_ver": isinstance(fact.subject_ver, int | None),
        "version": isinstance(fact.version, int),
    }
    if wrong := [name for name, holds in sound.items() if not holds]:
        raise ValueError(f"no fact of ours, by its {', '.join(wrong)}")
    return fact


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def minute_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def shard_of(id: str, shards: int) -> str:
    return str(hashlib.sha256(id.encode()).digest()[0] % shards)


class FactRecord(Record, discriminator="fact"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    actor = UnicodeAttribute()
    subject = UnicodeAttribute()
    at = MomentAttribute()
    request_id = UnicodeAttribute()
    audience = words()
    payload = JSONAttribute()
    subject_ver = NumberAttribute(null=True)
    version = NumberAttribute()

    def fact(self) -> Fact:
        return Fact(
            id=self.id,
            name=self.name,
            actor=self.actor,
            subject=self.subject,
            at=self.at,
            request_id=self.request_id,
            audience=tuple(self.audience),
            payload=self.payload,
            subject_ver=None if self.subject_ver is None else int(self.subject_ver),
            version=int(self.version),
        )


class DetailRecord(Record, discriminator="detail"):
    """Personal values of one change, salted: the audit chain holds only their hash, so that they can be erased."""

    fact_id = UnicodeAttribute()
    salt = UnicodeAttribute()
    values = JSONAttribute()

    withheld = frozenset({"salt"})

    def hash(self) -> str:
        return detail_hash(self.salt, self.values)


def detail_hash(salt: str, values: Mapping[str, Any]) -> str:
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{salt}|{canonical}".encode()).hexdigest()


def record(fact: Fact) -> FactRecord:
    made: FactRecord = FactRecord.under(
        keys.fact(fact.minute, fact.shard, fact.id),
        id=fact.id,
        name=fact.name,
        actor=fact.actor,
        subject=fact.subject,
        at=fact.at,
        request_id=fact.request_id,
        audience=list(fact.audience),
        payload=dict(fact.payload),
        subject_ver=fact.subject_ver,
        version=fact.version,
        ttl=timedelta(days=settings.fact_days),
    )
    return made


def from_image(image: Mapping[str, Any]) -> Fact:
    """The fact in a stream record's new image, read without knowing any other kind of item."""
    made = FactRecord()
    made.deserialize({name: value for name, value in image.items() if name in FactRecord.get_attributes()})
    return _sound(made.fact())


def detail(owner: str, fact: Fact, values: Mapping[str, Any]) -> DetailRecord:
    made: DetailRecord = DetailRecord.under(
        keys.detail(owner, fact.id), fact_id=fact.id, salt=new_id("salt"), values=dict(values), created_at=fact.at
    )
    return made
