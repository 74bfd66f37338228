"""What may be asked of a summary, and what it answers: the models say what is in it, `text` writes it."""

import json
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chalicelib import rounding
from chalicelib.goals import durations, ids
from chalicelib.goals.periods import WEEKDAYS, Kind, Period
from chalicelib.goals.schemas.fields import Day as DayText
from chalicelib.goals.summaries import Day, Line, Summary, Time, Wish
from chalicelib.web.reading import In, Out

Document = dict[str, Any]


class SummaryQuery(In):
    start: Annotated[DayText, Field(description="The first day of the week or month, instead of the present one.")] | (
        None
    ) = None
    rolling: Annotated[bool, Field(description="The last 7 or 30 days up to today, instead of a calendar's.")] = False

    def wish(self, kind: Kind, goal: str | None = None) -> Wish:
        return Wish(kind, date.fromisoformat(self.start) if self.start else None, self.rolling, goal)


class PeriodOut(Out):
    """Both limits belong to it; days are those of your time zone."""

    kind: Annotated[str, Field(description="weekly or monthly.")]
    from_: Annotated[date, Field(serialization_alias="from")]
    to: date
    zone: str
    rolling: bool
    days: int


class BeforeOut(Out):
    """The period before, which is as long, or the month before."""

    from_: Annotated[date, Field(serialization_alias="from")]
    to: date
    days: int
    total_hours: str
    total_seconds: int
    entries: int


class ChangeOut(Out):
    """Compared with the period before; less is negative. `percent` is null where there was nothing before."""

    seconds: int
    percent: float | None


class SummedGoalOut(Out):
    number: int
    id: str
    goal_name: str
    category: str
    is_complete: bool
    logged_hours: str
    logged_seconds: int
    entries: int
    previous_seconds: int
    completion_percentage: Annotated[float, Field(description="Of the goal as a whole, not of the period.")]


class SummedDayOut(Out):
    date: date
    weekday: str
    logged_hours: str
    logged_seconds: int
    entries: int


class SummaryOut(Out):
    """Time that was logged for goals that exist. Days without any are there too, with zeros."""

    period: PeriodOut
    total_hours: Annotated[str, Field(description="As HH:MM:SS; there may be more than 24 hours.")]
    total_seconds: int
    entries: int
    previous: BeforeOut
    change: ChangeOut
    goals: Annotated[list[SummedGoalOut], Field(description="Every goal, also those without time in the period.")]
    days: list[SummedDayOut]


def text(summary: Summary) -> str:
    """The answer, without a model for each of its days."""
    total, before = summary.total, summary.before
    percent = rounding.growth(before.seconds, total.seconds)
    document = {
        "period": _period(summary.period, summary.zone),
        **_total(total),
        "previous": {**_limits(summary.period.before()), **_total(before)},
        "change": {"seconds": total.seconds - before.seconds, "percent": None if percent is None else float(percent)},
        "goals": [_line(summary.user, line) for line in summary.lines],
        "days": [_day(day) for day in summary.days],
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _period(period: Period, zone: str) -> Document:
    limits = _limits(period)
    days = limits.pop("days")
    return {"kind": period.kind, **limits, "zone": zone, "rolling": period.rolling, "days": days}


def _limits(period: Period) -> Document:
    return {"from": period.first.isoformat(), "to": period.last.isoformat(), "days": period.days}


def _total(time: Time) -> Document:
    return {"total_hours": durations.text(time.seconds), "total_seconds": time.seconds, "entries": time.entries}


def _logged(time: Time) -> Document:
    return {"logged_hours": durations.text(time.seconds), "logged_seconds": time.seconds, "entries": time.entries}


def _line(user: str, line: Line) -> Document:
    aim = line.aim
    return {
        "number": aim.number,
        "id": ids.goal_of(user, aim.number),
        "goal_name": aim.name,
        "category": aim.category,
        "is_complete": aim.is_complete,
        **_logged(line.logged),
        "previous_seconds": line.before.seconds,
        "completion_percentage": float(aim.percentage),
    }


def _day(day: Day) -> Document:
    return {"date": day.date.isoformat(), "weekday": WEEKDAYS[day.date.weekday()], **_logged(day.logged)}
