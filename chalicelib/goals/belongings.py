"""What goals hold of a person, for their export and their erasure: see `accounts/privacy.py`."""

from collections.abc import Iterator

from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import alone, delete


def held(user_id: str) -> Iterator[Record]:
    """Goals, those given up too, entries, days and the ledger: all of it lies in one partition."""
    yield from reads.all_of(keys.goals_of(user_id))


def erase(_: Act, user_id: str) -> None:
    """Nothing is left, and no reminder is due. Repeatable at any point."""
    for record in held(user_id):
        alone(delete(record))
