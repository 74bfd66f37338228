"""What follows from learning: snapshots that keep up with their course, letters that are sent once, and B05."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.catalog import curricula, lessons
from chalicelib.catalog.records import Gate
from chalicelib.errors import Stale
from chalicelib.learning import completion, enrollments, leaving, progress, snapshots, steps
from chalicelib.learning.enrollments import Enrolled
from chalicelib.learning.progress import CourseFinished
from chalicelib.learning.records import Enrollment
from chalicelib.learning.steps import Wish
from chalicelib.messaging import router
from chalicelib.settings import settings as product
from chalicelib.table import keys, reads
from chalicelib.table.record import Record
from chalicelib.table.writes import together
from functions import keep_projections, send_email
from tests.conftest import House
from tests.factories import commerce, courses, people, shop
from tests.http.api import Api
from tests.workers.doubles import MailFake

ZONE = "Asia/Kolkata"


def enrolled(user: str, course: str) -> Enrolled:
    return enrollments.enroll(courses.act(user), course)


def now(user: str, course: str) -> Enrollment:
    found = reads.one(Enrollment, keys.enrollment(user, course))
    assert found
    return found


def complete(user: str, course: str, ordinal: int) -> None:
    progress.record_step(courses.act(user), ZONE, course, ordinal, Wish(completed=True))


def percentage(user: str, course: str) -> float:
    return float(completion.of(now(user, course)).percentage)


@pytest.fixture
def teacher() -> str:
    return people.enlisted(roles=("instructor",)).id


@pytest.fixture
def learner() -> str:
    return people.enlisted("lina", first_name="Lina", email="lina@example.org").id


def remove(course: str, ordinal: int) -> None:
    lessons.remove(courses.act(), f"les_{course.removeprefix('crs_')}-{ordinal}", None)


def test_lessons_that_come_and_go_reach_every_learner(clean: House, teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 2).id
    enrolled(learner, course)
    complete(learner, course, 1)
    courses.a_lesson(course, teacher)
    courses.a_lesson(course, teacher)
    assert percentage(learner, course) == 50.0
    clean.driver.settle()
    assert percentage(learner, course) == 25.0
    remove(course, 2)
    clean.driver.settle()
    assert percentage(learner, course) == 33.33


def test_a_new_name_reaches_every_learner_a_page_at_a_time(
    clean: House, teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE", 2)
    course = courses.a_course(teacher, 1).id
    learners = [people.enlisted().id for _ in range(5)]
    for each in learners:
        enrolled(each, course)
    clean.driver.settle()
    courses.edited(course, title="Counting to twenty")
    clean.driver.settle()
    assert {now(each, course).course_title for each in learners} == {"Counting to twenty"}
    assert {int(now(each, course).ver) for each in learners} == {1}


@pytest.mark.row("C35", "B05")
def test_taking_away_what_was_missing_finishes_the_course(clean: House, teacher: str, learner: str, api: Api) -> None:
    course = courses.a_course(teacher, 2).id
    enrolled(learner, course)
    complete(learner, course, 1)
    remove(course, 2)
    clean.driver.settle()
    assert now(learner, course).completed_at is not None
    events = [each["name"] for each in api.get("/events", token=api.login("lina").access).json()["results"]]
    assert events.count("enrollment.completed") == 1


@pytest.mark.row("B05")
def test_later_lessons_never_lower_a_finished_course(clean: House, teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    enrolled(learner, course)
    complete(learner, course, 1)
    pinned = int(now(learner, course).curriculum_ver)
    courses.a_lesson(course, teacher)
    courses.edited(course, title="Another title")
    clean.driver.settle()
    after = now(learner, course)
    assert (percentage(learner, course), int(after.curriculum_ver)) == (100.0, pinned)
    assert after.course_title == "Another title"
    complete(learner, course, 2)
    assert completion.of(now(learner, course)).percentage == 100


def test_who_enrolled_just_before_a_change_that_passed_them_is_renewed(teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    stale = enrollments.case_of(courses.act().read(enrollments.wanted(learner, course)), learner, course)
    courses.a_lesson(course, teacher)
    act = courses.act(learner)
    granted = enrollments.granting(act, stale, via="free")
    together(act, *granted.writes, fact=granted.fact, result=None)
    assert completion.of(now(learner, course)).total == 1
    snapshots.renew_own_snapshot(granted.fact, "")
    assert completion.of(now(learner, course)).total == 2


def test_progress_that_read_an_older_course_does_not_undo_a_renewal(teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 3).id
    enrolled(learner, course)
    case = steps.read(courses.act(learner), ZONE, course, 1)
    courses.a_lesson(course, teacher)
    snapshots.renew_own_snapshot(courses.act().fact("enrollment.created", case.enrollment.id), "")
    with pytest.raises(Stale):
        progress._recorded(case, Wish(completed=True))
    complete(learner, course, 1)
    assert percentage(learner, course) == 25.0


def test_the_last_lesson_does_not_finish_a_course_that_has_just_grown(teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    enrolled(learner, course)
    case = steps.read(courses.act(learner), ZONE, course, 1)
    courses.a_lesson(course, teacher)
    with pytest.raises(Stale):
        progress._recorded(case, Wish(completed=True))
    complete(learner, course, 1)
    assert now(learner, course).completed_at is None
    assert percentage(learner, course) == 50.0


def test_a_walk_that_a_later_change_has_overtaken_does_nothing(teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1)
    enrolled(learner, course.id)
    courses.a_lesson(course.id, teacher)
    fact = courses.act().fact("course.curriculum_changed", course.id, ver=int(course.ver))
    assert snapshots.renew_snapshots(fact, "") is None
    assert completion.of(now(learner, course.id)).total == 1


def test_a_page_that_comes_twice_changes_nothing_more(clean: House, teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    enrolled(learner, course)
    changed = courses.edited(course, title="Another title")
    fact = courses.act().fact("course.changed", course, ver=int(changed.ver), fields=["title"])
    event = {"Records": [record(router.message("renew_snapshots", fact), str(number)) for number in range(2)]}
    assert keep_projections.handler(event, None) == {"batchItemFailures": []}
    assert now(learner, course).course_title == "Another title"


def record(body: str, id: str) -> dict[str, Any]:
    return {"messageId": id, "receiptHandle": id, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


@pytest.mark.row("E36", "E39", "C46")
def test_enrolling_is_confirmed_by_mail(clean: House, teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1, title="Counting to ten")
    enrolled(learner, course.id)
    clean.driver.settle()
    [mail] = clean.mails()
    assert (mail.to, mail.subject) == (["lina@example.org"], "You are enrolled")
    assert "Counting to ten" in mail.text
    assert f"\n{product.web_url}\n" in mail.text
    assert "/api/v1/" not in mail.text


@pytest.mark.row("E37", "E38")
def test_the_mail_is_sent_once_however_often_and_late_its_message_comes(
    mail_fake: MailFake, teacher: str, learner: str
) -> None:
    course = courses.a_course(teacher, 1)
    made = enrolled(learner, course.id).enrollment
    fact = courses.act(learner).fact("enrollment.created", made.id)
    event = {"Records": [record(router.message("enrollment_confirmed", fact), str(n)) for n in range(3)]}
    assert send_email.handler(event, None) == {"batchItemFailures": []}
    with time_machine.travel(clock.now() + timedelta(hours=30)):
        assert send_email.handler(event, None) == {"batchItemFailures": []}
    assert len(mail_fake.accepted) == 1


def test_enrolling_again_and_coming_back_are_not_confirmed_again(clean: House, teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    id = enrolled(learner, course).enrollment.id
    enrolled(learner, course)
    clean.driver.settle()
    leaving.cancel(courses.act(learner), id)
    enrolled(learner, course)
    clean.driver.settle()
    assert [mail.subject for mail in clean.mails()] == ["You are enrolled"]


def test_of_a_course_that_was_ordered_for_nothing_only_the_letter_of_the_order_tells(
    clean: House, teacher: str, learner: str
) -> None:
    people.verified(learner)
    course = commerce.a_priced_course(teacher)
    commerce.a_pending_order(learner, course, coupon=shop.a_code(percent=100).code)
    assert commerce.enrolled(learner, course)
    clean.driver.settle()
    assert [mail.subject for mail in clean.mails()] == ["Thank you for your order"]


@pytest.mark.row("C36", "C46")
def test_finishing_a_course_is_told_once_and_can_be_refused(clean: House, api: Api, teacher: str, learner: str) -> None:
    course = courses.a_course(teacher, 1).id
    enrolled(learner, course)
    complete(learner, course, 1)
    complete(learner, course, 1)
    clean.driver.settle()
    mails = [mail for mail in clean.mails() if mail.subject == "You have finished a course"]
    assert len(mails) == 1
    assert "/api/v1/mail/unsubscribe?token=" in mails[0].text
    other = courses.a_course(teacher, 1).id
    assert api.put("/users/me/mail-preferences", {"milestones": False}, token=api.login("lina").access).status == 200
    enrolled(learner, other)
    complete(learner, other, 1)
    clean.driver.settle()
    assert len([mail for mail in clean.mails() if mail.subject == "You have finished a course"]) == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.just(0)),
        st.tuples(st.sampled_from(["complete", "complete", "complete", "remove", "reset"]), st.integers(1, 6)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    min_size=3,
    max_size=14,
)


@pytest.mark.row("B05")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_completion_never_lies_whatever_comes_and_goes(clean: House, steps: list[tuple[str, int]]) -> None:
    teacher, learner = people.user().id, people.user().id
    course = courses.a_course(teacher, 2).id
    enrolled(learner, course)
    finished: Record | None = None
    for what, ordinal in [*steps, ("settle", 0)]:
        _take(what, ordinal, teacher, learner, course)
        after = now(learner, course)
        how_far = completion.of(after)
        assert 0 <= how_far.percentage <= 100
        assert 0 <= how_far.completed <= how_far.total
        assert how_far.is_completed <= (how_far.percentage == 100)
        if finished is not None:
            assert after.completed_at is not None
            assert how_far.percentage == 100
        finished = after if after.completed_at is not None else None
    _as_the_course_is(learner, course)


def _take(what: str, ordinal: int, teacher: str, learner: str, course: str) -> None:
    listed = list(curricula.ordinals(courses.edition_now(course).plan))
    if what == "add":
        courses.a_lesson(course, teacher)
    elif what == "remove" and ordinal in listed and len(listed) > 1:
        remove(course, ordinal)
    elif what == "complete" and ordinal in listed:
        complete(learner, course, ordinal)
    elif what == "reset" and ordinal in listed:
        try:
            progress.record_step(courses.act(learner), ZONE, course, ordinal, Wish(reset=True))
        except CourseFinished:
            assert now(learner, course).completed_at is not None
    elif what == "settle":
        fact = courses.act().fact("enrollment.created", now(learner, course).id)
        snapshots.renew_own_snapshot(fact, "")


def _as_the_course_is(learner: str, course: str) -> None:
    """Once all is settled, an unfinished course misses exactly the listed lessons that are not done."""
    after, gate = now(learner, course), reads.one(Gate, keys.gate(course))
    assert gate
    if after.completed_at is None:
        assert after.live == gate.live
        assert completion.missing(gate, after)
