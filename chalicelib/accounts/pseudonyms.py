"""What the ML side calls a person: a random name in a partition of its own, made with the account and cut with it.

The name stands nowhere beside the person's id but in this item, which only the readers of `chalicelib/ml` may read.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import clock
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.record import Record, words
from chalicelib.table.writes import Write, delete, put_new

#: What the data of somebody who made their own account may be used for. A child's begins with nothing.
OWN_ACCOUNT = ("account",)


class Pseudonym(Record, discriminator="pseudonym"):
    """`scopes` say which datasets may have the person's rows, `heads` how far each of their items is verified there.

    `salt` is in what names their changes there, and in nothing else. The audit log keeps the ids of facts: without it,
    whoever has both could still find the rows of somebody erased.
    """

    withheld = frozenset({"heads", "salt"})

    pseudonym = UnicodeAttribute()
    salt = UnicodeAttribute()
    scopes = words()
    heads = JSONAttribute(default=dict)


class Tombstone(Record, discriminator="tombstone"):
    """That a pseudonym means nobody any more. Only the day is told, and nothing leads from here to the person."""

    pseudonym = UnicodeAttribute()
    day = UnicodeAttribute()
    subject_ver = NumberAttribute()


def made(user_id: str, scopes: Sequence[str] = OWN_ACCOUNT) -> Write:
    """Part of the transaction that makes an account, so that no later fact can bring back a name that was cut."""
    name, salt = clock.random_id("psn"), clock.random_id("slt")
    return put_new(Pseudonym.under(keys.pseudonym(user_id), pseudonym=name, salt=salt, scopes=list(scopes)))


def cut(user_id: str, last_ver: int, now: datetime) -> list[Write]:
    """Part of the transaction that erases: the name goes, and a tombstone tells so. `last_ver` is the erasure's own."""
    found = reads.one(Pseudonym, keys.pseudonym(user_id))
    if found is None:
        return []
    day = now.astimezone(UTC).date().isoformat()
    tombstone = Tombstone.under(
        keys.tombstone(day, found.pseudonym),
        pseudonym=found.pseudonym,
        day=day,
        subject_ver=last_ver,
        ttl=timedelta(days=settings.fact_days),
    )
    return [delete(found, where=Pseudonym.pk.exists()), put_new(tombstone)]


def known(user_ids: Iterable[str]) -> Mapping[str, Pseudonym]:
    """The names of those who have one."""
    wanted = {id: keys.pseudonym(id) for id in user_ids}
    found = reads.many(wanted.values())
    return {id: each for id, key in wanted.items() if isinstance(each := found.get(key), Pseudonym)}
