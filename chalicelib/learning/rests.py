"""What a learner wants of their streak: weekdays of rest, vacations, whether it is shown. And the streak itself.

Wishes are about days to come: rest begins tomorrow and vacations today, so nobody rewrites a day that they missed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from chalicelib.catalog.courses import Outdated, edited
from chalicelib.errors import FieldError, Invalid, Stale
from chalicelib.learning import activity, streaks
from chalicelib.learning.records import Streak
from chalicelib.learning.streaks import DAY, Account, Rest, Vacation, Wishes
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import change, put_new, together

#: So many days are told where nothing else is asked for.
DAYS_TOLD = 30


class VacationInThePast(Invalid):
    """A vacation begins today or later; one that has begun may end yesterday at the earliest."""


class StreakChanged(Outdated):
    """What you wish of your streak has changed since you read it; read it again."""


@dataclass(frozen=True, slots=True)
class Told:
    """A streak with its wishes, as its learner is told of it: with the newest days, so many. `ver` is of the wishes."""

    account: Account
    wishes: Wishes
    is_shown: bool
    zone: str
    ver: int
    newest: int = DAYS_TOLD


def streak(act: Act, zone: str, newest: int = DAYS_TOLD) -> Told:
    """The caller's streak, every day of it explained."""
    key = keys.streak(act.actor)
    return replace(_told(act, zone, act.read([key]).get(key)), newest=newest)


def _told(act: Act, zone: str, wished: Record | None) -> Told:
    days = activity.by_day(reads.all_of(keys.learner(act.actor), prefix="DAYS#"))
    wishes = wishes_of(wished)
    account = streaks.account(days, wishes, zone, act.now)
    is_shown = not isinstance(wished, Streak) or bool(wished.shown)
    return Told(account, wishes, is_shown, zone, _ver(wished))


def _ver(wished: Record | None) -> int:
    return int(wished.ver) if isinstance(wished, Streak) else 0


def wishes_of(record: Record | None) -> Wishes:
    if not isinstance(record, Streak):
        return Wishes()
    return Wishes(
        [Rest(date.fromisoformat(each["since"]), frozenset(each["weekdays"])) for each in record.rest_days],
        [Vacation(date.fromisoformat(each["first"]), date.fromisoformat(each["last"])) for each in record.vacations],
    )


def wish(
    act: Act,
    zone: str,
    rest_days: Sequence[int] | None,
    vacations: Sequence[Vacation] | None,
    is_shown: bool | None,
    expected: int | None = None,
) -> Told:
    """Change what is not None. Wishing what is so already writes nothing."""

    def attempt() -> Told:
        key = keys.streak(act.actor)
        found = act.read([key]).get(key)
        before = found if isinstance(found, Streak) else None
        if expected is not None and _ver(before) != expected:
            raise StreakChanged
        changes = _changes(act.now, zone, before, rest_days, vacations, is_shown)
        return _wished(act, zone, before, changes) if changes else _told(act, zone, before)

    return edited(act, attempt)


def _changes(
    now: datetime,
    zone: str,
    before: Streak | None,
    rest_days: Sequence[int] | None,
    vacations: Sequence[Vacation] | None,
    is_shown: bool | None,
) -> dict[str, Any]:
    today, wishes = activity.day_of(now, zone), wishes_of(before)
    wanted: dict[str, Any] = {}
    if rest_days is not None and frozenset(rest_days) != _resting(wishes):
        wanted["rest_days"] = _rests(wishes, Rest(today + DAY, frozenset(rest_days)))
    if vacations is not None:
        wanted["vacations"] = _vacations(_merged(wishes, vacations, today))
    if is_shown is not None:
        wanted["shown"] = is_shown
    seen = before or Streak()
    return {name: value for name, value in wanted.items() if getattr(seen, name) != value}


def _resting(wishes: Wishes) -> frozenset[int]:
    return wishes.rests[-1].weekdays if wishes.rests else frozenset()


def _rests(wishes: Wishes, new: Rest) -> list[dict[str, Any]]:
    kept = [each for each in wishes.rests if each.since < new.since]
    return [{"since": each.since.isoformat(), "weekdays": sorted(each.weekdays)} for each in (*kept, new)]


def _vacations(vacations: Sequence[Vacation]) -> list[dict[str, Any]]:
    return [{"first": each.first.isoformat(), "last": each.last.isoformat()} for each in vacations]


def _merged(wishes: Wishes, wanted: Sequence[Vacation], today: date) -> list[Vacation]:
    """What is over stays as it was; one that is under way goes on as wished, or ended yesterday."""
    under_way = {each.first for each in wishes.vacations if each.first < today <= each.last + DAY}
    wrong = [
        FieldError(f"vacations.{number}", "in_the_past", "This is over.")
        for number, each in enumerate(wanted)
        if each.first < today and (each.first not in under_way or each.last < today - DAY)
    ]
    if wrong:
        raise VacationInThePast(errors=wrong)
    past = [each for each in wishes.vacations if each.first < today and each.first not in {one.first for one in wanted}]
    ended = [each._replace(last=min(each.last, today - DAY)) for each in past]
    return sorted({*ended, *wanted})


def _wished(act: Act, zone: str, before: Streak | None, changes: Mapping[str, Any]) -> Told:
    after: Streak
    if before is None:
        key = keys.streak(act.actor)
        after = Streak.under(key, ver=1, created_at=act.now, updated_at=act.now, **changes)
        write = put_new(after, otherwise=Stale())
    else:
        after = Streak.from_raw_data(before.serialize())
        for name, value in changes.items():
            setattr(after, name, value)
        write = change(before, *(getattr(Streak, name).set(value) for name, value in changes.items()), now=act.now)
    fact = act.fact("streak.changed", act.actor, audience=[act.actor], fields=sorted(changes))
    return together(act, write, fact=fact, result=_told(act, zone, after))
