"""The days on which somebody learned: an item per month in their own zone, written with what was done.

`activity` says what stands in a day; streaks and "continue learning" read it. Two devices take turns by `turn`; no fact
tells of it.
"""

from datetime import datetime, timedelta

from chalicelib.errors import Stale
from chalicelib.learning import activity
from chalicelib.learning.records import Days
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import Write, put, put_new

#: A film that plays is noted this often; a finished lesson at once.
PAUSE = timedelta(minutes=1)
#: How late a device may tell what was done.
LATE = timedelta(days=7)


def key(user_id: str, now: datetime, zone: str) -> Key:
    """Where the present month of a learner is."""
    return keys.days(user_id, f"{activity.day_of(now, zone):%Y-%m}")


def moment_of(done_at: datetime | None, now: datetime) -> datetime:
    """When something was learned. A device that was offline may be some days late; nothing counts for a day to come,
    and what is older than that counts for today.
    """
    return done_at if done_at is not None and now - LATE <= done_at <= now else now


def day_of(moment: datetime, zone: str) -> str:
    """The day that counts what was learned at this moment; the fact of a finished lesson says it."""
    return activity.day_of(moment, zone).isoformat()


def is_due(days: Record | None, course_id: str, now: datetime) -> bool:
    """Whether this course has not been noted within the last minute."""
    last = days.courses.get(course_id) if isinstance(days, Days) else None
    return last is None or now - datetime.fromisoformat(last) >= PAUSE


def noted(
    days: Record | None,
    user_id: str,
    course_id: str | None,
    now: datetime,
    zone: str,
    *,
    lessons: int = 0,
    seconds: int = 0,
) -> Write:
    """The month with this much more; guarded by the turn that was seen. A lesson may have no course."""
    seen = days if isinstance(days, Days) else None
    day = day_of(now, zone)
    had = seen.days if seen else {}
    last = seen.courses.get(course_id, "") if seen and course_id else ""
    opened = {course_id: max(last, moment_text(now))} if course_id else {}
    turn = int(seen.turn) if seen else 0
    made: Days = Days.under(
        key(user_id, now, zone),
        days={**had, day: activity.noted(had.get(day), now, zone, lessons=lessons, seconds=seconds)},
        courses={**(seen.courses if seen else {}), **opened},
        turn=turn + 1,
        created_at=seen.created_at if seen else now,
        updated_at=now,
    )
    return put(made, where=Days.turn == turn, otherwise=Stale()) if seen else put_new(made, otherwise=Stale())
