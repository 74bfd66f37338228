"""When a schedule is due next: EventBridge Scheduler's `rate()` and `cron()` as one pure function."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UNITS = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
DAYS = {name: number for number, name in enumerate(("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"), start=1)}
NAMES = {name.upper(): number for name, number in (MONTHS | DAYS).items()}
HORIZON_DAYS = 366 * 8  # Every date a cron expression can name returns within eight years (29 February around 2100).


class BadExpression(ValueError):
    """A schedule expression that EventBridge Scheduler would refuse, or one the local cloud does not know."""


def next_after(expression: str, zone: str, moment: datetime) -> datetime | None:
    """The first time (UTC) after `moment` that the expression names in `zone`; None when there is none any more.

    A rate counts from midnight 1970 UTC, so that a restart does not put it off. A local time that the change to
    summer time skips is skipped; one that the change back repeats counts once: both as EventBridge Scheduler has it.
    """
    kind, body = parsed(expression)
    if kind == "rate":
        return next_of_rate(body, moment)
    return next(cron(body).after(moment, ZoneInfo(zone)), None)


def parsed(expression: str) -> tuple[str, str]:
    match = re.fullmatch(r"(rate|cron)\((.+)\)", expression.strip())
    if not match:
        raise BadExpression(f"Not a rate(...) or cron(...): {expression}")
    return match[1], match[2]


def next_of_rate(body: str, moment: datetime) -> datetime:
    match = re.fullmatch(r"(\d+) (minute|hour|day)s?", body.strip())
    if not match or int(match[1]) == 0:
        raise BadExpression(f"Not a rate: {body}")
    step = int(match[1]) * UNITS[match[2]]
    return datetime.fromtimestamp((moment.timestamp() // step + 1) * step, UTC)


@dataclass(frozen=True)
class Cron:
    """The six fields as sets of numbers; the two day fields stay text because they depend on the month."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]

    def after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every due time after `moment`, in order."""
        first = moment.astimezone(zone).date()
        for day in (first + timedelta(days=offset) for offset in range(HORIZON_DAYS)):
            if not self.on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    due = datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
                    skipped = due.astimezone(zone).time() != time(hour, minute)
                    if due > moment and not skipped:
                        yield due

    def on(self, day: date) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and day_matches(self.days, day)
            and weekday_matches(self.weekdays, day)
        )


def cron(body: str) -> Cron:
    fields = body.upper().split()
    if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?"):
        raise BadExpression(f"A cron has six fields, exactly one of its two day fields being '?': {body}")
    minutes, hours, days, months, weekdays, years = fields
    day_matches(days, date(2026, 1, 1))  # A mistake is told now, not on the day it matters.
    weekday_matches(weekdays, date(2026, 1, 1))
    return Cron(
        numbers(minutes, 0, 59),
        numbers(hours, 0, 23),
        days,
        numbers(months, 1, 12),
        weekdays,
        numbers(years, 1970, 2199),
    )


def day_matches(field: str, day: date) -> bool:
    if field == "?":
        return True
    if field == "L":
        return day.day == calendar.monthrange(day.year, day.month)[1]
    return day.day in numbers(field, 1, 31)


def weekday_matches(field: str, day: date) -> bool:
    if field == "?":
        return True
    weekday = day.isoweekday() % 7 + 1  # Sunday is 1
    if match := re.fullmatch(r"(\w+)#([1-5])", field):
        return weekday == number(match[1], 1, 7) and (day.day - 1) // 7 + 1 == int(match[2])
    if match := re.fullmatch(r"(\w+)L", field):
        return weekday == number(match[1], 1, 7) and (day + timedelta(days=7)).month != day.month
    return weekday in numbers(field, 1, 7)


def numbers(field: str, low: int, high: int) -> frozenset[int]:
    """The numbers that a field of lists, ranges and steps stands for."""
    return frozenset(value for part in field.split(",") for value in part_numbers(part, low, high))


def part_numbers(part: str, low: int, high: int) -> range:
    span, slash, step = part.partition("/")
    start, dash, end = span.partition("-")
    first = low if start == "*" else number(start, low, high)
    last = number(end, low, high) if dash else high if slash or start == "*" else first
    if last < first or (slash and not step.isdigit()) or step == "0":
        raise BadExpression(f"Not a part of a cron: {part}")
    return range(first, last + 1, int(step or 1))


def number(text: str, low: int, high: int) -> int:
    value = NAMES.get(text, int(text) if text.isdigit() else None)
    if value is None or not low <= value <= high:
        raise BadExpression(f"Not between {low} and {high} in a cron: {text}")
    return value
