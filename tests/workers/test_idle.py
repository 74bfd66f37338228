"""Learners who never began: one reminder, then their seat is free again; nobody else loses anything."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.catalog.records import Course, Seats
from chalicelib.learning import enrollments, idle, ids, leaving, rosters
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import adjust, alone, together
from tests.conftest import House
from tests.factories import courses, people
from tests.factories.courses import told
from tests.faults.clock import Clock
from tests.faults.injector import Injector
from tests.faults.moments import meanwhile
from tests.http.api import Api, at_once

pytestmark = pytest.mark.row("E41")
START = datetime.now(UTC).replace(microsecond=0)
NAME = "clean_abandoned_enrollments"


@pytest.fixture(autouse=True)
def traveller() -> Iterator[Clock]:
    moving = Clock()
    with moving.running(START):
        yield moving


@pytest.fixture
def course() -> Course:
    return courses.a_course(people.enlisted("tessa", roles=("instructor",)).id, capacity=5)


def act(actor: str) -> Act:
    return Act(actor, clock.now(), "req-idle", time.monotonic() + 20)


def enrolled(course: Course, name: str = "lina") -> Enrollment:
    learner = people.enlisted(name, email=f"{name}@example.org")
    return enrollments.enroll(act(learner.id), course.id).enrollment


def now(enrollment: Enrollment) -> Enrollment:
    found = reads.one(Enrollment, keys.enrollment(enrollment.user_id, enrollment.course_id))
    assert found
    return found


def entry(enrollment: Enrollment) -> Roster:
    (found,) = [
        each
        for each in reads.all_of(keys.roster_of(enrollment.course_id))
        if isinstance(each, Roster) and each.user_id == enrollment.user_id
    ]
    return found


def mornings(house: House, traveller: Clock, *days: int) -> None:
    """The clock strikes on these days after the enrollment, at an hour later than it."""
    for day in days:
        traveller.move_to(START + timedelta(days=day, hours=1))
        house.driver.fire(NAME, clock.now())
        house.driver.settle()


def subjects(house: House) -> list[str]:
    return [mail.subject for mail in house.mails()]


def test_after_fourteen_days_without_a_beginning_one_reminder_is_sent(
    clean: House, course: Course, traveller: Clock
) -> None:
    enrollment = enrolled(course)
    mornings(clean, traveller, 12, 13, 14, 15, 16)
    mail = clean.mails()[0]
    assert (mail.to, mail.subject) == (["lina@example.org"], "Your course is waiting for you")
    assert course.title in mail.text
    assert "/mail/unsubscribe?token=" in mail.text
    assert told("enrollment.nudged", "enrollment.cancelled") == {"enrollment.nudged": 1, "enrollment.cancelled": 0}
    assert now(enrollment).status == "active"


def test_after_thirty_days_the_enrollment_ends_and_the_seat_is_free(
    clean: House, course: Course, traveller: Clock
) -> None:
    enrollment = enrolled(course)
    mornings(clean, traveller, 14, 29)
    assert now(enrollment).status == "active"
    mornings(clean, traveller, 30, 31)
    assert now(enrollment).status == "cancelled"
    assert told("enrollment.cancelled") == {"enrollment.cancelled": 1}
    seats = reads.one(Seats, keys.seats(course.id))
    assert seats is not None
    assert int(seats.taken) == 0
    (ended,) = [fact for fact in courses.facts() if fact["name"]["S"] == "enrollment.cancelled"]
    assert '"reason": "idle"' in ended["payload"]["S"]


def test_nobody_is_removed_without_a_reminder_long_before(clean: House, course: Course, traveller: Clock) -> None:
    enrollment = enrolled(course)
    mornings(clean, traveller, 60, 61, 75)
    assert now(enrollment).status == "active"
    mornings(clean, traveller, 76)
    assert now(enrollment).status == "cancelled"


def test_whoever_begins_after_the_reminder_stays(clean: House, api: Api, course: Course, traveller: Clock) -> None:
    enrollment = enrolled(course)
    mornings(clean, traveller, 14)
    lina = api.login("lina")
    path = f"/enrollments/{enrollment.id}"
    assert api.get(path, token=lina.access).status == 200
    reply = api.post(
        f"/lessons/les_{course.id.removeprefix('crs_')}-1/progress", {"position": 5, "seconds": 5}, token=lina.access
    )
    assert reply.status in (200, 201), reply.body
    mornings(clean, traveller, 30, 45)
    assert now(enrollment).status == "active"


@pytest.mark.parametrize("days", [15, 31])
def test_whoever_begins_at_the_very_moment_is_left_alone(course: Course, faults: Injector, days: int) -> None:
    enrollment = enrolled(course)
    if days == 31:
        idle.clean(act("system"), START + timedelta(days=15), 0, lambda shard: None)
    before = told("enrollment.nudged", "enrollment.cancelled")

    def begin() -> None:
        started = adjust(now(enrollment), Enrollment.started_at.set(START), where=Enrollment.pk.exists())
        alone(started)

    faults.break_nth({0}, lambda trip: trip.operation == "TransactWriteItems", meanwhile(begin))
    idle.clean(act("system"), START + timedelta(days=days), 0, lambda shard: None)
    assert told("enrollment.nudged", "enrollment.cancelled") == before
    assert now(enrollment).status == "active"
    assert entry(enrollment).gsi2pk is None


def test_a_course_that_was_paid_for_is_never_taken_away(clean: House, course: Course, traveller: Clock) -> None:
    learner = people.enlisted("lina")
    case = enrollments.case_of(reads.many(enrollments.wanted(learner.id, course.id)), learner.id, course.id)
    granted = enrollments.granting(act(learner.id), case, via="order", order_id="ord_1")
    together(act(learner.id), *granted.writes, fact=granted.fact, result=None)
    assert entry(granted.enrollment).gsi2pk is None
    where = (Roster.gsi2pk.set(keys.unstarted("0")), Roster.gsi2sk.set(rosters.due(granted.enrollment)))
    alone(adjust(entry(granted.enrollment), *where, where=Roster.pk.exists()))
    mornings(clean, traveller, 14, 30, 60)
    assert now(granted.enrollment).status == "active"
    assert "Your course is waiting for you" not in subjects(clean)


def test_whoever_left_by_themselves_is_left_alone(clean: House, course: Course, traveller: Clock) -> None:
    enrollment = enrolled(course)
    leaving.cancel(act(enrollment.user_id), enrollment.id)
    mornings(clean, traveller, 14, 30)
    assert told("enrollment.nudged", "enrollment.cancelled") == {"enrollment.nudged": 0, "enrollment.cancelled": 1}


def test_whoever_comes_back_is_reminded_anew(clean: House, course: Course, traveller: Clock) -> None:
    enrollment = enrolled(course)
    mornings(clean, traveller, 14, 30)
    enrollments.enroll(act(enrollment.user_id), course.id)
    mornings(clean, traveller, 31, 43)
    assert told("enrollment.nudged") == {"enrollment.nudged": 1}
    mornings(clean, traveller, 45)
    assert told("enrollment.nudged") == {"enrollment.nudged": 2}
    assert now(enrollment).status == "active"


def test_whoever_refuses_reminders_gets_none(clean: House, api: Api, course: Course, traveller: Clock) -> None:
    enrolled(course)
    lina = api.login("lina")
    assert api.put("/users/me/mail-preferences", {"reminders": False}, token=lina.access).status == 200
    mornings(clean, traveller, 14)
    assert "Your course is waiting for you" not in subjects(clean)


def test_an_entry_that_should_have_gone_leaves_the_list(course: Course) -> None:
    enrollment = enrolled(course)
    alone(adjust(now(enrollment), Enrollment.started_at.set(START), where=Enrollment.pk.exists()))
    later = START + timedelta(days=15)
    assert idle.clean(act("system"), later, 0, lambda shard: None) == 1
    assert entry(enrollment).gsi2pk is None
    assert idle.clean(act("system"), later, 0, lambda shard: None) == 0


def test_it_looks_at_those_who_are_due_and_at_nobody_else(course: Course, faults: Injector) -> None:
    for number in range(6):
        enrolled(course if number < 5 else courses.a_course(course.instructor_id), f"p{number}")
    faults.forget()
    assert idle.clean(act("system"), START + timedelta(days=13), 0, lambda shard: None) == 0
    assert {trip.operation for trip in faults.trips} == {"Query"}
    assert len(faults.trips) == 16


def test_two_walks_at_the_same_time_remind_once(course: Course) -> None:
    enrollment = enrolled(course)
    later = START + timedelta(days=15)
    at_once(4, lambda _: idle.clean(act("system"), later, 0, lambda shard: None))
    assert told("enrollment.nudged") == {"enrollment.nudged": 1}
    last = START + timedelta(days=31)
    at_once(4, lambda _: idle.clean(act("system"), last, 0, lambda shard: None))
    assert told("enrollment.cancelled") == {"enrollment.cancelled": 1}
    assert ids.enrolled(enrollment.id) == (enrollment.user_id, course.id)
