"""A streak, every day of it explained, and what its learner wants of it."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.learning.rests import Told
from chalicelib.learning.streaks import Day, Vacation
from chalicelib.web.reading import Flag, In, Out

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
LONGEST_VACATION = 60


class StreakQuery(In):
    days: Annotated[int, Field(ge=1, le=366, description="How many of the latest days are explained.")] = 30


class VacationIn(In):
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> "VacationIn":
        if not 0 <= (self.last - self.first).days < LONGEST_VACATION:
            raise ValueError(f"must last from 1 to {LONGEST_VACATION} days")
        return self


class StreakPatch(In):
    """Only what is sent is changed. Days of rest count from tomorrow; what is over cannot be changed."""

    model_config = ConfigDict(json_schema_extra=example(rest_days=["saturday", "sunday"], shown=True))

    rest_days: Annotated[list[Weekday], Field(max_length=3)] | None = None
    vacations: Annotated[list[VacationIn], Field(max_length=10)] | None = None
    shown: Flag | None = None

    def weekdays(self) -> list[int] | None:
        return None if self.rest_days is None else [WEEKDAYS.index(each) for each in self.rest_days]

    def absences(self) -> list[Vacation] | None:
        return None if self.vacations is None else [Vacation(each.first, each.last) for each in self.vacations]


class DayOut(Out):
    date: date
    state: Annotated[str, Field(description="active, pending, frozen, rest, vacation, travel or missed.")]
    reason: str
    lessons: int
    minutes: int
    streak: Annotated[int, Field(description="How long the streak was at the end of the day.")]
    freezes: int


class VacationOut(Out):
    first: date
    last: date


class StreakOut(Out):
    current: Annotated[int, Field(description="Active days in a row; days that are forgiven do not count.")]
    longest: int
    today: date
    time_zone: str
    learned_today: bool
    freezes: Annotated[int, Field(description="In stock, at most 2.")]
    days_to_next_freeze: Annotated[int, Field(description="Active days; 0 where the stock is full.")]
    rest_days: list[str]
    vacations: list[VacationOut]
    shown: bool
    days: Annotated[list[DayOut], Field(description="The newest last.")]

    @classmethod
    def of(cls, result: Any) -> "StreakOut":
        told: Told = result
        return _out(told)


def _out(told: Told) -> StreakOut:
    account = told.account
    rests = told.wishes.rests[-1].weekdays if told.wishes.rests else frozenset()
    return StreakOut(
        current=account.current,
        longest=account.longest,
        today=account.today,
        time_zone=told.zone,
        learned_today=any(day.date == account.today and day.state == "active" for day in account.days[-2:]),
        freezes=account.freezes,
        days_to_next_freeze=account.days_to_next_freeze,
        rest_days=[WEEKDAYS[each] for each in sorted(rests)],
        vacations=[VacationOut(first=each.first, last=each.last) for each in told.wishes.vacations],
        shown=told.is_shown,
        days=[_day(day) for day in account.days[-told.newest :]],
    )


def _day(day: Day) -> DayOut:
    return DayOut(
        date=day.date,
        state=day.state,
        reason=day.reason,
        lessons=day.lessons,
        minutes=day.seconds // 60,
        streak=day.streak,
        freezes=day.freezes,
    )
