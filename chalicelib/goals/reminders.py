"""Reminders of goals for which nothing was done: who is looked at when, and reminding a person once per date.

While one of their goals is active, a person's ledger stands in an index under the date on which the first of them may
have been idle for long enough. Entries do not touch that date: whoever was busy is filed anew when it has come.
`schedules/remind_goals` walks over those whose date has come, `functions/remind_people` reminds each.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from chalicelib.accounts.records import User
from chalicelib.catalog.ids import ULID
from chalicelib.errors import Unavailable
from chalicelib.goals import ledgers
from chalicelib.goals.records import Goal, GoalLedger
from chalicelib.messaging import queues, silence
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import alone, persistently, together

QUEUE = "reminders"
#: The kind of mail that people may refuse.
KIND = "reminders"
#: People per query; the clock says after each page how far it is.
PAGE = 100
DAY = timedelta(days=1)
_USER = re.compile(rf"usr_{ULID}")


class NotAsked(Unavailable):
    """Some messages could not be put into the queue."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Remind this person of what is idle on this date."""

    user: str
    on: date


def ask(on: date, cursor: str, done: Callable[[str], object]) -> int:
    """Put everybody who is due by this date into the queue; returns how many.

    `cursor` is where an earlier walk stopped, "" at first; `done` is told it after each page.
    """
    asked = 0
    for people, after in _due(on, cursor):
        messages = [json.dumps({"user": user, "on": on.isoformat()}, separators=(",", ":")) for user in people]
        if queues.send_many(QUEUE, messages):
            raise NotAsked(retry_after=1)
        asked += len(people)
        done(after)
    return asked


def _due(on: date, cursor: str) -> Iterator[tuple[list[str], str]]:
    """Pages of people, each with the cursor that leads on after it. The index lags; each ledger is read anew."""
    first, _, place = cursor.partition(" ")
    for shard in range(int(first or 0), ledgers.SHARDS):
        more = True
        while more:
            between = (f"{place}~" if place else "0", f"{on}~")
            span = reads.span(keys.reminders(str(shard)), index="gsi2", between=between, limit=PAGE)
            places = [str(each.gsi2sk) for each in span.records]
            more = span.more_after is not None
            if places:
                place = places[-1]
                yield [each.partition("#")[2] for each in places], f"{shard} {place}"
        place = ""


def read(body: str) -> Asked:
    """What `ask` wrote; refuses anything else (ValueError, KeyError, TypeError)."""
    document = json.loads(body)
    asked = Asked(document["user"], date.fromisoformat(document["on"]))
    if not _USER.fullmatch(asked.user) or asked.on.year == date.max.year:
        raise ValueError("nobody, or never")
    return asked


def remind(act: Act, asked: Asked) -> str:
    """Have a person reminded, unless they are not due (any more); returns what became of it.

    May be called twice, late, and by several at once: each write takes the ledger's turn and moves its date on.
    """
    return persistently(act, partial(_remind, act, asked.user, asked.on))


def _remind(act: Act, user_id: str, on: date) -> str:
    place = keys.goal_ledger(user_id), keys.user(user_id)
    found = reads.many(place)
    ledger, user = (found.get(key) for key in place)
    if not isinstance(ledger, GoalLedger) or not is_due(ledger, on):
        return "not due"
    goals = _active(user_id)
    waiting = waiting_goals(ledger, goals, on)
    if not waiting:
        alone(ledgers.changed(ledger, _filed(ledger, goals, ledger.reminded, on)))
        return "filed anew" if goals else "nothing to remind of"
    if not isinstance(user, User) or is_quiet(user) or silence.is_silenced(user.email):
        # Nothing is written: they stay due, and are reminded on the first night on which they may be.
        return "quiet"
    return _tell(act, ledger, goals, waiting, on)


def is_due(ledger: GoalLedger, on: date) -> bool:
    due = ledgers.due_of(ledger)
    return due is not None and due <= on


def is_quiet(user: User) -> bool:
    """Whoever is banned, erased or about to be, or does not want this kind of mail, is not reminded."""
    return bool(user.banned_at or user.erasure_due or user.erased_at) or KIND in user.refused_mail


def _active(user_id: str) -> list[Goal]:
    found = reads.all_of(keys.goals_of(user_id), prefix="GOAL#")
    return [each for each in found if isinstance(each, Goal) and each.status == "active"]


def waiting_goals(ledger: GoalLedger, goals: list[Goal], on: date) -> list[Goal]:
    """Those to remind of on this date. A date has one reminder, whatever came to wait after it was sent."""
    if ledger.reminded_on == on.isoformat():
        return []
    return [goal for goal in goals if next_of(goal, ledger.reminded) <= on]


def next_of(goal: Goal, reminded: Mapping[str, str]) -> date:
    """The date of a goal's next reminder: counted from its last activity or from the last reminder, the later one."""
    last = reminded.get(str(int(goal.number)))
    again = date.fromisoformat(last) + timedelta(days=settings.reminder_days) if last else date.min
    return max(ledgers.due_after(goal.active_at), again)


def is_idle(goal: Goal, on: date) -> bool:
    """Whether a reminder that was meant for this date still tells the truth."""
    return goal.status == "active" and ledgers.due_after(goal.active_at) <= on


def _tell(act: Act, ledger: GoalLedger, goals: list[Goal], waiting: list[Goal], on: date) -> str:
    numbers = [int(goal.number) for goal in waiting]
    reminded = {**ledger.reminded, **{str(number): on.isoformat() for number in numbers}}
    changes = {"reminded": reminded, "reminded_on": on.isoformat(), **_filed(ledger, goals, reminded, on)}
    fact = act.fact("goals.reminded", ledger.user_id, audience=[ledger.user_id], date=on.isoformat(), goals=numbers)
    together(act, ledgers.changed(ledger, changes), fact=fact, result=None)
    return "reminded"


def _filed(ledger: GoalLedger, goals: list[Goal], reminded: Mapping[str, str], on: date) -> dict[str, Any]:
    """Under the date of the next reminder, after this one; out of the index where no goal is active."""
    if not goals:
        return ledgers.filed(ledger, None)
    return ledgers.filed(ledger, max(on + DAY, min(next_of(goal, reminded) for goal in goals)))
