"""Where a film stopped, and how much of it was seen. Players report every few seconds, so this is told to nobody.

The position is the last one sent, also a smaller one; the seconds only grow. What was seen is added to the learner's
day at most once a minute.
"""

from datetime import datetime

from chalicelib.errors import Stale
from chalicelib.learning.records import Watched
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, put


def moved(
    before: Watched | None, key: Key, ordinal: int, now: datetime, position: int | None, seconds: int | None
) -> Watched:
    """The film after this report."""
    seen = before or _unseen(key, ordinal, now)
    made: Watched = Watched.under(
        key,
        ordinal=ordinal,
        position=int(seen.position) if position is None else position,
        seconds=max(int(seen.seconds), seconds or 0),
        counted=int(seen.counted),
        created_at=seen.created_at,
        updated_at=now,
    )
    return made


def _unseen(key: Key, ordinal: int, now: datetime) -> Watched:
    made: Watched = Watched.under(key, ordinal=ordinal, created_at=now)
    return made


def uncounted(film: Watched) -> int:
    return int(film.seconds) - int(film.counted)


def counted(film: Watched) -> Watched:
    """The same where all of it is in the learner's day, which is written together with it."""
    film.counted = film.seconds
    return film


def kept(film: Watched, before: Watched | None) -> Write:
    """Refused where another device has been further meanwhile; its own repeat passes."""
    further = Watched.seconds <= int(film.seconds)
    same = Watched.counted.is_in(*{int(film.counted), int(before.counted) if before else 0})
    return put(film, where=Record.pk.does_not_exist() | (further & same), otherwise=Stale())
