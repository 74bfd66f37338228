"""Summaries: how much time went to which goals on which days, and how much before. Its routes call this.

Nothing is kept for them. The days of a person lie before their goals in one collection, so a query from a day on has
all that a summary of the present tells, however many entries there are; time of goals that were deleted is left out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from chalicelib import rounding
from chalicelib.goals import periods
from chalicelib.goals.goals import GoalUnknown, number_of
from chalicelib.goals.periods import Kind, Period
from chalicelib.table import keys, reads

#: Days after the period up to which reading past them costs less than a second query.
NEAR = timedelta(days=31)
HIGHEST = 10**12 - 1
Item = Mapping[str, Mapping[str, Any]]
#: {number of a goal: [seconds, entries]}, as days keep it, and {date: these}.
Shares = Mapping[str, Sequence[int]]
Logged = Mapping[str, Shares]
#: What is asked for of days, then of goals.
TOLD = (
    *("date", "goals"),
    *("number", "name", "category", "status", "logged_seconds", "planned_seconds", "target_seconds"),
)


class Time(NamedTuple):
    """What was logged."""

    seconds: int = 0
    entries: int = 0


NOTHING = Time()


@dataclass(frozen=True, slots=True)
class Aim:
    """What a summary says of a goal itself."""

    number: int
    name: str
    category: str
    is_complete: bool
    percentage: Decimal

    @property
    def key(self) -> str:
        """By which days know it."""
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Line:
    """A goal with its time in the period, and in the one before."""

    aim: Aim
    logged: Time
    before: Time


@dataclass(frozen=True, slots=True)
class Day:
    """A day with all its time, and which goals it belongs to."""

    date: date
    logged: Time
    shares: Shares


@dataclass(frozen=True, slots=True)
class Summary:
    """`goal` is the number of the only one that it is about."""

    user: str
    zone: str
    period: Period
    goal: int | None
    lines: list[Line]
    days: list[Day]
    logged: Logged

    @property
    def total(self) -> Time:
        return summed(line.logged for line in self.lines)

    @property
    def before(self) -> Time:
        return summed(line.before for line in self.lines)

    def previous(self) -> list[Day]:
        """The days of the period before, which charts show; numbers do not take them one by one."""
        return _days(self.period.before(), self.logged, {line.aim.key for line in self.lines})


class Wish(NamedTuple):
    """Which period is asked for, and of which goal, as paths name it."""

    kind: Kind
    start: date | None = None
    rolling: bool = False
    goal: str | None = None


def of(user: str, zone: str, now: datetime, wish: Wish) -> Summary:
    """The summary of a period of theirs, fresh from the table. One trip where it is near to today, two otherwise."""
    today = periods.today(now, zone)
    period = periods.period(wish.kind, today, start=wish.start, rolling=wish.rolling)
    wanted = None if wish.goal is None else number_of(wish.goal, user)
    aims, logged = _read(_items(user, period, today))
    return told(user, zone, period, aims if wanted is None else _only(aims, wanted), logged, goal=wanted)


def told(user: str, zone: str, period: Period, aims: list[Aim], logged: Logged, *, goal: int | None = None) -> Summary:
    """The summary of these goals, whatever else was logged. Pure."""
    now, before = (_by_goal(each, logged) for each in (period, period.before()))
    lines = [Line(aim, now.get(aim.key, NOTHING), before.get(aim.key, NOTHING)) for aim in aims]
    days = _days(period, logged, {aim.key for aim in aims})
    return Summary(user, zone, period, goal, lines, days, logged)


def _only(aims: list[Aim], number: int) -> list[Aim]:
    found = [aim for aim in aims if aim.number == number]
    if not found:
        raise GoalUnknown
    return found


def _items(user: str, period: Period, today: date) -> Iterable[Item]:
    """Days from the first of the period before on, then all goals; of both only what is told."""
    pk, first = keys.goals_of(user), keys.goal_day(user, period.before().first.isoformat()).sk
    last_goal = keys.goal(user, HIGHEST).sk
    if period.last + NEAR >= today:
        return reads.images(pk, between=(first, last_goal), only=TOLD)
    last = keys.goal_day(user, period.last.isoformat()).sk
    goals = reads.images(pk, between=(keys.goal(user, 1).sk, last_goal), only=TOLD)
    return chain(reads.images(pk, between=(first, last), only=TOLD), goals)


def _read(items: Iterable[Item]) -> tuple[list[Aim], Logged]:
    """Straight from the wire: of a summary in 1 ms, records would take the greater part."""
    aims: list[Aim] = []
    days: dict[str, str] = {}
    for item in items:
        if "goals" in item:
            days[item["date"]["S"]] = item["goals"]["S"]
        else:
            aims.append(_aim(item))
    shares = json.loads(f"[{','.join(days.values())}]")
    return aims, dict(zip(days, shares, strict=True))


def _aim(item: Item) -> Aim:
    whole = _number(item, "target_seconds") or _number(item, "planned_seconds")
    return Aim(
        number=_number(item, "number"),
        name=item["name"]["S"],
        category=item["category"]["S"],
        is_complete=item["status"]["S"] == "completed",
        percentage=rounding.percent(_number(item, "logged_seconds"), whole),
    )


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _by_goal(period: Period, logged: Logged) -> dict[str, Time]:
    spent: dict[str, list[int]] = {}
    for day in period.dates():
        for goal, (seconds, entries) in logged.get(day.isoformat(), {}).items():
            so_far = spent.setdefault(goal, [0, 0])
            so_far[0] += seconds
            so_far[1] += entries
    return {goal: Time(*share) for goal, share in spent.items()}


def _days(period: Period, logged: Logged, known: Set[str]) -> list[Day]:
    return [_day(day, logged.get(day.isoformat(), {}), known) for day in period.dates()]


def _day(day: date, logged: Shares, known: Set[str]) -> Day:
    shares = logged if logged.keys() <= known else {goal: logged[goal] for goal in logged if goal in known}
    return Day(day, summed(shares.values()), shares)


def summed(times: Iterable[Sequence[int]]) -> Time:
    seconds = entries = 0
    for more, others in times:
        seconds += more
        entries += others
    return Time(seconds, entries)
