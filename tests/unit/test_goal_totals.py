"""Totals of goals and of days are what the entries say one by one, after any history of two devices and a worker."""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.catalog.records import Lesson
from chalicelib.errors import Conflict, NotFound, Stale
from chalicelib.goals import days, entries, ids, lesson_time, logbook
from chalicelib.goals.days import Share
from chalicelib.goals.entries import Step
from chalicelib.goals.logbook import Change, Wish
from chalicelib.goals.records import Goal, GoalDay, GoalEntry, GoalLedger
from chalicelib.learning.ids import enrollment_of
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from tests.factories.memory import Memory

HISTORIES, STEPS = 1_000, 7
ME, COURSE = "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GOALS, LESSON = (1, 2), "les_01KAKZ6Q8M4T6V1N2B3C4D5E6F-1"
DATES = [(NOW.date() - timedelta(days=ago)).isoformat() for ago in range(4)]


def begun(memory: Memory) -> None:
    """Two goals that count the lessons of a course."""
    for number in GOALS:
        goal: Goal = Goal.under(
            keys.goal(ME, number),
            id=ids.goal_of(ME, number),
            ver=1,
            user_id=ME,
            number=number,
            name="",
            category="Minor",
            course_id=COURSE,
            course_at=NOW,
            created_at=NOW,
            active_at=NOW,
        )
        memory.put(goal)
    memory.put(Lesson.under(keys.lesson(LESSON), id=LESSON, minutes=5, instructor_id=ME, title=""))
    memory.put(GoalLedger.under(keys.goal_ledger(ME), user_id=ME, courses={COURSE: list(GOALS)}))


class Person:
    """Does something by chance; `memory` lets a second device or the worker do something in between."""

    def __init__(self, memory: Memory, chance: random.Random) -> None:
        self.memory, self.chance = memory, chance
        self.busy = 0

    def act(self) -> Act:
        return Act(ME, NOW, "req-of-a-test", time.monotonic() + 60, read=self.memory.many)

    def step(self) -> None:
        ways: list[Callable[[], object]] = [self.log, self.log, self.edit, self.edit, self.remove, self.finish]
        self.busy += 1
        try:
            self.chance.choice(ways)()
        except (NotFound, Conflict, logbook.GoalEntryChanged):
            pass
        finally:
            self.busy -= 1

    def interrupt(self) -> None:
        """Another device is quick."""
        if self.busy == 1 and self.chance.random() < 0.3:
            self.step()

    def log(self) -> None:
        lesson = self.chance.choice([None, LESSON])
        wish = Wish(self.seconds(), self.seconds(), "", self.chance.choice([None, *DATES]), lesson)
        logbook.log(self.act(), "UTC", str(self.chance.choice(GOALS)), wish)

    def edit(self) -> None:
        said = {"logged_seconds": self.seconds(), "total_seconds": self.seconds(), "text": str(self.chance.random())}
        said |= {"logged_on": self.chance.choice(DATES)}
        wanted = self.chance.sample(sorted(said), self.chance.randint(1, 4))
        change = Change({name: said[name] for name in wanted}, self.chance.choice([None, None, 1, 2]))
        logbook.edit(self.act(), "UTC", self.entry(), change, str(self.chance.choice(GOALS)))

    def remove(self) -> None:
        logbook.remove(
            self.act(), "UTC", self.entry(), self.chance.choice([None, None, 1]), str(self.chance.choice(GOALS))
        )

    def finish(self) -> None:
        """The worker hears, perhaps not for the first time, that a lesson was finished."""
        told = {"lesson": LESSON, "on": self.chance.choice(DATES)}
        at = NOW + timedelta(minutes=1)
        lesson_time.log_lesson(
            Fact(clock.new_id("fct"), "lesson.completed", ME, enrollment_of(ME, COURSE), at, "r", payload=told), ""
        )

    def entry(self) -> str:
        """One of those that were made lately, which may be gone."""
        return str(self.chance.randint(1, 5))

    def seconds(self) -> int:
        return self.chance.choice([0, 1, 900, 3600, 86_400])


def require_recount(memory: Memory) -> None:
    logged = list[GoalEntry](memory.of(GoalEntry))
    on: dict[str, dict[int, Share]] = {}
    for each in logged:
        shares = on.setdefault(each.logged_on, {})
        shares[int(each.goal)] = shares.get(int(each.goal), Share()).plus(Share(int(each.logged_seconds), 1))
    kept = {day.date: days.of(day) for day in memory.of(GoalDay)}
    assert {date: shares for date, shares in kept.items() if shares} == on
    for goal in memory.of(Goal):
        own = [each for each in logged if each.goal == goal.number]
        assert goal.logged_seconds == sum(each.logged_seconds for each in own)
        assert goal.planned_seconds == sum(each.total_seconds for each in own)
        assert goal.entries == len(own)
        assert goal.last_entry >= max((each.number for each in own), default=0)


def require_facts(memory: Memory) -> None:
    """Each version of a goal has its fact, and a lesson counts once in each."""
    told = Counter(item["subject"]["S"] for item in memory.items.values() if item["kind"]["S"] == "fact")
    assert {goal.id: goal.ver - 1 for goal in memory.of(Goal)} == {
        ids.goal_of(ME, n): told[ids.goal_of(ME, n)] for n in GOALS
    }
    lessons = Counter((each.goal, each.lesson_id) for each in memory.of(GoalEntry) if each.lesson_id)
    assert set(lessons.values()) <= {1}


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    return Memory().instead(monkeypatch)


@pytest.mark.row("X31", "X26", "B10")
def test_after_a_thousand_random_histories_all_totals_equal_a_recount(memory: Memory) -> None:
    for seed in range(HISTORIES):
        chance = random.Random(seed)
        memory.items.clear()
        begun(memory)
        person = Person(memory, chance)
        memory.meanwhile = person.interrupt
        for _ in range(STEPS):
            person.step()
        memory.meanwhile = lambda: None
        require_recount(memory)
        require_facts(memory)
    assert memory.committed > 3 * HISTORIES
    assert memory.refused > HISTORIES / 10, "the devices hardly met"


def test_a_stale_write_of_a_day_is_refused(memory: Memory) -> None:
    """What is read of a day is what it is moved from: nothing is added to a number that is gone."""
    begun(memory)
    [goal, *_] = memory.of(Goal)
    day = memory.many([keys.goal_day(ME, DATES[0])]).get(keys.goal_day(ME, DATES[0]))
    entry = entries.made(goal, NOW, DATES[0], 60)
    late = entries.pieces(NOW, {DATES[0]: day}, Step(goal, after=entry))
    logbook.log(Person(memory, random.Random(0)).act(), "UTC", "2", Wish(60))
    with pytest.raises(Stale):
        memory.commit(late, 0)
    require_recount(memory)
