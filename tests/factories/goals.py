"""Goals as tests want them, made by the product's own rules and without asking the API."""

import time
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from chalicelib import clock
from chalicelib.catalog.courses import copied
from chalicelib.goals import days, entries, entry_list, goals, lesson_slots, logbook
from chalicelib.goals.days import Share
from chalicelib.goals.entries import Step
from chalicelib.goals.logbook import Wish
from chalicelib.goals.records import Goal, GoalDay, GoalEntry, GoalLedger
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import commit
from tests.bench import data

_numbers = count(1)


def act(user_id: str, at: datetime | None = None) -> Act:
    return Act(user_id, at or clock.now(), "req-of-a-factory", time.monotonic() + 20)


def a_goal(user_id: str, at: datetime | None = None, **wishes: Any) -> Goal:
    """A goal that was begun at this moment."""
    wished = {"name": f"Goal {next(_numbers)}", "category": "Primary", **wishes}
    return goals.create(act(user_id, at), wished).goal


def logged(goal: Goal, seconds: int = 1800, at: datetime | None = None, **wish: Any) -> GoalEntry:
    """Time given to a goal at this moment; `wish` says more of it, as `logged_on` or `total_seconds`."""
    doing = act(goal.user_id, at)
    return logbook.log(doing, settings.default_zone, str(int(goal.number)), Wish(seconds, **wish)).entry


def days_of(user_id: str) -> dict[str, dict[int, Share]]:
    """Every day of a person with the shares of their goals in it; days without any are left out."""
    found = reads.all_of(keys.goals_of(user_id), prefix="DAY#")
    return {each.date: shares for each in found if isinstance(each, GoalDay) and (shares := days.of(each))}


def recounted(user_id: str) -> tuple[dict[int, tuple[int, int, int]], dict[str, dict[int, Share]]]:
    """What the totals must be, by looking at every entry: of goals (logged, planned, entries), and of days."""
    of_goals, on = dict[int, tuple[int, int, int]](), dict[str, dict[int, Share]]()
    for each in reads.all_of(keys.goals_of(user_id), prefix="LOG#"):
        if isinstance(each, GoalEntry):
            number, seconds = int(each.goal), int(each.logged_seconds)
            logged, planned, amount = of_goals.get(number, (0, 0, 0))
            of_goals[number] = (logged + seconds, planned + int(each.total_seconds), amount + 1)
            shares = on.setdefault(each.logged_on, {})
            shares[number] = shares.get(number, Share()).plus(Share(seconds, 1))
    return of_goals, on


def goal_now(goal: Goal) -> Goal:
    found = reads.one(Goal, keys.goal(goal.user_id, int(goal.number)))
    assert found
    return found


def ledger_of(user_id: str) -> GoalLedger:
    found = reads.one(GoalLedger, keys.goal_ledger(user_id))
    assert found
    return found


def all_of(user_id: str) -> list[Goal]:
    return list(entry_list.living(user_id).values())


def goal_of(user_id: str, number: int) -> Goal:
    return entry_list.living(user_id)[number]


def logged_lesson(user_id: str, number: int, lesson_id: str, seconds: int, on: str) -> GoalEntry:
    """Time that came by itself when a lesson was finished."""
    goal, now = goal_of(user_id, number), clock.now()
    entry = entries.made(goal, now, on, seconds, total_seconds=seconds, source="lesson", lesson_id=lesson_id)
    day = reads.one(GoalDay, keys.goal_day(user_id, on))
    writes = entries.pieces(now, {on: day}, Step(goal, after=entry))
    taken = lesson_slots.taken(None, user_id, number, lesson_id, int(entry.number), now)
    commit([*writes, taken], act(user_id).deadline, token=clock.new_id("tst"))
    return entry


def filled(user_id: str, number: int, amount: int, last: date | None = None) -> Goal:
    """So many entries of half an hour, five on each day up to the last, with every total; written in batches."""
    goal, now, end = goal_of(user_id, number), clock.now(), last or clock.today(settings.default_zone)
    made: list[Record] = []
    on: dict[str, dict[int, Share]] = {}
    for each in range(amount):
        date_text = (end - timedelta(days=(amount - 1 - each) // 5)).isoformat()
        entry = entries.made(goal, now, date_text, 1800, total_seconds=3600, text=f"Entry {each + 1}")
        goal = copied(goal, {**Step(goal, after=entry).changes(now), "ver": int(goal.ver) + 1})
        shares = on.setdefault(date_text, {})
        shares[number] = shares.get(number, Share()).plus(Share(1800, 1))
        made.append(entry)
    for date_text, by in on.items():
        made.append(days.moved(None, user_id, date_text, by).record)
    data.store([goal, *made])
    return goal
