"""A summary as a file for spreadsheets: a line for each day, a column for each goal. Pure."""

from collections.abc import Iterator

from chalicelib import spreadsheets
from chalicelib.goals import durations
from chalicelib.goals.periods import WEEKDAYS
from chalicelib.goals.summaries import NOTHING, Day, Summary

COLUMNS = ("date", "weekday", "entries", "logged_seconds", "logged_hours")


def of_days(summary: Summary) -> str:
    """Goals by their number and name, which may be the same twice."""
    goals = [f"{line.aim.number} {line.aim.name}" for line in summary.lines]
    return spreadsheets.text((*COLUMNS, *goals), (_row(day, summary) for day in summary.days))


def _row(day: Day, summary: Summary) -> Iterator[object]:
    seconds, entries = day.logged
    yield from (day.date, WEEKDAYS[day.date.weekday()], entries, seconds, durations.text(seconds))
    for line in summary.lines:
        yield durations.text(day.shares.get(line.aim.key, NOTHING)[0])


def filename(summary: Summary) -> str:
    return f"goals-{summary.period.first}-{summary.period.last}.csv"
