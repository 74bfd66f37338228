"""The forecast of a goal, with the numbers that it was made of. Its cases are in `tests/unit/test_pace.py`."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Course
from chalicelib.goals import logbook
from chalicelib.goals.logbook import Wish
from chalicelib.goals.records import Goal
from chalicelib.settings import settings
from tests.factories import courses
from tests.factories import goals as made
from tests.faults.injector import Injector
from tests.http.api import Api, Person, problem

HOUR = 3600
pytestmark = pytest.mark.row("B10")


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("meera")


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tessa", roles=("instructor",))


def day(number: int) -> str:
    """So many days from today."""
    return (clock.today(settings.default_zone) + timedelta(days=number)).isoformat()


def logged(goal: Goal, ago: int, seconds: int, planned: int = 0) -> None:
    wish = Wish(seconds, total_seconds=planned, logged_on=day(-ago))
    logbook.log(made.act(goal.user_id), settings.default_zone, goal.id, wish)


def pace(api: Api, who: Person, goal: Goal) -> dict[str, Any]:
    reply = api.get(f"/goals/{int(goal.number)}/pace", token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


def learn(api: Api, who: Person, course: Course, *ordinals: int) -> None:
    api.post("/enrollments", {"course": course.id}, token=who.access)
    for ordinal in ordinals:
        api.post(f"/lessons/{lesson_of(course.id, ordinal)}/progress", {"completed": True}, token=who.access)


def test_a_forecast_has_its_reasons_and_its_numbers(api: Api, me: Person) -> None:
    goal = made.a_goal(me.id, target_seconds=20 * HOUR, deadline=day(13))
    for ago in (13, 6, 0):
        logged(goal, ago, 2 * HOUR)
    said = pace(api, me, goal)
    assert said == {
        "number": 1,
        "goal_id": goal.id,
        "goal_name": goal.name,
        "verdict": "at_risk",
        "reasons": [
            "At your pace you finish after the deadline.",
            "14 h of 20 h are left.",
            "You gave it 6 h in the last 14 days.",
            f"At this pace you finish on {day(32)}.",
            "The deadline takes 7 h a week, for 14 days.",
        ],
        "as_of": day(0),
        "zone": settings.default_zone,
        "basis": "target",
        "required_seconds": 20 * HOUR,
        "logged_seconds": 6 * HOUR,
        "remaining_seconds": 14 * HOUR,
        "recent": {"days": 14, "from_day": day(-13), "to_day": day(0), "logged_seconds": 6 * HOUR},
        "pace_seconds_per_week": 3 * HOUR,
        "pace_hours_per_week": 3.0,
        "finish_on": day(32),
        "deadline": day(13),
        "days_left": 14,
        "needed_seconds_per_week": 7 * HOUR,
        "needed_hours_per_week": 7.0,
    }


def test_of_a_course_what_is_left_are_the_lessons_that_are_not_done(api: Api, me: Person, teacher: Person) -> None:
    course = courses.a_course(teacher.id, lessons=3)
    learn(api, me, course, 2)
    goal = made.a_goal(me.id, course_id=course.id)
    said = pace(api, me, goal)
    assert (said["basis"], said["required_seconds"], said["remaining_seconds"]) == ("course", 900, 600)
    learn(api, me, course, 1, 3)
    courses.a_lesson(course.id, teacher.id)
    after = pace(api, me, goal)
    assert (after["verdict"], after["required_seconds"], after["remaining_seconds"]) == ("reached", 1200, 0)


def test_a_target_says_more_than_a_course_and_a_course_more_than_plans(api: Api, me: Person, teacher: Person) -> None:
    course, silent = courses.a_course(teacher.id, lessons=1), courses.a_draft(me.id)
    targeted = made.a_goal(me.id, course_id=course.id, target_seconds=HOUR)
    pointing, planned, open_ended = (
        made.a_goal(me.id, course_id=course.id),
        made.a_goal(me.id, course_id=silent.id),
        made.a_goal(me.id),
    )
    for goal in (targeted, pointing, planned):
        logged(goal, 0, 600, planned=1000)
    said = [pace(api, me, each) for each in (targeted, pointing, planned, open_ended)]
    assert [(each["basis"], each["remaining_seconds"]) for each in said] == [
        ("target", 3000),
        ("course", 300),
        ("planned", 400),
        (None, None),
    ]
    courses.deleted(course.id)
    assert pace(api, me, pointing)["basis"] == "planned"


def test_a_completed_goal_is_reached_whatever_is_left(api: Api, me: Person) -> None:
    goal = made.a_goal(me.id, target_seconds=HOUR, deadline=day(-30))
    assert pace(api, me, goal)["verdict"] == "overdue"
    api.post(f"/goals/{int(goal.number)}/complete", token=me.access)
    assert pace(api, me, goal)["verdict"] == "reached"


def test_a_goal_of_somebody_else_or_of_before_has_no_pace(api: Api, me: Person) -> None:
    goal, other = made.a_goal(me.id), api.member("other")
    for path, who in ((goal.id, other), ("1", other), ("2", me), ("no-goal", me)):
        assert problem(api.get(f"/goals/{path}/pace", token=who.access)) == (404, "goal_unknown")
    assert api.get(f"/goals/{goal.id}/pace", token=me.access).status == 200
    api.delete("/goals/1", token=me.access)
    assert problem(api.get("/goals/1/pace", token=me.access)) == (404, "goal_unknown")


def test_a_forecast_takes_one_trip_and_two_with_a_course(
    api: Api, me: Person, teacher: Person, faults: Injector
) -> None:
    simple = made.a_goal(me.id, target_seconds=HOUR)
    pointing = made.a_goal(me.id, course_id=courses.a_course(teacher.id).id)
    for ago in range(5):
        logged(simple, ago, 60)
    pace(api, me, simple)
    faults.forget()
    pace(api, me, simple)
    assert [trip.operation for trip in faults.trips] == ["Query"]
    faults.forget()
    pace(api, me, pointing)
    assert [trip.operation for trip in faults.trips] == ["Query", "BatchGetItem"]
