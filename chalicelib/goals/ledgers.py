"""What belongs to all goals of a person at once: the next number, how many live, which count a course's lessons, and
when the clock of reminders has to look at them. Every transaction that makes or removes a goal changes it.

The functions give the changes of the ledger, `changed` the write that makes them; rules add them up.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import Stale
from chalicelib.goals.records import GoalLedger
from chalicelib.settings import settings
from chalicelib.table import facts, keys
from chalicelib.table.keys import Key
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, put

#: Parts of the index of reminders; a person is always in the same one.
SHARDS = 16


def of(found: Mapping[Key, Record], user_id: str) -> GoalLedger:
    """The ledger as it was read; an empty one where the person never had a goal."""
    ledger = found.get(keys.goal_ledger(user_id))
    return ledger if isinstance(ledger, GoalLedger) else empty(user_id)


def empty(user_id: str) -> GoalLedger:
    made: GoalLedger = GoalLedger.under(keys.goal_ledger(user_id), user_id=user_id)
    return made


def changed(ledger: GoalLedger, changes: Mapping[str, Any]) -> Write:
    """The ledger with these changes; refused as stale where somebody else took the turn since it was read."""
    seen = int(ledger.turn)
    values = {**ledger.attribute_values, **changes, "turn": seen + 1}
    after = GoalLedger(**{name: value for name, value in values.items() if name not in _FIXED and value is not None})
    unturned = Record.pk.does_not_exist() if seen == 0 else GoalLedger.turn == seen
    return put(after, where=unturned, otherwise=Stale())


#: The record says these of itself.
_FIXED = frozenset({"kind"})


def entered(ledger: GoalLedger, course_id: str | None) -> dict[str, Any]:
    """One more goal, which takes the next number."""
    number = int(ledger.last_number) + 1
    return {"last_number": number, "live": int(ledger.live) + 1, **moved(ledger, number, course_id)}


def left(ledger: GoalLedger, number: int) -> dict[str, Any]:
    """One goal less, and nothing more of it."""
    reminded = {goal: day for goal, day in ledger.reminded.items() if goal != str(number)}
    return {"live": int(ledger.live) - 1, "reminded": reminded, **moved(ledger, number, None)}


def moved(ledger: GoalLedger, number: int, course_id: str | None) -> dict[str, Any]:
    """A goal counts the lessons of this course now, or of none."""
    courses = {course: [each for each in goals if each != number] for course, goals in ledger.courses.items()}
    if course_id is not None:
        courses[course_id] = [*courses.get(course_id, ()), number]
    return {"courses": {course: goals for course, goals in courses.items() if goals}}


def filed(ledger: GoalLedger, due: date | None) -> dict[str, Any]:
    """In the index of reminders under the date on which to look again; None takes it out."""
    if due is None:
        return {"gsi2pk": None, "gsi2sk": None}
    return {"gsi2pk": keys.reminders(shard_of(ledger.user_id)), "gsi2sk": f"{due}#{ledger.user_id}"}


def filed_by(ledger: GoalLedger, now: datetime) -> dict[str, Any]:
    """The same for a goal that is active from now on. The date that stands may be later where a clock was struck with
    a date in the future.
    """
    due = due_after(now)
    return filed(ledger, min(due, due_of(ledger) or due))


def resumed(ledger: GoalLedger, number: int, now: datetime) -> dict[str, Any]:
    """The same for a goal that is active again: whoever takes it up is not reminded of it in the next night.

    There is always something to write, so the turn is taken also where the date stays: whoever looks at this moment
    and finds no active goal must not take the ledger out of the index afterwards.
    """
    return {"reminded": {**ledger.reminded, str(number): day_of(now).isoformat()}, **filed_by(ledger, now)}


def due_of(ledger: GoalLedger) -> date | None:
    """The date under which it is filed."""
    return None if ledger.gsi2sk is None else date.fromisoformat(str(ledger.gsi2sk).partition("#")[0])


def shard_of(user_id: str) -> str:
    return facts.shard_of(user_id, SHARDS)


def due_after(moment: datetime) -> date:
    """When a goal for which something was done at this moment is idle for long enough, if that stays the last."""
    return day_of(moment) + timedelta(days=settings.reminder_days)


def day_of(moment: datetime) -> date:
    """The date of a moment where midnight is when the clock of reminders strikes."""
    return moment.astimezone(ZoneInfo(settings.reminder_zone)).date()
