"""What the workers have done, counted: entries of the audit chain, events in feeds, facts, letters."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.accounts import chain, feed
from chalicelib.accounts.audit import SHARDS, AuditEntry
from chalicelib.accounts.feed import Event
from chalicelib.messaging.mailer import ENDS, LetterRecord
from chalicelib.messaging.router import Ack
from chalicelib.settings import settings
from chalicelib.table import facts, keys, reads
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record


def audited(days: int = 2) -> Counter[str]:
    """How often each fact is in the audit chain, in entries written on the last days."""
    now = clock.now()
    names = [(now - timedelta(days=back)).date().isoformat() for back in range(days)]
    lists = (reads.all_of(keys.audit_of(day, str(shard))) for day in names for shard in range(SHARDS))
    return Counter(entry.fact_id for entries in lists for entry in entries if isinstance(entry, AuditEntry))


def broken_chains(days: int = 2) -> list[str]:
    """What is wrong with the audit chain of the last days."""
    today = clock.now()
    found = (chain.verify((today - timedelta(days=back)).date().isoformat()) for back in range(days))
    return [str(broken) for each in found for broken in each.broken]


def fed(person: str) -> list[Event]:
    """The whole event feed of a person, in its order."""
    return feed.since(person, 0, 10_000)


def items() -> Iterator[dict[str, Any]]:
    """The whole table."""
    asked: dict[str, Any] = {"TableName": settings.table_name, "ConsistentRead": True}
    while True:
        answer = reads.call("scan", **asked)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def records() -> Iterator[Record]:
    """Every item that is of a record's kind; counters are written without one."""
    return (Record.from_raw_data(item) for item in items() if item["kind"]["S"] != "limit")


def happenings(name: str = "") -> list[Fact]:
    """Every fact there is, or those of one name."""
    told = [facts.from_image(item) for item in items() if item["kind"]["S"] == "fact"]
    return [fact for fact in told if not name or fact.name == name]


def unsent() -> list[LetterRecord]:
    """Letters that have not come to an end."""
    return [record for record in records() if isinstance(record, LetterRecord) and record.state not in ENDS]


def untold() -> set[str]:
    """Facts that no reader has acknowledged: what lies in the outbox."""
    happened = {fact.id for fact in happenings()}
    return happened - {id for record in records() if isinstance(record, Ack) for id in record.fact_ids}
