"""Addresses that want no mail from us: they bounced for good, or their owner complained. The mailer asks here."""

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from chalicelib.table import keys, reads
from chalicelib.table.record import Record


class Silenced(Record, discriminator="silenced"):
    """Holds a digest, so that it says nothing about anybody once the person is forgotten."""

    reason = UnicodeAttribute()


def digest(address: str) -> str:
    return keys.digest(address.strip().lower())


def record(address: str, reason: str, now: datetime) -> Silenced:
    silenced: Silenced = Silenced.under(keys.silenced(digest(address)), reason=reason, created_at=now)
    return silenced


def is_silenced(address: str) -> bool:
    return reads.one(Silenced, keys.silenced(digest(address))) is not None
