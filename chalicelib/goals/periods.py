"""Weeks and months as summaries tell them: which days, and which days came before. Pure; days are local dates.

An entry keeps the date it was made for, so no period is counted in hours, and a change of clocks takes nothing away.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from chalicelib.errors import Invalid, invalid

Kind = Literal["weekly", "monthly"]
DAY = timedelta(days=1)
#: How long a period is that ends today and moves on with each day.
ROLLING: dict[Kind, int] = {"weekly": 7, "monthly": 30}
#: Nothing can have been logged before.
FIRST = date(2000, 1, 1)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Period:
    """Both limits belong to it."""

    kind: Kind
    first: date
    last: date
    rolling: bool = False

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_whole_month(self) -> bool:
        return self.kind == "monthly" and not self.rolling and self.first.day == 1

    def dates(self) -> list[date]:
        return [self.first + number * DAY for number in range(self.days)]

    def before(self) -> "Period":
        """The one that it is compared with, which ends the day before."""
        last = self.first - DAY
        if self.kind == "monthly" and not self.rolling:
            return Period(self.kind, _months_on(self.first, -1), last)
        return Period(self.kind, last - (self.days - 1) * DAY, last, self.rolling)


def today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def period(kind: Kind, day: date, *, start: date | None = None, rolling: bool = False) -> Period:
    """The period of this day, which is today; or the one that begins on `start`."""
    if start is not None:
        return _from(kind, day, start, rolling=rolling)
    if rolling:
        return Period(kind, day - (ROLLING[kind] - 1) * DAY, day, rolling=True)
    if kind == "weekly":
        return _week(day - day.weekday() * DAY)
    return _month(day.replace(day=1))


def _from(kind: Kind, day: date, start: date, *, rolling: bool) -> Period:
    if rolling:
        raise invalid("start", "not_with_rolling", "A rolling period ends today; leave out one of the two.")
    if start > day:
        raise _outside("It has not come yet.")
    if start < FIRST:
        raise _outside(f"Nothing is older than {FIRST}.")
    return _week(start) if kind == "weekly" else _month(start)


def _outside(why: str) -> Invalid:
    return invalid("start", "out_of_range", why)


def _week(first: date) -> Period:
    return Period("weekly", first, first + 6 * DAY)


def _month(first: date) -> Period:
    """Up to the day before the same day of the next month; where that has no such day, up to its last."""
    following = _months_on(first, 1)
    return Period("monthly", first, following - DAY if following.day == first.day else following)


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, _length(year, month + 1)))


def _length(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - DAY).day
