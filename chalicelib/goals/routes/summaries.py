"""Summaries of a week or a month, of all goals or of one: as numbers, as a chart, as a file for a spreadsheet."""

import base64
import hashlib

from chalicelib import spreadsheets
from chalicelib.goals import chart_style, charts, summaries, tables
from chalicelib.goals.goals import GoalUnknown
from chalicelib.goals.periods import Kind
from chalicelib.goals.schemas.summaries import SummaryOut, SummaryQuery, text
from chalicelib.goals.summaries import Summary
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Prepared, Reply, Routes

routes = Routes(tag="Goals")

SVG, CSV = "image/svg+xml", "text/csv"
_HASH = base64.b64encode(hashlib.sha256(chart_style.STYLE.encode()).digest()).decode()
#: A chart that is opened by itself may have its own style, and nothing else.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"
Request = Ask[None, SummaryQuery]


def _summary(ask: Request, kind: Kind, goal: str | None = None) -> Summary:
    return summaries.of(ask.caller.id, ask.caller.zone, ask.now, ask.query.wish(kind, goal))


def _numbers(summary: Summary) -> Reply:
    return Reply(prepared=Prepared(text(summary)))


def _chart(summary: Summary) -> Reply:
    headers = {"Content-Type": f"{SVG}; charset=utf-8", "Content-Security-Policy": POLICY}
    return Reply(prepared=Prepared(charts.drawn(summary)), headers=headers)


def _file(summary: Summary) -> Reply:
    headers = {"Content-Type": spreadsheets.MEDIA, **spreadsheets.named(tables.filename(summary))}
    return Reply(prepared=Prepared(tables.of_days(summary)), headers=headers)


@routes.get("/summary/weekly", policy=signed_in, gives=SummaryOut)
def weekly_summary(ask: Request) -> Reply:
    """Your week: time per goal and day, compared with the week before

    From Monday to Sunday in your time zone; with `rolling=true` the last 7 days, with `start` the 7 days from there.
    Always as fresh as the newest entry. Send the `ETag` back as `If-None-Match`: what has not changed is a 304.
    """
    return _numbers(_summary(ask, "weekly"))


@routes.get("/summary/weekly/chart.svg", policy=signed_in, media=SVG)
def weekly_chart(ask: Request) -> Reply:
    """Your week as a chart: hours per day, coloured by goal, before those of the week before

    An SVG with title and description, in light and dark. To show it, fetch it with your token.
    """
    return _chart(_summary(ask, "weekly"))


@routes.get("/summary/weekly/days.csv", policy=signed_in, media=CSV)
def weekly_days(ask: Request) -> Reply:
    """Your week for a spreadsheet: a line for each day, a column for each goal"""
    return _file(_summary(ask, "weekly"))


@routes.get("/summary/weekly/{goal}", policy=signed_in, gives=SummaryOut, errors=(GoalUnknown,))
def weekly_summary_of_goal(ask: Request, goal: str) -> Reply:
    """One goal in your week, by its number or id"""
    return _numbers(_summary(ask, "weekly", goal))


@routes.get("/summary/weekly/{goal}/chart.svg", policy=signed_in, media=SVG, errors=(GoalUnknown,))
def weekly_chart_of_goal(ask: Request, goal: str) -> Reply:
    """One goal in your week, as a chart"""
    return _chart(_summary(ask, "weekly", goal))


@routes.get("/summary/weekly/{goal}/days.csv", policy=signed_in, media=CSV, errors=(GoalUnknown,))
def weekly_days_of_goal(ask: Request, goal: str) -> Reply:
    """One goal in your week, for a spreadsheet"""
    return _file(_summary(ask, "weekly", goal))


@routes.get("/summary/monthly", policy=signed_in, gives=SummaryOut)
def monthly_summary(ask: Request) -> Reply:
    """Your month: time per goal and day, compared with the month before

    The calendar's month in your time zone; with `rolling=true` the last 30 days, with `start` the month from there.
    Always as fresh as the newest entry. Send the `ETag` back as `If-None-Match`: what has not changed is a 304.
    """
    return _numbers(_summary(ask, "monthly"))


@routes.get("/summary/monthly/chart.svg", policy=signed_in, media=SVG)
def monthly_chart(ask: Request) -> Reply:
    """Your month as a chart: hours per day, coloured by goal, before those of the month before

    An SVG with title and description, in light and dark. To show it, fetch it with your token.
    """
    return _chart(_summary(ask, "monthly"))


@routes.get("/summary/monthly/days.csv", policy=signed_in, media=CSV)
def monthly_days(ask: Request) -> Reply:
    """Your month for a spreadsheet: a line for each day, a column for each goal"""
    return _file(_summary(ask, "monthly"))


@routes.get("/summary/monthly/{goal}", policy=signed_in, gives=SummaryOut, errors=(GoalUnknown,))
def monthly_summary_of_goal(ask: Request, goal: str) -> Reply:
    """One goal in your month, by its number or id"""
    return _numbers(_summary(ask, "monthly", goal))


@routes.get("/summary/monthly/{goal}/chart.svg", policy=signed_in, media=SVG, errors=(GoalUnknown,))
def monthly_chart_of_goal(ask: Request, goal: str) -> Reply:
    """One goal in your month, as a chart"""
    return _chart(_summary(ask, "monthly", goal))


@routes.get("/summary/monthly/{goal}/days.csv", policy=signed_in, media=CSV, errors=(GoalUnknown,))
def monthly_days_of_goal(ask: Request, goal: str) -> Reply:
    """One goal in your month, for a spreadsheet"""
    return _file(_summary(ask, "monthly", goal))
