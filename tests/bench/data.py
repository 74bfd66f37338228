"""Data in any amount, written in batches past the API: people in the directory, sessions, events of a feed, facts."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from chalicelib import aws, clock
from chalicelib.accounts import audit, feed, names
from chalicelib.accounts.audit import AuditEntry
from chalicelib.accounts.feed import FeedHead
from chalicelib.accounts.records import Session
from chalicelib.settings import settings
from chalicelib.table import facts, keys
from chalicelib.table.facts import Fact
from chalicelib.table.record import Record
from tests.factories import people

BATCH = 25


def listed(amount: int) -> None:
    """So many more people in the directory; their names begin with b, and sort before all others'."""
    made = [people.user(f"b{number:05d}") for number in range(amount)]
    store([record for user in made for record in (names.claims(user)[0].record, user)])


def fed(person: str, amount: int) -> None:
    """So many events in this person's feed."""
    told = [_fact(person) for _ in range(amount)]
    events = [feed._record(person, number, fact) for number, fact in enumerate(told, start=1)]
    store([FeedHead.under(keys.feed_head(person), sequence=amount), *events])


def signed_in(person: str, amount: int) -> None:
    """So many living sessions of this person."""
    now = clock.now()
    made: list[Record] = []
    for _ in range(amount):
        id = clock.new_id("ses")
        session: Session = Session.under(
            keys.session(person, id),
            id=id,
            user_id=person,
            version=1,
            turn=0,
            rotated_at=now,
            expires_at=now + timedelta(days=7),
            ends_at=now + timedelta(days=30),
            device="Firefox",
            place="198.51.100.7",
            created_at=now,
        )
        made.append(session)
    store(made)


def audited(person: str, amount: int) -> None:
    """So many entries about this person in the audit log, in a chain of one part."""
    entries: list[AuditEntry] = []
    for _ in range(amount):
        entries.append(audit._entry("0", audit.today(), entries[-1] if entries else None, _fact(person), None))
    store(entries)


def told(person: str, amount: int) -> None:
    """So many facts of this minute."""
    store([facts.record(_fact(person)) for _ in range(amount)])


def _fact(person: str) -> Fact:
    return Fact(
        id=clock.new_id("fct"),
        name="user.logged_in",
        actor=person,
        subject=person,
        at=clock.now(),
        request_id=clock.new_id("req"),
        audience=[person],
        payload={"session": clock.new_id("ses")},
    )


def store(records: Sequence[Record]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_batch, (records[start : start + BATCH] for start in range(0, len(records), BATCH))))


def _batch(records: Iterable[Record]) -> None:
    puts = [{"PutRequest": {"Item": each.get_save_kwargs_from_instance()["Item"]}} for each in records]
    answer = aws.client("dynamodb").batch_write_item(RequestItems={settings.table_name: puts})
    assert not answer["UnprocessedItems"]
