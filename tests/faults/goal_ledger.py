"""The ledger check of goals: every total, number, slot and reminder against the entries and facts that are there."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, TypeVar

from chalicelib import clock
from chalicelib.goals import days, ids, ledgers, reminders, summaries
from chalicelib.goals.days import Share
from chalicelib.goals.records import Goal, GoalDay, GoalEntry, GoalLedger, GoneGoal, TimedLesson
from chalicelib.goals.statuses import ACTIVE
from chalicelib.goals.summaries import Wish
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.record import Record
from tests.faults.ledger import Item, World, invariant

R = TypeVar("R", bound=Record)
DAY = timedelta(days=1)
#: A person, and the number of one of their goals.
Whose = tuple[str, int]
#: What people do with entries; each uses up one of their day.
METERED = frozenset({"goal.logged", "goal.log_changed", "goal.log_deleted"})
#: Of so many people the summaries are read.
READERS = 25
KINDS: dict[str, type[Record]] = {
    "goal": Goal,
    "gone_goal": GoneGoal,
    "goal_day": GoalDay,
    "goal_entry": GoalEntry,
    "goal_ledger": GoalLedger,
    "timed_lesson": TimedLesson,
}


def records(world: World, kind: type[R]) -> list[R]:
    """The items of a kind as the product reads them; goals that were deleted are not among the goals."""
    name = next(name for name, each in KINDS.items() if each is kind)
    return [kind.from_raw_data(raw) for raw in world.raw if raw["kind"]["S"] == name]


def goals(world: World) -> dict[Whose, Goal]:
    """Those that live and those that were given up."""
    every: list[Goal] = [*records(world, Goal), *records(world, GoneGoal)]
    return {(each.user_id, int(each.number)): each for each in every}


def logged(world: World) -> dict[Whose, list[GoalEntry]]:
    found: dict[Whose, list[GoalEntry]] = defaultdict(list)
    for each in records(world, GoalEntry):
        found[each.user_id, int(each.goal)].append(each)
    return found


def said(fact: Item) -> dict[str, Any]:
    return dict(json.loads(fact["payload"]))


def owner(record: Record) -> str:
    return str(record.pk).removeprefix("GOALS#")


@invariant
def what_people_intend_has_a_living_owner(world: World) -> Iterator[str]:
    """I12, and each lies under the key that it names."""
    for kind in KINDS:
        for item in world.all(kind):
            if item["pk"].removeprefix("GOALS#") not in world.living:
                yield f"{kind} of nobody: {item['pk']} {item['sk']}"
    for goal in records(world, Goal):
        if goal.key != keys.goal(goal.user_id, int(goal.number)):
            yield f"{goal.id} lies under {goal.key}"
    known = goals(world)
    for whose, entries in logged(world).items():
        for each in entries:
            if whose not in known or each.key != keys.goal_entry(*whose, int(each.number)):
                yield f"{each.id} lies under {each.key}"


@invariant
def goals_add_up(world: World) -> Iterator[str]:
    """I10: what a goal says of its time is the sum of its entries."""
    entries = logged(world)
    for whose, goal in goals(world).items():
        mine = entries[whose]
        should = sum(int(each.logged_seconds) for each in mine), sum(int(each.total_seconds) for each in mine)
        said = int(goal.logged_seconds), int(goal.planned_seconds)
        if (*said, int(goal.entries)) != (*should, len(mine)):
            yield f"{goal.id} says {said} of {goal.entries}, its {len(mine)} entries {should}"


@invariant
def days_of_goals_add_up(world: World) -> Iterator[str]:
    """I10: each day has the shares of its entries, and no other day has any."""
    kept = {(owner(each), each.date): days.of(each) for each in records(world, GoalDay)}
    should = shares(world)
    for place in {*kept, *should}:
        if kept.get(place, {}) != should.get(place, {}):
            yield f"{place} says {kept.get(place)}, its entries {should.get(place)}"


def shares(world: World) -> dict[tuple[str, str], dict[int, Share]]:
    found: dict[tuple[str, str], dict[int, Share]] = defaultdict(dict)
    for (user, goal), entries in logged(world).items():
        for each in entries:
            day = found[user, each.logged_on]
            day[goal] = day.get(goal, Share()).plus(Share(int(each.logged_seconds), 1))
    return found


@invariant
def summaries_are_what_a_recount_gives(world: World) -> Iterator[str]:
    """As their owners would read them now: the last thirty days, against the entries of goals that live."""
    living = {(each.user_id, int(each.number)) for each in records(world, Goal)}
    by_person: dict[str, list[GoalEntry]] = defaultdict(list)
    for (user, goal), entries in logged(world).items():
        by_person[user] += entries if (user, goal) in living else []
    for user, entries in list(by_person.items())[:READERS]:
        month = summaries.of(user, settings.default_zone, clock.now(), Wish("monthly", rolling=True))
        first, last = month.period.first.isoformat(), month.period.last.isoformat()
        inside = [int(each.logged_seconds) for each in entries if first <= each.logged_on <= last]
        if tuple(month.total) != (sum(inside), len(inside)):
            yield f"the month of {user} says {month.total}, its {len(inside)} entries {sum(inside)}"


@invariant
def numbers_of_goals_are_given_once(world: World) -> Iterator[str]:
    """From 1 to the newest, each to a goal that lives or was given up; and the ledger knows how many live."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for user, number in goals(world):
        numbers[user].append(number)
    kept = {each.user_id: each for each in records(world, GoalLedger)}
    live = Counter(each.user_id for each in records(world, Goal))
    yield from (f"{user} has goals and no ledger" for user in numbers if user not in kept)
    for user, ledger in kept.items():
        if sorted(numbers[user]) != list(range(1, int(ledger.last_number) + 1)):
            yield f"{user} has the goals {sorted(numbers[user])}, the newest number is {ledger.last_number}"
        if int(ledger.live) != live[user]:
            yield f"{user} has {live[user]} goals, the ledger says {ledger.live}"


@invariant
def numbers_of_entries_are_given_once(world: World) -> Iterator[str]:
    """As facts tell of them, also of those that are gone."""
    told: dict[Whose, list[int]] = defaultdict(list)
    for fact in world.facts.values():
        at = ids.intended(fact["subject"]) if fact["name"] == "goal.logged" else None
        if at is not None:
            told[at].append(int(said(fact)["number"]))
    entries = logged(world)
    for whose, goal in goals(world).items():
        if sorted(told[whose]) != list(range(1, int(goal.last_entry) + 1)):
            yield f"{goal.id} is at entry {goal.last_entry}, facts tell of {sorted(told[whose])}"
        yield from (f"{each.id} was never told" for each in entries[whose] if int(each.number) not in told[whose])


@invariant
def ledgers_know_the_courses_of_goals(world: World) -> Iterator[str]:
    should: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for each in records(world, Goal):
        if each.course_id is not None:
            should[each.user_id][each.course_id].append(int(each.number))
    for ledger in records(world, GoalLedger):
        said = {course: sorted(numbers) for course, numbers in ledger.courses.items()}
        if said != {course: sorted(numbers) for course, numbers in should[ledger.user_id].items()}:
            yield f"{ledger.user_id} counts lessons of {said}, their goals {dict(should[ledger.user_id])}"


@invariant
def each_lesson_is_time_of_a_goal_once(world: World) -> Iterator[str]:
    """One living entry for a goal and a lesson, which holds its slot; a slot without an entry is nobody's."""
    slots = {(owner(each), int(each.goal), each.lesson_id): int(each.entry) for each in records(world, TimedLesson)}
    held = {place: entry for place, entry in slots.items() if entry}
    timed = [each for entries in logged(world).values() for each in entries if each.lesson_id is not None]
    found = Counter((each.user_id, int(each.goal), each.lesson_id) for each in timed)
    yield from (f"{times} entries of {place}" for place, times in found.items() if times > 1)
    should = {(each.user_id, int(each.goal), each.lesson_id): int(each.number) for each in timed}
    if held != should:
        yield f"slots are held by {held}, entries are {should}"


@invariant
def people_are_reminded_once_on_a_date(world: World) -> Iterator[str]:
    told = [fact for fact in world.facts.values() if fact["name"] == "goals.reminded"]
    times = Counter((fact["subject"], said(fact)["date"]) for fact in told)
    yield from (f"{place} was reminded {each} times" for place, each in times.items() if each > 1)


@invariant
def whoever_has_an_active_goal_is_looked_at_in_time(world: World) -> Iterator[str]:
    """The clock comes by on the first date that a goal may need it, or on the day after the last reminder."""
    mine: dict[str, list[Goal]] = defaultdict(list)
    for each in records(world, Goal):
        if each.status == ACTIVE:
            mine[each.user_id].append(each)
    for ledger in records(world, GoalLedger):
        if not mine[ledger.user_id]:
            continue
        last = date.fromisoformat(ledger.reminded_on) if ledger.reminded_on else date.min
        latest = max(min(reminders.next_of(each, ledger.reminded) for each in mine[ledger.user_id]), last + DAY)
        due = ledgers.due_of(ledger)
        if due is None or due > latest:
            yield f"{ledger.user_id} is looked at on {due}, and is due on {latest}"


@invariant
def effects_of_the_day_were_counted(world: World) -> Iterator[str]:
    """Whatever a person who is counted did with entries took one of their quota: nothing got in beside the counter."""
    used: Counter[str] = Counter()
    for item in world.all("limit"):
        parts = item["pk"].split("#")
        if parts[1] == "tier":
            used[parts[2]] += int(item["n"])
    done: Counter[str] = Counter()
    for fact in world.facts.values():
        if fact["name"] in METERED and "lesson" not in said(fact):
            done[fact["actor"]] += 1
    yield from (f"{user} did {done[user]} and used {used[user]}" for user in used if done[user] > used[user])
