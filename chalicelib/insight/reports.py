"""The daily report: the figures of a day, kept for good, and who is told of it. The clock makes it, admins read it."""

import logging
from collections.abc import Callable
from datetime import date, timedelta

from chalicelib import logs
from chalicelib.accounts import rights
from chalicelib.errors import NotFound, ProductError
from chalicelib.insight import figures
from chalicelib.insight.records import Report
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.writes import AlreadyThere, adjust, put_new, together

#: How many days the chart shows, and of what.
CHARTED_DAYS = 14
CHARTED = "lesson.completed"

log = logging.getLogger("app.work")


class ReportUnknown(NotFound):
    """There is no report of this day."""


class Addressed(ProductError):
    """This administrator has been told. Internal."""


def make(act: Act, day: date) -> Report:
    """The report of a day that is over; made once, whatever is counted later."""
    made = _report(day)
    if made is not None:
        return made
    counts = figures.of(day)
    report: Report = Report.under(
        keys.report(day.isoformat()),
        ver=1,
        day=day.isoformat(),
        counts=counts,
        totals=figures.totals(),
        charted={**_before(day), day.isoformat(): int(counts.get(CHARTED, 0))},
        made_at=act.now,
        created_at=act.now,
        updated_at=act.now,
    )
    fact = act.fact("report.made", f"rep_{day}", ver=1)
    try:
        together(act, put_new(report), fact=fact, result=None)
    except AlreadyThere:
        return of(day)
    log.info("reported", extra=logs.facts(day=report.day, counts=report.counts, totals=report.totals))
    return report


def _before(day: date) -> dict[str, int]:
    """The days before it in its chart, oldest first. One that was never reported has figures all the same."""
    days = [day - timedelta(days=back) for back in reversed(range(1, CHARTED_DAYS))]
    found = reads.many(keys.report(each.isoformat()) for each in days)
    made = {each: found.get(keys.report(each.isoformat())) for each in days}
    counts = {each: report.counts if isinstance(report, Report) else figures.of(each) for each, report in made.items()}
    return {each.isoformat(): int(counts[each].get(CHARTED, 0)) for each in days}


def address(act: Act, report: Report, alive: Callable[[], object]) -> int:
    """Have every administrator told, each once; returns how many were left to be told."""
    told = 0
    for admin in rights.administrators():
        if admin.id not in report.told:
            told += _address(act, report, admin.id)
            alive()
    return told


def _address(act: Act, report: Report, admin: str) -> bool:
    untold = Report.pk.exists() & ~Report.told.contains(admin)
    write = adjust(report, Report.told.set(Report.told.append([admin])), where=untold, otherwise=Addressed())
    fact = act.fact("report.addressed", admin, day=report.day)
    try:
        return together(act, write, fact=fact, result=True)
    except Addressed:
        return False


def of(day: date) -> Report:
    report = _report(day)
    if report is None:
        raise ReportUnknown
    return report


def named(text: str) -> Report:
    """By what a path says; what is no day has no report."""
    try:
        day = date.fromisoformat(text)
    except ValueError as cause:
        raise ReportUnknown from cause
    return of(day)


def _report(day: date) -> Report | None:
    return reads.one(Report, keys.report(day.isoformat()))


def newest(act: Act, *, size: int, after: str | None) -> Page[Report]:
    """Reports of days, the newest first."""
    scope = Scope("reports", act.actor)
    start = reads.raw_key(keys.report(position(scope, after, act.now))) if after else None
    span = reads.span(keys.reports(), limit=size, newest_first=True, start=start)
    found = [record for record in span.records if isinstance(record, Report)]
    return Page(found, cursor(scope, found[-1].day, act.now) if span.more_after and found else None)
