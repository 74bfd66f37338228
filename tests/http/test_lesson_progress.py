"""Progress in lessons: three doors to one rule that goes forward only, films, lists, and finishing a course."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.catalog import authoring
from chalicelib.learning import lesson_list
from chalicelib.learning.records import Days, Enrollment, Roster, Watched
from chalicelib.table import keys, reads
from infra.local.gateway import Reply
from tests.factories import courses
from tests.http.api import Api, Person, at_once, fields, problem

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def teacher(api: Api) -> Person:
    return api.member("tessa", roles=("instructor",))


@pytest.fixture
def learner(api: Api) -> Person:
    return api.member("lina")


def lesson(course: str, ordinal: int) -> str:
    return f"les_{course.removeprefix('crs_')}-{ordinal}"


def row(learner: Person, course: str, ordinal: int) -> str:
    return f"lp_{course.removeprefix('crs_')}-{ordinal}-{learner.id.removeprefix('usr_')}"


def enrolled(api: Api, teacher: Person, learner: Person, lessons: int = 3, **changes: Any) -> tuple[str, str]:
    """The ids of a course and of the learner's enrollment in it."""
    course = courses.a_course(teacher.id, lessons, **changes)
    reply = api.post("/enrollments", {"course": course.id}, token=learner.access)
    assert reply.status == 201, reply.body
    return course.id, reply.json()["id"]


def done(api: Api, who: Person, lesson_id: str, **wish: Any) -> dict[str, Any]:
    reply = api.post(f"/lessons/{lesson_id}/progress", wish or {"completed": True}, token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


def progress(api: Api, who: Person, enrollment: str) -> dict[str, Any]:
    return dict(api.get(f"/enrollments/{enrollment}", token=who.access).json())


@pytest.mark.row("X20", "K19", "C34", "M74", "M19")
@pytest.mark.parametrize("door", ["K19", "C34", "M74", "PATCH", "union"])
def test_each_door_completes_a_lesson_and_again_changes_nothing(
    api: Api, teacher: Person, learner: Person, door: str
) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    first = lesson(course, 1)
    doors: dict[str, Callable[[], Reply]] = {
        "K19": lambda: api.post(f"/lessons/{first}/progress", {"completed": True}, token=learner.access),
        "C34": lambda: api.put(
            f"/lesson-progress/{row(learner, course, 1)}", {"is_completed": True}, token=learner.access
        ),
        "PATCH": lambda: api.patch(
            f"/lesson-progress/{row(learner, course, 1)}", {"completed": True}, token=learner.access
        ),
        "union": lambda: api.put(f"/progress/{row(learner, course, 1)}", {"completed": True}, token=learner.access),
        "M74": lambda: api.post(
            f"/enrollments/{enrollment}/mark-lesson-complete", {"lesson_id": first}, token=learner.access
        ),
    }
    replies = [doors[door](), doors[door]()]
    assert [reply.status for reply in replies] == [200, 200]
    said = progress(api, learner, enrollment)
    assert (said["completed_lessons"], said["last_lesson_id"]) == (1, first)
    record = reads.one(Enrollment, keys.enrollment(learner.id, course))
    assert record
    assert int(record.ver) == 2


@pytest.mark.row("C27", "C28", "C29", "C30", "C31", "M20", "M73")
def test_an_enrollment_says_how_far_it_is(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner, 3)
    seen = []
    for ordinal in (1, 2, 3):
        done(api, learner, lesson(course, ordinal))
        seen.append(progress(api, learner, enrollment)["progress"])
    assert seen == [
        {"total_lessons": 3, "completed_lessons": 1, "completion_percentage": 33.33, "is_completed": False},
        {"total_lessons": 3, "completed_lessons": 2, "completion_percentage": 66.67, "is_completed": False},
        {"total_lessons": 3, "completed_lessons": 3, "completion_percentage": 100.0, "is_completed": True},
    ]
    said = progress(api, learner, enrollment)
    assert {name: said[name] for name in said["progress"]} == said["progress"]


@pytest.mark.row("C35")
def test_the_last_lesson_finishes_the_course_in_its_own_transaction(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner, 2)
    done(api, learner, lesson(course, 2))
    assert progress(api, learner, enrollment)["completed_at"] is None
    said = done(api, learner, lesson(course, 1))
    assert said["course_progress"]["is_completed"] is True
    assert progress(api, learner, enrollment)["completed_at"] is not None


@pytest.mark.row("C35")
def test_two_devices_that_finish_at_once_finish_it_once(api: Api, teacher: Person, learner: Person, clean: Any) -> None:
    course, enrollment = enrolled(api, teacher, learner, 8)
    at_once(8, lambda n: done(api, learner, lesson(course, n + 1)))
    said = progress(api, learner, enrollment)
    assert (said["completed_lessons"], said["is_completed"]) == (8, True)
    clean.driver.settle()
    events = [each["name"] for each in api.get("/events", token=learner.access).json()["results"]]
    assert (events.count("lesson.completed"), events.count("enrollment.completed")) == (8, 1)


@pytest.mark.row("K68")
def test_progress_is_told_live_in_the_event_feed(api: Api, teacher: Person, learner: Person, clean: Any) -> None:
    course, enrollment = enrolled(api, teacher, learner, 1)
    done(api, learner, lesson(course, 1))
    clean.driver.settle()
    events = api.get("/events", token=learner.access).json()["results"]
    mine = {each["name"]: each for each in events if each["subject"] == enrollment}
    assert {"enrollment.created", "lesson.completed", "enrollment.completed"} <= set(mine)
    assert mine["lesson.completed"]["data"]["lesson"] == lesson(course, 1)


@pytest.mark.row("X20")
def test_false_takes_nothing_back_and_reset_opens_a_lesson_again(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    done(api, learner, lesson(course, 1), completed=True, position=40, seconds=50)
    assert done(api, learner, lesson(course, 1), completed=False)["is_completed"] is True
    open_again = done(api, learner, lesson(course, 1), reset=True)
    assert (open_again["is_completed"], open_again["position"], open_again["seconds"]) == (False, 0, 0)
    assert progress(api, learner, enrollment)["completed_lessons"] == 0
    assert done(api, learner, lesson(course, 2), reset=True)["is_completed"] is False


@pytest.mark.row("B05")
def test_a_finished_course_cannot_be_opened_again(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner, 1)
    done(api, learner, lesson(course, 1))
    reply = api.post(f"/lessons/{lesson(course, 1)}/progress", {"reset": True}, token=learner.access)
    assert problem(reply) == (409, "course_finished")


def test_reset_is_sent_alone(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    for body in ({"reset": True, "completed": True}, {"reset": True, "position": 0}):
        reply = api.post(f"/lessons/{lesson(course, 1)}/progress", body, token=learner.access)
        assert reply.status == 422


@pytest.mark.row("M42")
def test_a_film_keeps_the_last_position_and_the_most_seconds(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    first = lesson(course, 1)
    done(api, learner, first, position=90, seconds=90)
    said = done(api, learner, first, position=30, seconds=60)
    assert (said["position"], said["seconds"], said["is_completed"]) == (30, 90, False)
    assert progress(api, learner, enrollment)["completed_lessons"] == 0


def test_a_film_that_plays_makes_no_fact_and_moves_no_version(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    before = len(all_facts())
    for second in range(5):
        done(api, learner, lesson(course, 1), position=second)
    record = reads.one(Enrollment, keys.enrollment(learner.id, course))
    assert record
    assert (len(all_facts()), int(record.ver)) == (before, 1)


def all_facts() -> list[str]:
    return [
        item.sk
        for shard in range(4)
        for moment in (clock.now(), clock.now() - timedelta(minutes=1))
        for item in reads.all_of(keys.facts_of(f"{moment:%Y-%m-%dT%H:%M}", str(shard)))
    ]


def test_many_reports_at_once_keep_the_most_seconds(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    at_once(8, lambda n: done(api, learner, lesson(course, 1), position=n, seconds=10 * n))
    film = reads.one(Watched, keys.watched(learner.id, course, 1))
    assert film
    assert int(film.seconds) == 70


def test_what_was_watched_is_in_the_learners_day_once_a_minute(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    for after, seconds in ((0, 10), (20, 30), (50, 60), (61, 70), (70, 80)):
        with time_machine.travel(NOON + timedelta(seconds=after), tick=False):
            again = api.login("lina")
            done(api, again, lesson(course, 1), seconds=seconds)
            assert day(learner)["seconds"] == (10 if after < 60 else 70)
    with time_machine.travel(NOON + timedelta(seconds=75), tick=False):
        done(api, api.login("lina"), lesson(course, 1), completed=True, seconds=90)
    assert (day(learner)["seconds"], day(learner)["lessons"]) == (90, 1)


def day(learner: Person) -> dict[str, Any]:
    found = reads.one(Days, keys.days(learner.id, "2026-11"))
    return dict(found.days["2026-11-21"]) if found else {}


@pytest.mark.row("B08")
def test_a_lesson_that_is_opened_again_counts_once_in_the_days(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    alone = courses.a_lesson(None, teacher.id, kg_class="KG1").id
    for path in (lesson(course, 1), alone):
        for wish in ({"completed": True}, {"reset": True}, {"completed": True}, {"reset": True}):
            with time_machine.travel(NOON, tick=False):
                done(api, api.login("lina"), path, **wish)
    assert day(learner)["lessons"] == 2
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        again = api.login("lina")
        done(api, again, lesson(course, 1), completed=True)
        streak = api.get("/streak", token=again.access).json()
        said = api.get("/dashboard/stats", token=again.access).json()["learner"]
    assert [(each["state"], each["lessons"]) for each in streak["days"]] == [("active", 2), ("active", 0)]
    assert said["lessons_completed"] == 2


@pytest.mark.row("C37", "M41", "M42")
def test_course_lesson_enrollment_and_progress_are_four_things_with_ids_that_say_whose_they_are(
    api: Api, teacher: Person, learner: Person
) -> None:
    draft = courses.a_draft(teacher.id, lessons=2)
    said = api.get(f"/courses/{draft.id}", token=teacher.access).json()
    assert (said["status"], said["is_published"]) == ("draft", False)
    authoring.publish(courses.act(), draft.id, None)
    listed = api.get(f"/courses/{draft.id}/lessons").json()["results"]
    assert [(each["id"], each["order"]) for each in listed] == [(lesson(draft.id, 1), 1), (lesson(draft.id, 2), 2)]
    mine = api.post("/enrollments", {"course": draft.id}, token=learner.access).json()
    rows = api.get("/lesson-progress", token=learner.access).json()["results"]
    who, where = learner.id.removeprefix("usr_"), draft.id.removeprefix("crs_")
    assert mine["id"] == f"enr_{where}-{who}"
    assert [each["id"] for each in rows] == [f"lp_{where}-1-{who}", f"lp_{where}-2-{who}"]


def test_who_reports_progress_in_an_own_draft_is_told_to_enroll(api: Api, teacher: Person, learner: Person) -> None:
    draft = courses.a_draft(teacher.id, lessons=1)
    path = f"/lessons/{lesson(draft.id, 1)}/progress"
    author = api.member("toni", roles=("student", "instructor"))
    own = courses.a_draft(author.id, lessons=1)
    reply = api.post(f"/lessons/{lesson(own.id, 1)}/progress", {"completed": True}, token=author.access)
    assert problem(reply) == (403, "enrollment_required")
    assert "Publish it" in reply.json()["detail"]
    for who in (learner, author):
        assert problem(api.post(path, {"completed": True}, token=who.access)) == (404, "lesson_unknown")


def test_the_day_is_that_of_the_learners_zone(api: Api, teacher: Person, learner: Person) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 20, 0, tzinfo=UTC), tick=False):
        course, _ = enrolled(api, teacher, api.login("lina"))
        done(api, api.login("lina"), lesson(course, 1))
    found = reads.one(Days, keys.days(learner.id, "2026-12"))
    assert found
    assert list(found.days) == ["2026-12-01"]
    assert list(found.courses) == [course]


def test_who_has_begun_leaves_the_list_of_those_who_have_not(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner)
    other, _ = enrolled(api, teacher, learner)

    def waits(course: str) -> bool:
        entry = next(each for each in reads.all_of(keys.roster_of(course)) if isinstance(each, Roster))
        return entry.gsi2pk is not None

    assert (waits(course), waits(other)) == (True, True)
    done(api, learner, lesson(course, 1))
    done(api, learner, lesson(other, 1), position=3)
    assert (waits(course), waits(other)) == (False, False)


@pytest.mark.parametrize("door", ["K19", "M74"])
def test_forced_order_holds_at_every_door(api: Api, teacher: Person, learner: Person, door: str) -> None:
    course, enrollment = enrolled(api, teacher, learner, forced_order=True)
    second = lesson(course, 2)
    path = {"K19": f"/lessons/{second}/progress", "M74": f"/enrollments/{enrollment}/mark-lesson-complete"}[door]
    reply = api.post(path, {"completed": True} if door == "K19" else {"lesson": second}, token=learner.access)
    assert problem(reply) == (403, "lesson_locked")
    said = [(each["code"], each["message"]) for each in reply.json()["errors"]]
    assert ("missing", lesson(course, 1)) in said
    assert said[0][0] == "lesson_order"


def test_a_prerequisite_holds_until_it_is_finished(api: Api, teacher: Person, learner: Person) -> None:
    first, _ = enrolled(api, teacher, learner, 1)
    second, _ = enrolled(api, teacher, learner, 1, prerequisites=[first])
    reply = api.post(f"/lessons/{lesson(second, 1)}/progress", {"completed": True}, token=learner.access)
    assert problem(reply) == (403, "lesson_locked")
    assert reply.json()["errors"][0]["code"] == "prerequisite"
    done(api, learner, lesson(first, 1))
    assert done(api, learner, lesson(second, 1))["is_completed"] is True


def test_nobody_completes_lessons_that_are_not_theirs(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    other, _ = enrolled(api, teacher, api.member("other"))
    stranger = api.member("stranger")
    refusals = [
        api.post(f"/lessons/{lesson(course, 1)}/progress", {"completed": True}, token=stranger.access),
        api.post(f"/lessons/{lesson(course, 9)}/progress", {"completed": True}, token=learner.access),
        api.put(f"/lesson-progress/{row(learner, course, 1)}", {"completed": True}, token=stranger.access),
        api.get(f"/lesson-progress/{row(learner, course, 1)}", token=stranger.access),
        api.post(
            f"/enrollments/{enrollment}/mark-lesson-complete", {"lesson": lesson(course, 1)}, token=stranger.access
        ),
    ]
    assert [problem(each) for each in refusals] == [
        (403, "enrollment_required"),
        (404, "lesson_unknown"),
        (404, "lesson_progress_unknown"),
        (404, "lesson_progress_unknown"),
        (404, "enrollment_unknown"),
    ]
    reply = api.post(
        f"/enrollments/{enrollment}/mark-lesson-complete", {"lesson": lesson(other, 1)}, token=learner.access
    )
    assert (problem(reply), fields(reply)) == ((422, "lesson_of_another"), {"lesson": "of_another_course"})


@pytest.mark.row("C32", "C49")
def test_every_lesson_has_a_row_also_those_that_were_added_later(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner, 2)
    done(api, learner, lesson(course, 2))
    courses.a_lesson(course, teacher.id)
    listed = api.get("/lesson-progress", token=learner.access).json()["results"]
    assert [(each["id"], each["order"], each["is_completed"]) for each in listed] == [
        (row(learner, course, 1), 1, False),
        (row(learner, course, 2), 2, True),
        (row(learner, course, 3), 3, False),
    ]
    assert {each["kind"] for each in listed} == {"lesson"}


@pytest.mark.row("C33", "C49")
def test_a_row_that_was_never_written_can_be_read(api: Api, teacher: Person, learner: Person) -> None:
    course, enrollment = enrolled(api, teacher, learner)
    reply = api.get(f"/lesson-progress/{row(learner, course, 3)}", token=learner.access)
    said = reply.json()
    assert (reply.status, said["lesson"], said["enrollment"]) == (200, lesson(course, 3), enrollment)
    assert (said["is_completed"], said["position"], said["order"]) == (False, 0, 3)


def test_the_list_pages_over_courses_and_can_be_narrowed(api: Api, teacher: Person, learner: Person) -> None:
    made = [enrolled(api, teacher, learner, 3)[0] for _ in range(7)]
    done(api, learner, lesson(made[0], 2), completed=True, position=9)
    seen: list[str] = []
    path = "/lesson-progress?page_size=4"
    while path:
        said = api.get(path, token=learner.access).json()
        seen += [each["id"] for each in said["results"]]
        path = (said["next"] or "").partition("/api/v1")[2]
    assert seen == [row(learner, course, n) for course in reversed(made) for n in (1, 2, 3)]
    finished = api.get("/lesson-progress?completed=true", token=learner.access).json()["results"]
    assert [(each["id"], each["position"]) for each in finished] == [(row(learner, made[0], 2), 9)]
    of_one = api.get(f"/lesson-progress?course_id={made[1]}&completed=false", token=learner.access).json()["results"]
    assert [each["id"] for each in of_one] == [row(learner, made[1], n) for n in (1, 2, 3)]


def test_a_filter_that_leaves_little_opens_few_courses_for_a_page(
    api: Api, teacher: Person, learner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson_list, "MOST_COURSES", 2)
    (oldest, _), *_ = [enrolled(api, teacher, learner, 1) for _ in range(5)]
    done(api, learner, lesson(oldest, 1))
    pages, following = list[list[str]](), "/lesson-progress?completed=true"
    while following:
        page = api.get(following, token=learner.access).json()
        pages.append([each["lesson_id"] for each in page["results"]])
        following = (page["next"] or "").partition("/api/v1")[2]
    assert pages == [[], [], [lesson(oldest, 1)]]


@pytest.mark.row("X12", "C32", "C33", "C34")
def test_the_union_shows_the_same_rows_with_their_kind(api: Api, teacher: Person, learner: Person) -> None:
    course, _ = enrolled(api, teacher, learner, 3)
    plain, union = (
        api.get(path, token=learner.access).json()["results"] for path in ("/lesson-progress", "/progress?kind=lesson")
    )
    assert plain == union
    first = api.get("/progress?page_size=2", token=learner.access).json()
    rest = api.get(first["next"].partition("/api/v1")[2], token=learner.access).json()
    assert first["results"] + rest["results"] == plain
    one = api.get(f"/progress/{row(learner, course, 2)}", token=learner.access)
    assert one.json() == plain[1]
    assert problem(api.get("/progress/xx_1", token=learner.access)) == (404, "progress_unknown")
    assert fields(api.get("/progress?kind=none", token=learner.access)) == {"kind": "literal_error"}


@pytest.mark.row("C32", "C34")
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_older_paths_lead_to_the_same(api: Api, teacher: Person, learner: Person, slash: str) -> None:
    course, enrollment = enrolled(api, teacher, learner, 2)
    id = row(learner, course, 1)
    put = api.put(f"/api/progress/{id}{slash}", {"completed": True}, token=learner.access)
    assert (put.status, put.json()["is_completed"]) == (200, True)
    for old, new in (
        (f"/api/progress{slash}", "/lesson-progress"),
        (f"/api/progress/{id}{slash}", f"/lesson-progress/{id}"),
        (f"/api/enrollments{slash}", "/enrollments"),
        (f"/api/enrollments/{enrollment}{slash}", f"/enrollments/{enrollment}"),
    ):
        assert api.get(old, token=learner.access).json() == api.get(new, token=learner.access).json()


@pytest.mark.row("E32", "E34", "C25", "K19")
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_older_paths_write_the_same(api: Api, teacher: Person, learner: Person, slash: str) -> None:
    course = courses.a_course(teacher.id, 2).id
    made = api.post(f"/api/enrollments{slash}", {"course": course}, token=learner.access)
    assert (made.status, made.json()["course"]) == (201, course)
    told = api.post(f"/api/lessons/{lesson(course, 1)}/progress{slash}", {"completed": True}, token=learner.access)
    assert (told.status, told.json()["is_completed"]) == (200, True)
    again = api.patch(f"/api/progress/{row(learner, course, 2)}{slash}", {"position": 5}, token=learner.access)
    assert (again.status, again.json()["position"]) == (200, 5)
    assert api.delete(f"/api/enrollments/{made.json()['id']}{slash}", token=learner.access).status == 204


@pytest.mark.row("X14", "K19")
def test_a_lesson_without_a_course_takes_progress_too(api: Api, teacher: Person, learner: Person) -> None:
    alone = courses.a_lesson(None, teacher.id, kg_class="KG1").id
    film = done(api, learner, alone, position=8, seconds=12)
    assert (film["course"], film["enrollment"], film["position"], film["is_completed"]) == (None, None, 8, False)
    assert done(api, learner, alone, completed=True, seconds=5)["is_completed"] is True
    assert done(api, learner, alone, position=3)["is_completed"] is True
    shown = api.get(f"/lesson-progress/{film['id']}", token=learner.access).json()
    assert (shown["position"], shown["seconds"], shown["is_completed"]) == (3, 12, True)
    assert done(api, learner, alone, reset=True)["is_completed"] is False
    assert problem(api.get(f"/lesson-progress/{film['id']}", token=api.member("x").access))[0] == 404


def test_a_lesson_without_a_course_that_was_done_offline_counts_for_that_day(
    api: Api, teacher: Person, learner: Person
) -> None:
    alone = courses.a_lesson(None, teacher.id, kg_class="KG1").id
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        done(api, api.login("lina"), alone, completed=True, done_at="2026-11-21T08:00:00Z")
    assert day(learner)["lessons"] == 1


def test_a_body_that_names_another_lesson_than_its_address_is_refused(
    api: Api, teacher: Person, learner: Person
) -> None:
    course, _ = enrolled(api, teacher, learner)
    other = {"lesson": lesson(course, 2), "completed": True}
    by_row = api.put(f"/lesson-progress/{row(learner, course, 1)}", other, token=learner.access)
    by_lesson = api.post(f"/lessons/{lesson(course, 1)}/progress", other, token=learner.access)
    assert [(reply.status, fields(reply)) for reply in (by_row, by_lesson)] == [(422, {"lesson": "another"})] * 2
    assert done(api, learner, lesson(course, 2), **other)["is_completed"] is True
