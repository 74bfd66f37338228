"""What a chart says: its title, its line below, what is told to those who do not see it. Pure."""

from collections.abc import Iterable
from datetime import date

from chalicelib.goals import svg
from chalicelib.goals.periods import MONTHS, WEEKDAYS, Period
from chalicelib.goals.summaries import Day, Summary


def title(summary: Summary) -> str:
    """By which the picture is known."""
    days = stretch(summary.period)
    return days if summary.goal is None else f"{svg.clean(summary.lines[0].aim.name)}, {days}"


def heads(summary: Summary) -> tuple[str, str]:
    """The large line, and the one below it."""
    days, result = stretch(summary.period), told(summary)
    if summary.goal is None:
        return days, result
    return svg.clean(summary.lines[0].aim.name), f"{days}: {result[0].lower()}{result[1:]}"


def stretch(period: Period) -> str:
    first, last = period.first, period.last
    if period.is_whole_month:
        return f"{MONTHS[first.month - 1]} {first.year}"
    if first.year != last.year:
        return f"{day_and_month(first)} {first.year} to {day_and_month(last)} {last.year}"
    begins = str(first.day) if first.month == last.month else day_and_month(first)
    return f"{begins} to {day_and_month(last)} {last.year}"


def told(summary: Summary) -> str:
    """What the picture shows, in a line."""
    total, before = summary.total.seconds, summary.before.seconds
    busy = sum(1 for day in summary.days if day.logged.seconds)
    said = f"{short(total)} on {busy} day{'s' * (busy != 1)}" if total else "Nothing was logged"
    return f"{said}, {_compared(total, before)} the {unit(summary.period)} before" if before else said


def _compared(total: int, before: int) -> str:
    if total == before:
        return "as much as in"
    return f"{short(abs(total - before))} {'more' if total > before else 'less'} than in"


def described(summary: Summary) -> str:
    """The picture without looking at it."""
    days = [_said_of(day) for day in summary.days if day.logged.seconds]
    spent = [(line.aim.name, line.logged.seconds) for line in summary.lines if line.logged.seconds]
    goals = [f"{svg.clean(name)}: {short(seconds)}" for name, seconds in spent]
    parts = [f"Bars of hours per day, coloured by goal. {told(summary)}", "; ".join(days), "; ".join(goals)]
    return ". ".join(part for part in parts if part) + "."


def of_day(day: Day, parts: Iterable[tuple[str, int]], before: int) -> str:
    """What a pointer that rests on a bar is told."""
    shares = [f"{name} {short(seconds)}" for name, seconds in parts if seconds]
    said = _said_of(day) + (f" ({', '.join(shares)})" if len(shares) > 1 else "")
    return f"{said}; before: {short(before)}" if before else said


def _said_of(day: Day) -> str:
    return f"{WEEKDAYS[day.date.weekday()]} {day_and_month(day.date)}: {short(day.logged.seconds)}"


def day_and_month(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def unit(period: Period) -> str:
    if period.rolling:
        return f"{period.days} days"
    return "week" if period.kind == "weekly" else "month"


def short(seconds: int) -> str:
    """A time as people say it."""
    hours, rest = divmod(seconds, 3600)
    minutes = rest // 60
    if hours:
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    return f"{rest} s" if rest and not minutes else f"{minutes} min"
