"""What the catalogue holds of a person outside of their courses, for their export and their erasure.

Courses and what they show outlive the account of who made them: learners have them. See `accounts/privacy.py`.
"""

from collections.abc import Iterator

from chalicelib.catalog.records import Media
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import adjust, alone


def held(user_id: str) -> Iterator[Record]:
    """All uploads."""
    return reads.all_of(keys.media_of(user_id))


def erase(_: Act, user_id: str) -> None:
    """What somebody called their files is gone; the files lie under numbers. Repeatable at any point."""
    for record in held(user_id):
        if isinstance(record, Media) and record.filename:
            alone(adjust(record, Media.filename.set(""), where=Media.id.exists()))
