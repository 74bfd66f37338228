"""Enrolling through both doors, leaving, and coming back."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.catalog import authoring
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Course, Seats
from chalicelib.learning import enrollments
from chalicelib.learning.enrollments import EnrollmentRequired, SoldOut
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.table import keys, reads
from chalicelib.table.writes import telling, together
from tests.factories import courses
from tests.http.api import Api, Person, at_once, fields, problem

pytestmark = pytest.mark.row("C45")


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tessa", roles=("instructor",))


@pytest.fixture
def learner(api: Api) -> Person:
    return api.member("lina")


def enrolled(api: Api, who: Person, course: str, status: int = 201) -> dict[str, Any]:
    reply = api.post("/enrollments", {"course": course}, token=who.access)
    assert reply.status == status, reply.body
    return dict(reply.json())


def taken(course: str) -> int:
    seats = reads.one(Seats, keys.seats(course))
    assert seats
    return int(seats.taken)


@pytest.mark.row("E09", "E29", "E32", "C25", "M18", "M41")
def test_a_learner_enrolls_in_a_free_course(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, lessons=3)
    reply = api.post("/enrollments", {"course_id": course.id}, token=learner.access)
    said = reply.json()
    assert (reply.status, said["student"], said["course"]) == (201, learner.id, course.id)
    assert reply.header("location") == f"/api/v1/enrollments/{said['id']}"
    assert (said["status"], said["via"], said["course_title"]) == ("active", "free", course.title)


@pytest.mark.row("M61", "X18")
def test_the_courses_own_door_leads_to_the_same_row(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    first = api.post(f"/courses/{course.id}/enroll", token=learner.access)
    again = api.post("/enrollments", {"course": course.id}, token=learner.access)
    assert (first.status, again.status) == (201, 200)
    assert first.json() == again.json()


@pytest.mark.row("E58", "M61", "X56")
def test_sixteen_at_once_are_one_that_is_made_and_fifteen_that_find_it(
    api: Api, teacher: Person, learner: Person
) -> None:
    course = courses.a_course(teacher.id)
    statuses = at_once(16, lambda _: api.post(f"/courses/{course.id}/enroll", token=learner.access).status)
    assert sorted(statuses) == [200] * 15 + [201]


@pytest.mark.row("E33", "X11")
def test_only_students_enroll_and_always_themselves(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    assert problem(api.post("/enrollments", {"course": course.id}, token=teacher.access)) == (403, "role_missing")
    other = api.post("/enrollments", {"course": course.id, "student": teacher.id}, token=learner.access)
    assert fields(other) == {"student": "unknown_field"}
    both = api.member("both", roles=("instructor", "student"))
    assert enrolled(api, both, course.id)["student"] == both.id


@pytest.mark.row("X18")
def test_a_course_that_costs_something_says_what_to_do(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, price_minor=1999)
    for reply in (
        api.post("/enrollments", {"course": course.id}, token=learner.access),
        api.post(f"/courses/{course.id}/enroll", token=learner.access),
    ):
        assert problem(reply) == (402, "payment_required")
        assert "19.99 USD" in reply.json()["detail"]
        assert "/api/v1/cart/items" in reply.json()["detail"]


@pytest.mark.row("C26")
def test_a_draft_is_not_there_for_strangers_and_refused_to_those_who_know_it(
    api: Api, teacher: Person, learner: Person
) -> None:
    draft = courses.a_draft(teacher.id, lessons=1)
    both = api.member("both", roles=("instructor", "student"))
    own = courses.a_draft(both.id, lessons=1)
    boss = api.member("boss", roles=("admin", "student"))
    statuses = [
        problem(api.post("/enrollments", {"course": course.id}, token=who.access))
        for who, course in ((learner, draft), (both, own), (boss, draft))
    ]
    assert statuses == [
        (404, "course_unknown"),
        (409, "course_not_published"),
        (409, "course_not_published"),
    ]
    assert [list(reads.all_of(keys.roster_of(each.id))) for each in (draft, own)] == [[], []]


@pytest.mark.row("C26")
@pytest.mark.parametrize("shut", [courses.unpublished, courses.archived])
def test_enrolling_is_open_for_as_long_as_the_course_is_published(
    api: Api, teacher: Person, learner: Person, shut: Callable[[str], Course]
) -> None:
    draft, other = courses.a_draft(teacher.id, lessons=1).id, api.member("leo")
    assert problem(api.post("/enrollments", {"course": draft}, token=learner.access)) == (404, "course_unknown")
    authoring.publish(courses.act(), draft, None)
    assert enrolled(api, learner, draft)["status"] == "active"
    shut(draft)
    for door, body in (("/enrollments", {"course": draft}), (f"/courses/{draft}/enroll", None)):
        assert problem(api.post(door, body, token=other.access)) == (404, "course_unknown")
    assert api.get("/enrollments", token=other.access).json()["results"] == []


def test_what_is_gone_or_was_never_there_is_not_found(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    courses.deleted(course.id)
    none = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
    for gone in (course.id, none):
        assert problem(api.post("/enrollments", {"course": gone}, token=learner.access)) == (404, "course_unknown")
    assert fields(api.post("/enrollments", {"course": "x"}, token=learner.access)) == {"course": "pattern_mismatch"}
    assert fields(api.post("/enrollments", {}, token=learner.access)) == {"course": "required"}


def test_who_is_enrolled_stays_so_when_the_course_is_unpublished_or_gets_a_price(
    api: Api, teacher: Person, learner: Person
) -> None:
    course = courses.a_course(teacher.id)
    before = enrolled(api, learner, course.id)
    courses.edited(course.id, price_minor=500)
    assert enrolled(api, learner, course.id, 200)["id"] == before["id"]
    courses.unpublished(course.id)
    assert enrolled(api, learner, course.id, 200)["id"] == before["id"]


def test_a_repeat_with_its_idempotency_key_gets_the_first_answer(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    replies = [
        api.post("/enrollments", {"course": course.id}, token=learner.access, idempotency_key="k") for _ in range(2)
    ]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].body == replies[1].body
    assert replies[1].header("idempotency-replayed") == "true"


@pytest.mark.row("X56")
def test_the_last_seat_goes_to_one_and_the_others_are_told(api: Api, teacher: Person) -> None:
    course = courses.a_course(teacher.id, capacity=1)
    learners = [api.member() for _ in range(12)]

    def one(number: int) -> tuple[int, str]:
        reply = api.post("/enrollments", {"course": course.id}, token=learners[number].access)
        return (reply.status, reply.json().get("code", ""))

    got = at_once(12, one)
    assert sorted(got) == [(201, "")] + [(409, "sold_out")] * 11
    assert taken(course.id) == 1


def test_who_took_the_last_seat_a_moment_ago_is_not_told_that_it_is_gone(
    api: Api, teacher: Person, learner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = courses.a_course(teacher.id, capacity=1)
    apart = enrollments.together  # type: ignore[attr-defined]

    def raced(*pieces: Any, **options: Any) -> None:
        """The same request was faster by another way, and holds the row while this one finds no seat."""
        apart(*pieces, **options)
        raise enrollments.SoldOut

    monkeypatch.setattr(enrollments, "together", raced)
    assert enrolled(api, learner, course.id, 200)["status"] == "active"
    assert taken(course.id) == 1


def test_a_repeat_takes_no_second_seat_and_leaving_gives_it_back(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, capacity=2)
    id = enrolled(api, learner, course.id)["id"]
    enrolled(api, learner, course.id, 200)
    assert taken(course.id) == 1
    for _ in range(2):
        assert api.delete(f"/enrollments/{id}", token=learner.access).status == 204
        assert taken(course.id) == 0


@pytest.mark.row("E34", "X19")
def test_leaving_keeps_what_was_done_and_enrolling_again_brings_it_back(
    api: Api, teacher: Person, learner: Person
) -> None:
    course = courses.a_course(teacher.id, lessons=2)
    id = enrolled(api, learner, course.id)["id"]
    lesson = f"les_{course.id.removeprefix('crs_')}-1"
    assert api.post(f"/lessons/{lesson}/progress", {"completed": True}, token=learner.access).status == 200
    assert api.delete(f"/enrollments/{id}", token=learner.access).status == 204
    gone = api.get(f"/enrollments/{id}", token=learner.access).json()
    assert (gone["status"], gone["completed_lessons"]) == ("cancelled", 1)
    assert api.get("/enrollments", token=learner.access).json()["results"] == []
    locked = api.post(f"/lessons/{lesson}/progress", {"completed": True}, token=learner.access)
    assert problem(locked) == (403, "enrollment_required")
    back = enrolled(api, learner, course.id)
    assert (back["id"], back["status"], back["completed_lessons"], back["cancelled_at"]) == (id, "active", 1, None)
    assert back["enrolled_at"] == gone["enrolled_at"]


def test_who_never_began_and_comes_back_begins_anew(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    first = enrolled(api, learner, course.id)
    api.delete(f"/enrollments/{first['id']}", token=learner.access)
    again = enrolled(api, learner, course.id)
    assert again["enrolled_at"] > first["enrolled_at"]
    entries = [each for each in reads.all_of(keys.roster_of(course.id)) if isinstance(each, Roster)]
    assert len(entries) == 1
    assert entries[0].gsi2sk is not None


@pytest.mark.row("E35")
def test_an_enrollment_is_ended_by_its_learner_or_an_administrator(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    id = enrolled(api, learner, course.id)["id"]
    stranger = api.member("stranger")
    refused = [problem(api.delete(f"/enrollments/{id}", token=who.access)) for who in (stranger, teacher)]
    assert refused == [(404, "enrollment_unknown"), (403, "enrollment_not_yours")]
    assert api.delete(f"/enrollments/{id}", token=api.admin().access).status == 204
    assert problem(api.delete("/enrollments/enr_x", token=learner.access)) == (404, "enrollment_unknown")


@pytest.mark.row("X19")
def test_what_was_paid_for_is_left_through_its_refund(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, price_minor=500)
    granted(learner.id, course.id, via="order", order_id="ord_1")
    row = api.get("/enrollments", token=learner.access).json()["results"][0]
    for who in (learner, api.admin()):
        reply = api.delete(f"/enrollments/{row['id']}", token=who.access)
        assert problem(reply) == (409, "enrollment_paid")
        assert "/api/v1/orders/ord_1/refunds" in reply.json()["detail"]


def granted(user: str, course: str, **options: Any) -> Enrollment:
    """Somebody let in by another rule, in a transaction about something else."""
    act = courses.act("system")
    case = enrollments.case_of(act.read(enrollments.wanted(user, course)), user, course)
    granting = enrollments.granting(act, case, **options)
    fact = act.fact("order.paid", "ord_1", audience=[user])
    return together(act, *granting.writes, telling(granting.fact), fact=fact, result=granting.enrollment)


def test_an_order_lets_somebody_in_within_its_own_transaction(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, price_minor=500, capacity=1)
    made = granted(learner.id, course.id, via="order", order_id="ord_1")
    assert taken(course.id) == 1
    said = api.post(f"/courses/{course.id}/enroll", token=learner.access)
    assert (said.status, said.json()["id"], said.json()["via"]) == (200, made.id, "order")
    with pytest.raises(SoldOut):
        granted(api.member("late").id, course.id, via="order")


def test_a_seat_that_an_order_holds_is_not_taken_twice(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id, price_minor=500, capacity=1)
    granted(learner.id, course.id, via="order", takes_seat=False)
    assert taken(course.id) == 0


def test_prerequisites_do_not_keep_anybody_from_enrolling(api: Api, teacher: Person, learner: Person) -> None:
    first = courses.a_course(teacher.id)
    second = courses.a_course(teacher.id, prerequisites=[first.id])
    enrolled(api, learner, second.id)


def test_other_domains_can_ask_for_an_enrollment(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    enrolled(api, learner, course.id)
    assert enrollments.require(courses.act(), learner.id, course.id).status == "active"
    with pytest.raises(EnrollmentRequired):
        enrollments.require(courses.act(), teacher.id, course.id)


def test_only_the_enrollment_that_was_read_is_left(api: Api, teacher: Person, learner: Person) -> None:
    course = courses.a_course(teacher.id)
    path = f"/enrollments/{enrolled(api, learner, course.id)['id']}"
    read = api.get(path, token=learner.access).header("etag") or ""
    body = {"completed": True}
    assert api.post(f"/lessons/{lesson_of(course.id, 1)}/progress", body, token=learner.access).status in (200, 201)
    assert problem(api.delete(path, token=learner.access, if_match=read)) == (412, "enrollment_changed")
    now = api.get(path, token=learner.access).header("etag") or ""
    assert api.delete(path, token=learner.access, if_match=now).status == 204
