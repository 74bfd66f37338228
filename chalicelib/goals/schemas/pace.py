"""The forecast of a goal as it is answered, with the numbers it was made of."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import Field

from chalicelib.goals import pace
from chalicelib.goals.forecasts import Pace
from chalicelib.goals.pace import Basis, Verdict
from chalicelib.web.reading import Out

_HOUR, _HUNDREDTH = Decimal(3600), Decimal("0.01")
VERDICTS = " ".join(f"`{verdict}`: {meaning}" for verdict, meaning in pace.MEANINGS.items())


class RecentOut(Out):
    """What the pace is made of: days of your time zone, today included."""

    days: int
    from_day: date
    to_day: date
    logged_seconds: int


class PaceOut(Out):
    """A forecast. Seconds are whole; hours are the same numbers with two decimals."""

    number: int
    goal_id: str
    goal_name: str
    verdict: Annotated[Verdict, Field(description=VERDICTS)]
    reasons: Annotated[list[str], Field(description="The verdict in sentences, with the numbers it rests on.")]
    as_of: date
    zone: str
    basis: Annotated[
        Basis | None,
        Field(description="The goal's target, or the lessons of its course, or what its entries had planned."),
    ]
    required_seconds: int | None
    logged_seconds: int
    remaining_seconds: Annotated[
        int | None, Field(description="Of a course, the minutes of the lessons that are not done.")
    ]
    recent: RecentOut
    pace_seconds_per_week: int
    pace_hours_per_week: float
    finish_on: Annotated[date | None, Field(description="The last day of work at that pace.")]
    deadline: date | None
    days_left: Annotated[int | None, Field(description="With today and the day of the deadline.")]
    needed_seconds_per_week: Annotated[
        int | None, Field(description="Until the deadline; in its last week all that is left.")
    ]
    needed_hours_per_week: float | None

    @classmethod
    def of(cls, result: Any) -> "PaceOut":
        shown: Pace = result
        said = shown.forecast
        known, needed = said.known, said.needed_per_week
        return cls(
            number=int(shown.goal.number),
            goal_id=shown.goal.id,
            goal_name=shown.goal.name,
            verdict=said.verdict,
            reasons=pace.reasons(said),
            as_of=known.today,
            zone=shown.zone,
            basis=known.basis,
            required_seconds=known.required,
            logged_seconds=int(shown.goal.logged_seconds),
            remaining_seconds=known.remaining,
            recent=_recent(shown),
            pace_seconds_per_week=said.per_week,
            pace_hours_per_week=_hours(said.per_week),
            finish_on=said.finish_on,
            deadline=known.deadline,
            days_left=said.days_left,
            needed_seconds_per_week=needed,
            needed_hours_per_week=None if needed is None else _hours(needed),
        )


def _recent(shown: Pace) -> RecentOut:
    said = shown.forecast
    today = said.known.today
    return RecentOut(
        days=said.window, from_day=today - (said.window - 1) * pace.DAY, to_day=today, logged_seconds=said.recent
    )


def _hours(seconds: int) -> float:
    return float((Decimal(seconds) / _HOUR).quantize(_HUNDREDTH, ROUND_HALF_UP))
