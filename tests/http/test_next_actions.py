"""One list of what to do next. Its order is in `tests/unit/test_next_actions.py`."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.catalog import authoring
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Course
from chalicelib.learning.ids import enrollment_of
from chalicelib.learning.records import Enrollment
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.record import Record
from chalicelib.table.writes import adjust, alone
from tests.factories import courses
from tests.factories import goals as made
from tests.faults.injector import Injector
from tests.http.api import Api, Person, fields

HOUR, SECRET = 3600, "Nobody reads these words before they are open."
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


def actions(api: Api, who: Person, **query: Any) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    reply = api.get(f"/next-actions?{asked}", token=who.access)
    assert reply.status == 200, reply.body
    return list(reply.json()["results"])


def kinds(said: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["kind"], each["title"]) for each in said]


def enroll(api: Api, who: Person, course: Course) -> None:
    assert api.post("/enrollments", {"course": course.id}, token=who.access).status == 201


def learn(api: Api, who: Person, course: Course, *ordinals: int) -> None:
    for ordinal in ordinals:
        path = f"/lessons/{lesson_of(course.id, ordinal)}/progress"
        assert api.post(path, {"completed": True}, token=who.access).status in (200, 201)


def since(who: Person, course: Course, days: int) -> None:
    """As if they had enrolled so many days ago."""
    own = Enrollment.under(keys.enrollment(who.id, course.id))
    enrolled = clock.now() - timedelta(days=days)
    alone(adjust(own, Enrollment.enrolled_at.set(enrolled), where=Record.pk.exists()))


def scheduled(teacher: Person, *days: int | None, **changes: Any) -> Course:
    """A course whose lessons open so many days after enrolling."""
    course = courses.a_draft(teacher.id, **changes)
    for after in days:
        words = {"content": SECRET, "title": "A veiled title", **({"after_days": after} if after else {})}
        courses.a_lesson(course.id, teacher.id, **words)
    return authoring.publish(courses.act(), course.id, None)


def test_all_that_one_could_do_comes_in_the_order_of_its_urgency(api: Api, me: Person, teacher: Person) -> None:
    begun, opening = courses.a_course(teacher.id, title="Begun"), scheduled(teacher, None, 3, title="Opening")
    for course in (begun, opening):
        enroll(api, me, course)
    learn(api, me, begun, 1)
    since(me, opening, 5)
    learn(api, me, opening, 1)
    long_ago = clock.now() - timedelta(days=40)
    made.a_goal(me.id, at=clock.now() - timedelta(days=9), name="Idle")
    made.a_goal(me.id, at=long_ago, name="Late", target_seconds=HOUR, deadline=day(-2))
    risky = made.a_goal(me.id, name="Risky", target_seconds=99 * HOUR, deadline=day(9))
    made.logged(risky, 60)
    made.a_goal(me.id, name="Fine")
    said = actions(api, me)
    assert kinds(said) == [
        ("goal_overdue", "Late"),
        ("goal_at_risk", "Risky"),
        ("lesson_unlocked", "Opening"),
        ("resume_course", "Begun"),
        ("goal_inactive", "Idle"),
    ]
    assert kinds(actions(api, me, limit=2)) == kinds(said)[:2]
    assert all(each["reason"] for each in said)


def test_a_course_goes_on_with_its_first_open_lesson_that_is_not_done(api: Api, me: Person, teacher: Person) -> None:
    course = courses.a_course(teacher.id, lessons=3)
    enroll(api, me, course)
    learn(api, me, course, 1)
    [said] = actions(api, me)
    opened = said.pop("since")
    lesson = lesson_of(course.id, 2)
    assert said == {
        "kind": "resume_course",
        "title": course.title,
        "reason": "1 of 3 lessons are done; go on with lesson 2.",
        "link": f"/api/v1/lessons/{lesson}",
        "until": None,
        "course_id": course.id,
        "enrollment_id": enrollment_of(me.id, course.id),
        "lesson_id": lesson,
        "goal": None,
        "goal_id": None,
    }
    assert opened is not None
    assert api.get(said["link"], token=me.access).json()["access"] == "full"


def test_what_was_left_finished_or_deleted_is_no_action(api: Api, me: Person, teacher: Person) -> None:
    left, finished, gone = (courses.a_course(teacher.id, lessons=1) for _ in range(3))
    for course in (left, finished, gone):
        enroll(api, me, course)
    learn(api, me, finished, 1)
    api.delete(f"/enrollments/{enrollment_of(me.id, left.id)}", token=me.access)
    courses.deleted(gone.id)
    assert actions(api, me) == []


def test_a_lesson_that_opened_by_its_date_is_news_for_a_week(api: Api, me: Person, teacher: Person) -> None:
    course = scheduled(teacher, None, 3, 4, 30)
    enroll(api, me, course)
    since(me, course, 5)
    said = actions(api, me)
    assert [(each["kind"], each["lesson_id"]) for each in said] == [
        ("lesson_unlocked", lesson_of(course.id, 2)),
        ("resume_course", lesson_of(course.id, 1)),
    ]
    assert said[0]["reason"] == f"Lesson 2 opened on {day(-2)}, and 1 more has opened."
    since(me, course, 20)
    assert [each["kind"] for each in actions(api, me)] == ["resume_course"]


@pytest.mark.parametrize("rule", ["order", "prerequisite"])
def test_a_lesson_that_something_else_keeps_closed_is_no_news(api: Api, me: Person, teacher: Person, rule: str) -> None:
    first = courses.a_course(teacher.id, lessons=1, title="First")
    course = scheduled(teacher, None, 3, title="Second")
    changes: dict[str, Any] = {"forced_order": True} if rule == "order" else {"prerequisites": [first.id]}
    courses.edited(course.id, **changes)
    enroll(api, me, course)
    since(me, course, 5)
    expected = [("resume_course", "Second")] if rule == "order" else []
    assert kinds(actions(api, me)) == expected
    enroll(api, me, first)
    learn(api, me, first, 1)
    learn(api, me, course, 1)
    assert kinds(actions(api, me)) == [("lesson_unlocked", "Second")]


def test_no_words_of_a_locked_lesson_are_told(api: Api, me: Person, teacher: Person) -> None:
    course = scheduled(teacher, None, 3, 30, forced_order=True)
    enroll(api, me, course)
    since(me, course, 5)
    made.a_goal(me.id, course_id=course.id, deadline=day(9))
    reply = api.get("/next-actions", token=me.access)
    assert reply.json()["results"]
    assert SECRET not in reply.body.decode()
    assert "A veiled title" not in reply.body.decode()
    assert lesson_of(course.id, 3) not in reply.body.decode()


def test_goals_that_rest_are_no_action(api: Api, me: Person) -> None:
    long_ago = clock.now() - timedelta(days=40)
    for step in ("pause", "complete"):
        goal = made.a_goal(me.id, at=long_ago, target_seconds=HOUR, deadline=day(-2))
        assert api.post(f"/goals/{int(goal.number)}/{step}", token=me.access).status == 200
    api.delete(f"/goals/{made.a_goal(me.id, at=long_ago).id}", token=me.access)
    assert actions(api, me) == []


def test_a_goal_is_left_alone_from_the_seventh_day_on(api: Api, me: Person) -> None:
    now = clock.now()
    goal = made.a_goal(me.id, at=now - timedelta(days=6), name="Six")
    made.a_goal(me.id, at=now - timedelta(days=7), name="Seven")
    [said] = actions(api, me)
    assert (said["kind"], said["title"], said["reason"]) == (
        "goal_inactive",
        "Seven",
        "Nothing was logged for 7 days.",
    )
    assert said["link"] == "/api/v1/goals/2"
    assert int(goal.number) == 1


def test_the_forecast_of_a_goal_is_the_same_here(api: Api, me: Person, teacher: Person) -> None:
    course = courses.a_course(teacher.id, lessons=40)
    goal = made.a_goal(me.id, course_id=course.id, deadline=day(1))
    made.logged(goal, 60)
    [said] = actions(api, me)
    pace = api.get("/goals/1/pace", token=me.access).json()
    assert (said["kind"], said["reason"]) == ("goal_at_risk", " ".join(pace["reasons"]))


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5"])
def test_a_limit_is_a_number_of_actions(api: Api, me: Person, limit: str) -> None:
    assert set(fields(api.get(f"/next-actions?limit={limit}", token=me.access))) == {"limit"}


def test_at_most_twenty_are_listed(api: Api, me: Person) -> None:
    for _ in range(22):
        made.a_goal(me.id, at=clock.now() - timedelta(days=9))
    assert [len(actions(api, me, **query)) for query in ({}, {"limit": 20}, {"limit": 500})] == [10, 20, 20]


def test_it_takes_four_trips_however_much_there_is(api: Api, me: Person, teacher: Person, faults: Injector) -> None:
    for course in [courses.a_course(teacher.id, lessons=2) for _ in range(7)]:
        enroll(api, me, course)
        learn(api, me, course, 1)
        made.a_goal(me.id, course_id=course.id, deadline=day(9))
    faults.forget()
    assert len(actions(api, me, limit=20)) == 5
    assert [trip.operation for trip in faults.trips] == ["BatchGetItem", "Query", "Query", "BatchGetItem"]
