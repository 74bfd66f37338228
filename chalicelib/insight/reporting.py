"""The letter that brings administrators the daily report, with a chart; `chalicelib/reactions.py` says when.

The chart is a table with coloured cells: pictures and SVG are held back or removed by many mail programs, and a cell
with a width is shown by all of them.
"""

from collections.abc import Iterator
from datetime import date

from chalicelib.accounts import mail_tokens, records
from chalicelib.catalog import money
from chalicelib.insight import figures, reports
from chalicelib.insight.letters import Bar, DailyReport, Line
from chalicelib.insight.records import Report
from chalicelib.messaging.mailer import Outgoing
from chalicelib.settings import settings
from chalicelib.table.facts import Fact


def daily_report(fact: Fact) -> Outgoing | None:
    """None for whoever administers no more, or does not want it. May be called twice: the mailer sends once."""
    user = records.user(fact.subject)
    if user is None or user.erased_at is not None or "admin" not in user.roles:
        return None
    if DailyReport.refusable_as in user.refused_mail:
        return None
    day = date.fromisoformat(fact.payload["day"])
    token = mail_tokens.unsubscribe_token(user.id, DailyReport.refusable_as)
    stop = f"{settings.public_url}/api/v1/mail/unsubscribe?token={token}"
    return Outgoing(letter(user.name, day, stop), user.email, unsubscribe=stop)


def letter(name: str, day: date, unsubscribe: str) -> DailyReport:
    report = reports.of(day)
    return DailyReport(
        name=name,
        day=f"{day.day} {day:%B %Y}",
        link=settings.web_url,
        unsubscribe=unsubscribe,
        happened=(*_happened(report), *_money(report)),
        there_are=tuple(Line(words, int(report.totals.get(what, 0))) for what, words in figures.TOTALS.items()),
        chart_title=figures.COUNTED[reports.CHARTED],
        chart_bars=bars([(date.fromisoformat(each), value) for each, value in sorted(report.charted.items())]),
    )


def _happened(report: Report) -> Iterator[Line]:
    for what, words in figures.COUNTED.items():
        yield Line(words, int(report.counts.get(what, 0)))


def _money(report: Report) -> Iterator[Line]:
    """What was paid and what went back, in each currency in which anything did."""
    for what, words in (("revenue", "Revenue"), ("returned", "Given back")):
        for currency, minor in figures.money_of(report.counts, what).items():
            yield Line(f"{words}, {currency}", money.decimal(minor))


def bars(days: list[tuple[date, int]]) -> tuple[Bar, ...]:
    """A bar for each day, the longest of full length."""
    most = max((value for _, value in days), default=0)
    return tuple(
        Bar(f"{day:%a} {day.day} {day:%b}", value, round(100 * value / most) if most else 0) for day, value in days
    )
