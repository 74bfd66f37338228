"""The stretches of time that limits count in: fixed ones in UTC, and a person's own day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from chalicelib.settings import Quota

#: A day that was being counted when somebody changed their zone, and the second at which it ends.
HeldDay = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Window:
    """The present stretch of time of a scope, and the seconds left of it."""

    name: str
    left: int


def window(quota: Quota, now: datetime) -> Window:
    second = int(now.timestamp())
    start = second - second % quota.seconds
    return Window(str(start), start + quota.seconds - second)


def local_day(now: datetime, zone: str, held: HeldDay | None = None) -> Window:
    """The caller's own calendar day, which tier limits count by.

    Where a change of zone fell into a day, that day goes on to its end, and the one after it begins there, not before
    and not again: each date has its quota once, however often somebody moves.
    """
    here = now.astimezone(ZoneInfo(zone))
    day = here.date()
    if held is not None:
        if now.timestamp() < held[1]:
            return Window(held[0], ceil(held[1] - now.timestamp()))
        day = max(day, date.fromisoformat(held[0]) + timedelta(days=1))
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), here.tzinfo)
    return Window(day.isoformat(), max(1, ceil((end - now).total_seconds())))
