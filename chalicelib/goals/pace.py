"""When a goal will be reached at the pace of the last weeks, and what its deadline takes. Pure; `forecasts.py` asks.

Whole seconds and whole days go in and come out, and nothing is read from a clock, so the same numbers always give the
same forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

WINDOW = 28
#: A pace of less than a week is no pace: who begins with a long day does not keep that up every day.
SHORTEST = 7
WEEK = 7
#: What takes longer than a century has no date.
FARTHEST = 36_525
DAY = timedelta(days=1)
Verdict = Literal["reached", "on_track", "at_risk", "overdue", "no_deadline", "no_pace", "no_target"]
#: What is measured: the goal's own target, the lessons of its course, or what its entries had planned.
Basis = Literal["target", "course", "planned"]
MEANINGS: Mapping[Verdict, str] = {
    "reached": "Nothing is left to do, or you have completed it.",
    "on_track": "At your pace you finish by the deadline.",
    "at_risk": "At your pace you finish after the deadline.",
    "overdue": "The deadline has passed, and something is left.",
    "no_deadline": "It has no deadline; at your pace you finish on `finish_on`.",
    "no_pace": "You gave it no time in the last weeks, so nothing can be said of the deadline.",
    "no_target": "It has neither a target, nor a course, nor planned time, so nothing is left to measure.",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a forecast is made of. `required` and `remaining` are None where nothing says how long the goal takes.

    `days` are the seconds of the goal by day; only those of the window count. `begun` is the day it was made.
    """

    today: date
    begun: date
    is_completed: bool
    deadline: date | None
    basis: Basis | None
    required: int | None
    remaining: int | None
    days: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """`recent` seconds were given in `window` days; `finish_on` is the last day of work at that pace."""

    known: Known
    verdict: Verdict
    window: int
    recent: int
    finish_on: date | None
    days_left: int | None
    needed_per_week: int | None

    @property
    def per_week(self) -> int:
        return _half_up(self.recent * WEEK, self.window)


def forecast(known: Known) -> Forecast:
    window = window_of(known)
    first = known.today - (window - 1) * DAY
    recent = sum(seconds for day, seconds in known.days.items() if first <= day <= known.today)
    finish_on = _finish_on(known, recent, window)
    return Forecast(
        known=known,
        verdict=_verdict(known, recent, finish_on),
        window=window,
        recent=recent,
        finish_on=finish_on,
        days_left=_days_left(known),
        needed_per_week=_needed_per_week(known),
    )


def window_of(known: Known) -> int:
    """Four weeks, or since there is something to see of it, and a week at least."""
    first = min([known.begun, *(day for day, seconds in known.days.items() if seconds and day <= known.today)])
    return min(WINDOW, max(SHORTEST, (known.today - first).days + 1))


def _finish_on(known: Known, recent: int, window: int) -> date | None:
    """Today is the first of the days that are worked on."""
    if not known.remaining or not recent or known.is_completed:
        return None
    days = _up(known.remaining * window, recent)
    return known.today + (days - 1) * DAY if days <= FARTHEST else None


def _verdict(known: Known, recent: int, finish_on: date | None) -> Verdict:
    if known.is_completed or known.remaining == 0:
        return "reached"
    if known.deadline is not None and known.deadline < known.today:
        return "overdue"
    if known.remaining is None:
        return "no_target"
    if known.deadline is None:
        return "no_deadline"
    if not recent:
        return "no_pace"
    return "on_track" if finish_on is not None and finish_on <= known.deadline else "at_risk"


def _days_left(known: Known) -> int | None:
    """With today and the day of the deadline; 0 where it has passed."""
    return None if known.deadline is None else max(0, (known.deadline - known.today).days + 1)


def _needed_per_week(known: Known) -> int | None:
    """In the last week before the deadline, all that is left."""
    left = _days_left(known)
    if known.remaining is None or not left or known.is_completed:
        return None
    return _up(known.remaining * WEEK, max(left, WEEK))


def _up(part: int, whole: int) -> int:
    return -(-part // whole)


def _half_up(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)


def reasons(said: Forecast) -> list[str]:
    """The forecast in sentences, each with the numbers it rests on."""
    known, left = said.known, said.known.remaining
    sentences = [MEANINGS[said.verdict]]
    if left and known.required:
        sentences.append(f"{spoken(left)} of {spoken(known.required)} are left.")
    if said.verdict != "reached":
        sentences.append(f"You gave it {spoken(said.recent)} in the last {said.window} days.")
    if said.finish_on:
        sentences.append(f"At this pace you finish on {said.finish_on}.")
    if said.needed_per_week:
        sentences.append(f"The deadline takes {spoken(said.needed_per_week)} a week, for {said.days_left} days.")
    return sentences


def spoken(seconds: int) -> str:
    """To the minute, and never less than what it is."""
    hours, minutes = divmod(_up(seconds, 60), 60)
    return (
        " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
        or "0 min"
    )
