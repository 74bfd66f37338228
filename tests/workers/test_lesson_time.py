"""Finished lessons become time of goals: once for a goal and a lesson, whatever comes first, twice or late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.catalog.ids import lesson_of
from chalicelib.errors import Invalid
from chalicelib.goals import goals, lesson_time, logbook
from chalicelib.goals.lesson_slots import LessonTimed
from chalicelib.goals.logbook import Change, Wish
from chalicelib.goals.records import Goal, GoalDay, GoalEntry
from chalicelib.learning import enrollments, progress
from chalicelib.learning.ids import enrollment_of
from chalicelib.learning.steps import Wish as Report
from chalicelib.messaging import router
from chalicelib.table import keys, reads
from chalicelib.table.facts import Fact
from functions import keep_projections
from tests.conftest import House
from tests.factories import courses, people
from tests.factories import goals as made
from tests.faults.injector import Injector
from tests.http.api import at_once
from tests.workers.doubles import a_fact

ZONE = "Asia/Kolkata"
FIVE = 300
TODAY = "2026-11-20"
pytestmark = pytest.mark.row("B10")


@pytest.fixture
def me() -> str:
    return people.enlisted("lina").id


@pytest.fixture
def course() -> str:
    return courses.a_course(people.enlisted(roles=("instructor",)).id, lessons=3).id


def done(user: str, course: str, ordinal: int = 1, **values: Any) -> Fact:
    """The fact that a lesson is done."""
    payload = {"course": course, "lesson": lesson_of(course, ordinal), "on": TODAY, **values.pop("payload", {})}
    return a_fact("lesson.completed", enrollment_of(user, course), actor=user, payload=payload, **values)


def entries(goal: Goal) -> list[GoalEntry]:
    prefix = keys.goal_entry(goal.user_id, int(goal.number), 1).sk.rpartition("#")[0] + "#"
    found = reads.all_of(keys.goals_of(goal.user_id), prefix=prefix)
    return [each for each in found if isinstance(each, GoalEntry)]


def days(goal: Goal) -> dict[str, list[int]]:
    found = reads.all_of(keys.goals_of(goal.user_id), prefix="DAY#")
    number = str(int(goal.number))
    return {each.date: each.goals[number] for each in found if isinstance(each, GoalDay) and number in each.goals}


def seconds(goal: Goal) -> int:
    return int(made.goal_now(goal).logged_seconds)


def log(goal: Goal, lesson: str, time: int) -> GoalEntry:
    said = Wish(time, lesson_id=lesson)
    return logbook.log(courses.act(goal.user_id), ZONE, goal.id, said).entry


def remove(entry: GoalEntry) -> None:
    logbook.remove(courses.act(entry.user_id), ZONE, entry.id, None)


def test_a_lesson_that_is_done_through_the_api_is_time_of_its_goals(clean: House, me: str, course: str) -> None:
    pointing, other = made.a_goal(me, course_id=course), made.a_goal(me)
    enrollments.enroll(courses.act(me), course)
    for ordinal in (1, 2):
        progress.record_step(courses.act(me), ZONE, course, ordinal, Report(completed=True))
    clean.driver.settle()
    said = [
        (each.source, each.lesson_id, int(each.logged_seconds), int(each.total_seconds)) for each in entries(pointing)
    ]
    assert sorted(said) == [("lesson", lesson_of(course, ordinal), FIVE, FIVE) for ordinal in (1, 2)]
    assert (seconds(pointing), seconds(other)) == (2 * FIVE, 0)
    assert courses.told("goal.logged") == {"goal.logged": 2}


def test_each_goal_that_points_at_the_course_counts_the_lesson(me: str, course: str) -> None:
    both = [made.a_goal(me, course_id=course) for _ in range(2)]
    lesson_time.log_lesson(done(me, course), "")
    assert [seconds(each) for each in both] == [FIVE, FIVE]
    assert days(both[1]) == {TODAY: [FIVE, 1]}


@time_machine.travel("2026-11-20T19:30:00Z", tick=True)
def test_the_day_is_the_one_of_the_learners_diary(clean: House, me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course, at=clock.now() - timedelta(days=3))
    enrollments.enroll(courses.act(me), course)
    late = clock.now() - timedelta(days=1)
    progress.record_step(courses.act(me), "America/New_York", course, 1, Report(completed=True))
    progress.record_step(courses.act(me), ZONE, course, 2, Report(completed=True))
    progress.record_step(courses.act(me), ZONE, course, 3, Report(completed=True, done_at=late))
    clean.driver.settle()
    assert days(goal) == {"2026-11-20": [2 * FIVE, 2], "2026-11-21": [FIVE, 1]}


@pytest.mark.parametrize("payload", [{"on": None}, {"on": "no day"}, {"on": 5}])
def test_a_fact_of_before_that_says_no_day_counts_by_the_zone_of_the_product(
    me: str, course: str, payload: dict[str, Any]
) -> None:
    goal = made.a_goal(me, course_id=course)
    at = clock.now().replace(hour=20) + timedelta(days=1)
    lesson_time.log_lesson(done(me, course, at=at, payload=payload), "")
    assert list(days(goal)) == [(at + timedelta(hours=5, minutes=30)).date().isoformat()]


def test_a_message_that_comes_again_changes_nothing(me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course)
    body = router.message("log_lesson", done(me, course))
    event = {"Records": [record(body, str(number)) for number in range(3)]}
    assert keep_projections.handler(event, None) == {"batchItemFailures": []}
    assert (seconds(goal), len(entries(goal)), days(goal)) == (FIVE, 1, {TODAY: [FIVE, 1]})


def record(body: str, id: str) -> dict[str, Any]:
    return {"messageId": id, "receiptHandle": id, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def test_a_lesson_that_was_opened_again_is_not_counted_again(me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course)
    for _ in range(2):
        lesson_time.log_lesson(done(me, course), "")
    assert seconds(goal) == FIVE


def test_a_lesson_without_minutes_makes_nothing(me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course)
    empty = courses.a_lesson(course, courses.course_now(course).instructor_id, minutes=0)
    lesson_time.log_lesson(done(me, course, int(empty.ordinal or 0)), "")
    assert (entries(goal), days(goal)) == ([], {})


def test_lessons_of_other_courses_and_of_none_are_nothing_to_a_goal(me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course)
    other = done(me, courses.a_course(me, lessons=1).id)
    mixed = replace(done(me, course), payload=other.payload)
    alone = replace(done(me, course), subject=f"lp_{'0' * 26}-{me.removeprefix('usr_')}")
    for fact in (other, mixed, alone, done(people.enlisted().id, course)):
        lesson_time.log_lesson(fact, "")
    assert entries(goal) == []


def test_a_goal_counts_from_the_moment_it_points_at_the_course(me: str, course: str) -> None:
    before = done(me, course)
    new, changed = made.a_goal(me, course_id=course), made.a_goal(me)
    between = done(me, course, 2)
    goals.edit(courses.act(me), str(int(changed.number)), {"course_id": course}, None)
    for fact in (before, between, done(me, course, 3)):
        lesson_time.log_lesson(fact, "")
    assert (seconds(new), seconds(changed)) == (2 * FIVE, FIVE)


@pytest.mark.parametrize("end", [goals.pause, goals.complete])
def test_a_goal_that_was_ended_counts_what_was_done_before(me: str, course: str, end: Any) -> None:
    goal = made.a_goal(me, course_id=course)
    before = done(me, course)
    end(courses.act(me), str(int(goal.number)), None)
    lesson_time.log_lesson(done(me, course, 2), "")
    assert seconds(goal) == 0
    lesson_time.log_lesson(before, "")
    assert seconds(goal) == FIVE


def test_a_goal_that_was_given_up_or_points_elsewhere_counts_nothing(me: str, course: str) -> None:
    gone, moved = made.a_goal(me, course_id=course), made.a_goal(me, course_id=course)
    fact = done(me, course)
    goals.remove(courses.act(me), str(int(gone.number)), None)
    goals.edit(courses.act(me), str(int(moved.number)), {"course_id": None}, None)
    lesson_time.log_lesson(fact, "")
    assert (entries(gone), entries(moved)) == ([], [])


@pytest.mark.parametrize("first", ["lesson", "person"])
def test_what_a_person_says_of_a_lesson_stands_whatever_came_first(me: str, course: str, first: str) -> None:
    goal, lesson = made.a_goal(me, course_id=course), lesson_of(course, 1)
    if first == "lesson":
        lesson_time.log_lesson(done(me, course), "")
    said = log(goal, lesson, 1234)
    lesson_time.log_lesson(done(me, course), "")
    assert [(each.source, int(each.number)) for each in entries(goal)] == [("manual", int(said.number))]
    assert seconds(goal) == 1234
    assert sum(share[0] for share in days(goal).values()) == 1234


def test_a_lesson_that_a_person_logged_is_not_logged_beside_it(me: str, course: str) -> None:
    goal, lesson = made.a_goal(me, course_id=course), lesson_of(course, 1)
    entry = log(goal, lesson, 1234)
    with pytest.raises(LessonTimed, match=entry.id):
        log(goal, lesson, 99)
    assert seconds(goal) == 1234


def test_what_came_by_itself_and_was_corrected_is_its_owners(me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course)
    lesson_time.log_lesson(done(me, course), "")
    [entry] = entries(goal)
    logbook.edit(courses.act(me), ZONE, entry.id, Change({"logged_seconds": 777}))
    with pytest.raises(LessonTimed):
        log(goal, lesson_of(course, 1), 99)
    assert seconds(goal) == 777


def test_deleted_time_comes_back_with_no_message_and_may_be_logged_by_hand(me: str, course: str) -> None:
    goal = made.a_goal(me, course_id=course)
    lesson_time.log_lesson(done(me, course), "")
    remove(*entries(goal))
    lesson_time.log_lesson(done(me, course), "")
    assert (seconds(goal), entries(goal)) == (0, [])
    log(goal, lesson_of(course, 1), 60)
    assert seconds(goal) == 60


def test_a_lesson_of_another_course_is_not_this_goals(me: str, course: str) -> None:
    other = courses.a_course(me, lessons=1).id
    for goal in (made.a_goal(me, course_id=course), made.a_goal(me)):
        with pytest.raises(Invalid):
            log(goal, lesson_of(other, 1), 60)


def test_it_costs_the_same_however_much_was_logged(me: str, course: str, faults: Injector) -> None:
    goal = made.a_goal(me, course_id=course)
    for _ in range(5):
        made.logged(goal)
    faults.forget()
    lesson_time.log_lesson(done(me, course), "")
    assert [trip.operation for trip in faults.trips] == ["GetItem", "BatchGetItem", "TransactWriteItems"]
    other = done(people.enlisted().id, course)
    faults.forget()
    lesson_time.log_lesson(other, "")
    assert [trip.operation for trip in faults.trips] == ["GetItem"]


def test_messages_and_devices_at_the_same_moment_count_it_once(me: str, course: str) -> None:
    goal, fact, lesson = made.a_goal(me, course_id=course), done(me, course), lesson_of(course, 1)
    at_once(4, lambda number: log(goal, lesson, 1234) if number == 3 else lesson_time.log_lesson(fact, ""))
    assert [int(each.logged_seconds) for each in entries(goal)] == [1234]
    assert (seconds(goal), sum(share[0] for share in days(goal).values())) == (1234, 1234)


#: `deliver` is a message of a lesson that is done, for the first time or again; `again` the fact of a second time.
STEPS = st.lists(
    st.tuples(st.sampled_from(["deliver", "deliver", "again", "log", "log", "delete"]), st.integers(1, 2)), max_size=12
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_time_of_a_lesson_is_counted_once_in_whatever_order_things_come(
    course: str, steps: list[tuple[str, int]]
) -> None:
    goal = made.a_goal(people.user().id, course_id=course)
    facts = {number: done(goal.user_id, course, number) for number in (1, 2)}
    expected: dict[int, int | None] = {}
    for at, (what, number) in enumerate(steps):
        lesson = lesson_of(course, number)
        held = next((each for each in entries(goal) if each.lesson_id == lesson), None)
        if what == "deliver":
            lesson_time.log_lesson(facts[number], "")
            expected.setdefault(number, FIVE)
        elif what == "again":
            lesson_time.log_lesson(done(goal.user_id, course, number), "")
            expected.setdefault(number, FIVE)
        elif what == "log" and (held is None or held.source == "lesson"):
            log(goal, lesson, 1000 + at)
            expected[number] = 1000 + at
        elif what == "delete" and held is not None:
            remove(held)
            expected[number] = 0
    living = {each.lesson_id: int(each.logged_seconds) for each in entries(goal)}
    assert len(entries(goal)) == len(living)
    assert living == {lesson_of(course, number): time for number, time in expected.items() if time}
    assert seconds(goal) == sum(living.values()) == sum(share[0] for share in days(goal).values())
    assert int(made.goal_now(goal).entries) == len(living) == sum(share[1] for share in days(goal).values())
