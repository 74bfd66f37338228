"""Streaks: how many days in a row somebody has learned, and what became of each day. Pure: days and wishes come in.

Nothing is kept of a streak but what it follows from, so an entry that arrives late repairs it by itself. A day without
learning is forgiven where the learner rests, is on vacation, or lost it by travelling; otherwise it takes a freeze,
and without one the streak ends. The more somebody has learned, the longer is their streak, whatever is added where.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from chalicelib.learning import activity
from chalicelib.learning.activity import GRACE, Activity

#: So many active days earn a freeze, and so many freezes are in stock at most.
DAYS_PER_FREEZE = 7
MOST_FREEZES = 2
#: Days on which the stock is full are on their way to the next freeze, and wait one day before it.
MOST_SAVED = DAYS_PER_FREEZE * (MOST_FREEZES + 1) - 1
DAY = timedelta(days=1)
State = Literal["active", "pending", "frozen", "rest", "vacation", "travel", "missed"]
#: What became of a day, in words.
REASONS: Mapping[State, str] = {
    "active": "You learned on this day.",
    "pending": "The day is not over: learn something to keep your streak.",
    "frozen": "You did not learn; a freeze kept your streak.",
    "rest": "It was one of your days of rest.",
    "vacation": "You were on vacation.",
    "travel": "You changed your time zone and lost this day on the way.",
    "missed": "You did not learn, and had no freeze.",
}
BY_GRACE = "You learned within the first hour after midnight, which counted for this day."


class Rest(NamedTuple):
    """These weekdays, 0 being Monday, are days of rest from this day on."""

    since: date
    weekdays: frozenset[int]


class Vacation(NamedTuple):
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a learner wants of their streak; rests are in the order of their days."""

    rests: Sequence[Rest] = ()
    vacations: Sequence[Vacation] = ()

    def rests_on(self, day: date) -> bool:
        valid = [rest for rest in self.rests if rest.since <= day]
        return bool(valid) and day.weekday() in valid[-1].weekdays

    def is_away_on(self, day: date) -> bool:
        return any(vacation.first <= day <= vacation.last for vacation in self.vacations)


@dataclass(frozen=True, slots=True)
class Day:
    """`streak` and `freezes` are as they were at its end."""

    date: date
    state: State
    reason: str
    lessons: int
    seconds: int
    streak: int
    freezes: int


@dataclass(frozen=True, slots=True)
class Account:
    """All days since the first, and where the streak stands."""

    today: date
    days: Sequence[Day] = ()
    current: int = 0
    longest: int = 0
    freezes: int = 0
    days_to_next_freeze: int = DAYS_PER_FREEZE


def account(learned: Mapping[date, Activity], wishes: Wishes, zone: str, now: datetime) -> Account:
    """What became of each day from the first on which something was learned until today."""
    today = activity.day_of(now, zone)
    if not learned:
        return Account(today)
    # Whoever has flown west may have learned on a day that has not come yet where they are now.
    last = max(today, *learned)
    run = _Run(learned, wishes, _lost_by_travelling(learned, today, zone), _open_days(today, zone, now))
    day = min(learned)
    while day <= last:
        run.live(day)
        day += DAY
    return Account(today, tuple(run.days), run.streak, run.longest, run.freezes, run.days_to_next_freeze)


@dataclass
class _Run:
    """Days lived one after another. `saved` are active days that were not spent: seven of them are a freeze."""

    learned: Mapping[date, Activity]
    wishes: Wishes
    travelled: frozenset[date]
    open: frozenset[date]
    days: list[Day] = field(default_factory=list)
    streak: int = 0
    longest: int = 0
    saved: int = 0
    #: Whether what was learned on the coming day has been counted for the one before.
    lent: bool = False

    @property
    def freezes(self) -> int:
        return min(self.saved // DAYS_PER_FREEZE, MOST_FREEZES)

    @property
    def days_to_next_freeze(self) -> int:
        """None are on their way while the stock is full."""
        return 0 if self.freezes == MOST_FREEZES else DAYS_PER_FREEZE - self.saved % DAYS_PER_FREEZE

    def live(self, day: date) -> None:
        own = self.learned.get(day)
        used_up = self.lent and own is not None and own.only_early
        self.lent = False
        if own is not None and not used_up:
            return self._active(day, REASONS["active"])
        if self.streak and not self._forgiven(day) and self._can_lend(day + DAY):
            self.lent = True
            return self._active(day, BY_GRACE)
        return self._idle(day)

    def _can_lend(self, day: date) -> bool:
        """Whether the first hour of a day may count for the day before, so that nothing is missing on the day itself:
        because more was learned on it, or nothing has to be, or it is not over, or the next one can lend in turn.
        """
        own = self.learned.get(day)
        if own is None or not own.early:
            return False
        spared = not own.only_early or self._forgiven(day) is not None or day in self.open
        return spared or self._can_lend(day + DAY)

    def _forgiven(self, day: date) -> State | None:
        if self.wishes.is_away_on(day):
            return "vacation"
        if self.wishes.rests_on(day):
            return "rest"
        return "travel" if day in self.travelled else None

    def _active(self, day: date, reason: str) -> None:
        self.streak += 1
        self.longest = max(self.longest, self.streak)
        self.saved = min(self.saved + 1, MOST_SAVED)
        self._enter(day, "active", reason)

    def _idle(self, day: date) -> None:
        state = self._forgiven(day) or ("pending" if day in self.open else None)
        if state is None and self.freezes:
            self.saved -= DAYS_PER_FREEZE
            state = "frozen"
        if state is None:
            self.streak = self.saved = 0
            state = "missed"
        self._enter(day, state, REASONS[state])

    def _enter(self, day: date, state: State, reason: str) -> None:
        own = self.learned.get(day, Activity())
        self.days.append(Day(day, state, reason, own.lessons, own.seconds, self.streak, self.freezes))


def _open_days(today: date, zone: str, now: datetime) -> frozenset[date]:
    """The days that may still become active: today, and in its first hour the day before."""
    in_grace = now - activity.beginning(today, zone) < GRACE
    return frozenset({today, today - DAY} if in_grace else {today})


def _lost_by_travelling(learned: Mapping[date, Activity], today: date, zone: str) -> frozenset[date]:
    """Days that the calendar has and the learner had not: between two zones there were fewer hours than dates.

    Between the last day in one zone and the first in another, as many dates are forgiven as whole days are missing.
    """
    stations = [(day, learned[day].zone or zone) for day in sorted(learned)]
    if today > stations[-1][0]:
        stations.append((today, zone))
    lost: set[date] = set()
    for (before, left), (after, entered) in pairwise(stations):
        if left == entered:
            continue
        hours = activity.beginning(after, entered) - activity.beginning(before + DAY, left)
        missing = (after - before).days - 1 - round(hours / DAY)
        lost |= {after - number * DAY for number in range(1, missing + 1)}
    return frozenset(lost)
