"""Logging time for a goal, correcting it and taking it back; and that every total follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.goals.records import TimedLesson
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from infra.local.gateway import Reply
from tests.factories import courses, goals
from tests.http.api import Api, Person, at_once, fields, problem

#: The body of the goal tracker's own documentation.
SEED: dict[str, Any] = {
    "progress": "Completed authentication module",
    "logged_hours": "02:30:00",
    "total_hours": "05:00:00",
}
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def me(api: Api) -> Person:
    """Somebody with a goal of number 1, and a quota that lasts."""
    member = api.member("meera", tier="premium")
    goals.a_goal(member.id, name="Learn to type")
    return member


def logged(api: Api, who: Person, goal: int = 1, **body: Any) -> dict[str, Any]:
    reply = api.post(f"/goals/{goal}/progress", {"logged_hours": "01:00:00"} | body, token=who.access)
    assert reply.status == 201, reply.body
    return dict(reply.json())


def goal_of(api: Api, who: Person, goal: int = 1) -> dict[str, Any]:
    return dict(api.get(f"/goals/{goal}", token=who.access).json())


def require_recount(user_id: str) -> None:
    """Every total is what its entries say, one by one."""
    of_goals, on = goals.recounted(user_id)
    assert goals.days_of(user_id) == on
    for goal in goals.all_of(user_id):
        counted = (int(goal.logged_seconds), int(goal.planned_seconds), int(goal.entries))
        assert counted == of_goals.get(int(goal.number), (0, 0, 0))


@pytest.mark.row("G02", "G15", "G26", "G29")
def test_the_documents_own_entry_is_logged_as_it_stands(api: Api, me: Person) -> None:
    reply = api.post("/api/goals/1/progress/", SEED, token=me.access)
    said = reply.json()
    assert reply.status == 201, reply.body
    assert {name: said[name] for name in SEED} == SEED
    assert (said["logged_seconds"], said["total_seconds"]) == (9000, 18000)
    assert (said["goal"], said["number"], said["kind"], said["source"]) == (1, 1, "goal", "manual")
    assert said["id"] == f"gp_1-1-{me.id.removeprefix('usr_')}"
    assert reply.header("location") == "/api/v1/goals/1/progress/1"


@pytest.mark.row("G27", "G28", "X25")
@pytest.mark.parametrize(
    ("logged_hours", "total", "complete", "percent"),
    [
        ("02:30:00", "05:00:00", False, 50.0),
        ("05:00:00", "05:00:00", True, 100.0),
        ("06:00:00", "05:00:00", True, 100.0),
        ("01:00:00", "03:00:00", False, 33.33),
        ("02:00:00", "03:00:00", False, 66.67),
        ("01:00:00", 0, False, 0.0),
        (0, "05:00:00", False, 0.0),
    ],
)
def test_whether_an_entry_is_complete_and_how_far_follows_from_its_hours(
    api: Api, me: Person, logged_hours: Any, total: Any, complete: bool, percent: float
) -> None:
    said = logged(api, me, logged_hours=logged_hours, total_hours=total)
    assert (said["is_complete"], said["percentage_complete"]) == (complete, percent)


@pytest.mark.row("G27", "G28")
@pytest.mark.parametrize("field", ["is_complete", "percentage_complete"])
def test_nobody_says_by_hand_that_an_entry_is_complete(api: Api, me: Person, field: str) -> None:
    logged(api, me)
    for method, path in [
        ("POST", "/goals/1/progress"),
        ("PATCH", "/goals/1/progress/1"),
        ("PUT", "/goals/1/progress/1"),
    ]:
        reply = api.call(method, path, SEED | {field: 1}, token=me.access)
        assert (problem(reply)[0], fields(reply)) == (422, {field: "derived"})


@pytest.mark.row("X27", "G29")
@pytest.mark.parametrize(
    "written", ["02:30:00", "2:30:00", "PT2H30M", "pt2.5h", "P0DT150M", 9000, 9000.0, "9000", "0 02:30:00"]
)
def test_a_time_may_be_written_in_every_usual_way(api: Api, me: Person, written: Any) -> None:
    said = logged(api, me, logged_hours=written, total_hours=written)
    assert (said["logged_hours"], said["logged_seconds"]) == ("02:30:00", 9000)
    assert (said["total_hours"], said["total_seconds"]) == ("02:30:00", 9000)


@pytest.mark.row("X27")
def test_seconds_may_be_sent_under_their_own_name(api: Api, me: Person) -> None:
    reply = api.post("/goals/1/progress", {"logged_seconds": 90, "total_seconds": 180}, token=me.access)
    assert (reply.json()["logged_hours"], reply.json()["total_hours"]) == ("00:01:30", "00:03:00")


@pytest.mark.row("X27")
def test_two_names_of_one_time_must_agree(api: Api, me: Person) -> None:
    same = {"logged_hours": "01:00:00", "logged_seconds": 3600}
    assert api.post("/goals/1/progress", same, token=me.access).status == 201
    reply = api.post("/goals/1/progress", same | {"logged_seconds": 3601}, token=me.access)
    assert (problem(reply)[0], fields(reply)) == (422, {"logged_seconds": "differs"})


BAD = [
    ({}, "logged_hours"),
    ({"progress": "only words"}, "logged_hours"),
    ({"logged_hours": "-01:00:00"}, "logged_hours"),
    ({"logged_hours": -1}, "logged_hours"),
    ({"logged_hours": "-PT1H"}, "logged_hours"),
    ({"logged_hours": "24:00:01"}, "logged_hours"),
    ({"logged_hours": 1e15}, "logged_hours"),
    ({"logged_hours": "99999:00:00"}, "logged_hours"),
    ({"logged_hours": "01:60:00"}, "logged_hours"),
    ({"logged_hours": "1h"}, "logged_hours"),
    ({"logged_hours": "P1M"}, "logged_hours"),
    ({"logged_hours": "P"}, "logged_hours"),
    ({"logged_hours": ""}, "logged_hours"),
    ({"logged_hours": None}, "logged_hours"),
    ({"logged_hours": True}, "logged_hours"),
    ({"logged_hours": ["01:00:00"]}, "logged_hours"),
    ({"logged_hours": "٠١:٠٠:٠٠"}, "logged_hours"),
    ({"logged_seconds": -1}, "logged_seconds"),
    ({"logged_seconds": "60"}, "logged_seconds"),
    ({"logged_seconds": 86_401}, "logged_seconds"),
    ({"logged_hours": 60, "total_hours": "10000:00:01"}, "total_hours"),
    ({"logged_hours": 60, "total_hours": "-01:00:00"}, "total_hours"),
    ({"logged_hours": 60, "logged_on": "1999-12-31"}, "logged_on"),
    ({"logged_hours": 60, "logged_on": "2026-02-30"}, "logged_on"),
    ({"logged_hours": 60, "logged_on": "2026-11-21T10:00:00Z"}, "logged_on"),
    ({"logged_hours": 60, "logged_on": "9999-01-01"}, "logged_on"),
    ({"logged_hours": 60, "logged_on": 1_700_000_000}, "logged_on"),
    ({"logged_hours": 60, "progress": "x" * 2_001}, "progress"),
    ({"logged_hours": 60, "progress": "\u0000"}, "progress"),
    ({"logged_hours": 60, "number": 7}, "number"),
    ({"logged_hours": 60, "goal": 2}, "goal"),
    ({"logged_hours": 60, "lesson_id": "les_nothing"}, "lesson_id"),
    ({"logged_hours": 60, "lesson_id": "les_01KAKZ6Q8M4T6V1N2B3C4D5E6F-2"}, "lesson_id"),
]


@pytest.mark.row("X27", "G26")
def test_what_is_no_entry_is_refused_by_the_name_of_its_field_and_changes_nothing(api: Api, me: Person) -> None:
    for body, field in BAD:
        reply = api.post("/goals/1/progress", body, token=me.access)
        assert (problem(reply)[0], list(fields(reply))) == (422, [field]), body
    assert goal_of(api, me)["entries"] == 0


@pytest.mark.row("G02", "X27")
def test_the_widest_entry_is_taken(api: Api, me: Person) -> None:
    said = logged(api, me, logged_hours="24:00:00", total_hours="P416DT16H", progress="界" * 2_000)
    assert (said["logged_hours"], said["total_hours"]) == ("24:00:00", "10000:00:00")


@pytest.mark.row("X44")
def test_an_entry_counts_for_today_where_its_person_is(api: Api) -> None:
    """At 20:00 in UTC it is tomorrow in Kolkata."""
    with time_machine.travel(NOON.replace(hour=20), tick=True):
        me = api.member("meera")
        goals.a_goal(me.id)
        assert logged(api, me)["logged_on"] == "2026-11-22"
        reply = api.post("/goals/1/progress", {"logged_hours": 60, "logged_on": "2026-11-23"}, token=me.access)
        assert (problem(reply)[0], fields(reply)) == (422, {"logged_on": "in_future"})


@pytest.mark.row("G16", "G17", "G57", "X12")
def test_an_entry_is_read_and_changed_under_its_goal_and_by_its_id(api: Api, me: Person) -> None:
    said = logged(api, me, **SEED)
    paths = [f"/goals/{goal}/progress/{entry}" for goal in (1, said["goal_id"]) for entry in (1, said["id"])]
    for number, path in enumerate([*paths, f"/goal-progress/{said['id']}", "/api/goals/1/progress/1/"], start=1):
        changed = api.patch(path, {"progress": f"No. {number}"}, token=me.access)
        assert (changed.status, changed.json()["progress"]) == (200, f"No. {number}")
        read = api.get(path, token=me.access)
        assert (read.json(), read.header("etag")) == (changed.json(), changed.header("etag"))
    assert changed.json()["logged_hours"] == "02:30:00"


@pytest.mark.row("G57")
def test_put_says_an_entry_anew_and_keeps_its_day(api: Api, me: Person) -> None:
    logged(api, me, **SEED, logged_on="2026-01-05")
    said = api.put("/goals/1/progress/1", {"logged_hours": "00:10:00"}, token=me.access).json()
    assert (said["progress"], said["total_seconds"], said["logged_on"]) == ("", 0, "2026-01-05")
    require_recount(me.id)


@pytest.mark.row("X31", "G57")
def test_every_total_follows_what_becomes_of_an_entry(api: Api, me: Person) -> None:
    logged(api, me, **SEED, logged_on="2026-01-05")
    logged(api, me, logged_on="2026-01-05", total_hours="02:00:00")
    assert (goal_of(api, me)["logged_seconds"], goal_of(api, me)["completion_percentage"]) == (12600, 50.0)
    assert goals.days_of(me.id) == {"2026-01-05": {1: (12600, 2)}}
    api.patch("/goals/1/progress/1", {"logged_hours": "01:00:00", "logged_on": "2026-01-07"}, token=me.access)
    assert goals.days_of(me.id) == {"2026-01-05": {1: (3600, 1)}, "2026-01-07": {1: (3600, 1)}}
    assert api.delete("/goals/1/progress/2", token=me.access).status == 204
    assert goals.days_of(me.id) == {"2026-01-07": {1: (3600, 1)}}
    assert (goal_of(api, me)["logged_seconds"], goal_of(api, me)["entries"]) == (3600, 1)
    require_recount(me.id)


@pytest.mark.row("X26")
def test_the_number_of_an_entry_is_never_given_again(api: Api, me: Person) -> None:
    assert [logged(api, me)["number"] for _ in range(3)] == [1, 2, 3]
    for number in (3, 2):
        assert api.delete(f"/goals/1/progress/{number}", token=me.access).status == 204
    assert logged(api, me)["number"] == 4
    assert problem(api.get("/goals/1/progress/3", token=me.access)) == (404, "goal_entry_unknown")
    assert problem(api.delete("/goals/1/progress/3", token=me.access)) == (404, "goal_entry_unknown")


def test_an_edit_that_changes_nothing_writes_nothing(api: Api, me: Person) -> None:
    before = api.get(f"/goal-progress/{logged(api, me, **SEED)['id']}", token=me.access)
    after = api.patch("/goals/1/progress/1", SEED, token=me.access)
    assert (after.status, after.header("etag")) == (200, before.header("etag"))
    assert courses.told("goal.log_changed") == {"goal.log_changed": 0}


def test_an_edit_of_a_version_that_is_gone_is_refused(api: Api, me: Person) -> None:
    logged(api, me)
    seen = str(api.get("/goals/1/progress/1", token=me.access).header("etag"))
    assert api.patch("/goals/1/progress/1", {"logged_hours": 60}, token=me.access, if_match=seen).status == 200
    for method, body in [("PATCH", {"logged_hours": 90}), ("PUT", {"logged_hours": 90}), ("DELETE", None)]:
        reply = api.call(method, "/goals/1/progress/1", body, token=me.access, if_match=seen)
        assert problem(reply) == (412, "goal_entry_changed")
    now = str(api.get("/goals/1/progress/1", token=me.access).header("etag"))
    assert api.delete("/goals/1/progress/1", token=me.access, if_match=now).status == 204
    require_recount(me.id)


def test_a_repeat_with_its_key_logs_once_also_at_once(api: Api, me: Person) -> None:
    replies = at_once(4, lambda _: api.post("/goals/1/progress", SEED, token=me.access, idempotency_key="one"))
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert goal_of(api, me)["entries"] == 1
    for key, method, body in [("two", "PATCH", {"logged_hours": 60}), ("three", "DELETE", None)]:
        twice = [api.call(method, "/goals/1/progress/1", body, token=me.access, idempotency_key=key) for _ in range(2)]
        assert (twice[0].status, twice[0].body) == (twice[1].status, twice[1].body)
        assert twice[1].header("idempotency-replayed") == "true"


@pytest.mark.row("X26", "X31")
def test_devices_that_log_at_once_lose_nothing(api: Api, me: Person) -> None:
    said = at_once(6, lambda n: logged(api, me, logged_seconds=3600, progress=str(n)))
    assert sorted(each["number"] for each in said) == [1, 2, 3, 4, 5, 6]
    require_recount(me.id)


@pytest.mark.row("X31")
def test_an_entry_edited_on_two_devices_at_once_leaves_totals_equal_to_a_recount(api: Api, me: Person) -> None:
    logged(api, me)
    days = ["2026-01-05", "2026-01-06"]

    def edited(device: int) -> int:
        body = {"logged_seconds": 60 * (device + 1), "logged_on": days[device % 2]}
        return api.patch("/goals/1/progress/1", body, token=me.access).status

    assert at_once(4, edited) == [200] * 4
    require_recount(me.id)


def test_a_paused_goal_takes_time_and_stays_paused(api: Api, me: Person) -> None:
    api.post("/goals/1/pause", token=me.access)
    logged(api, me)
    assert (goal_of(api, me)["status"], goal_of(api, me)["entries"]) == ("paused", 1)


def test_a_completed_goal_takes_corrections_but_no_new_time(api: Api, me: Person) -> None:
    logged(api, me)
    api.post("/goals/1/complete", token=me.access)
    assert problem(api.post("/goals/1/progress", SEED, token=me.access)) == (409, "goal_completed")
    assert api.patch("/goals/1/progress/1", {"logged_hours": "00:30:00"}, token=me.access).status == 200
    assert goal_of(api, me)["logged_seconds"] == 1800
    api.post("/goals/1/reopen", token=me.access)
    assert logged(api, me)["number"] == 2


@pytest.mark.row("G45")
@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_somebody_elses_entry_is_not_there(api: Api, me: Person, method: str) -> None:
    mine, other = logged(api, me), api.member("other", tier="premium")
    goals.a_goal(other.id)
    body = None if method in ("GET", "DELETE") else {"logged_hours": 60}
    ids = (mine["goal_id"], mine["id"])
    foreign = [f"/goal-progress/{ids[1]}", f"/goals/1/progress/{ids[1]}", f"/goals/{ids[0]}/progress/1"]
    for path in [*foreign, "/goals/1/progress/1", "/goals/2/progress/1", "/goal-progress/1", "/goal-progress/nothing"]:
        reply = api.call(method, path, body, token=other.access)
        assert problem(reply)[0] == 404, path
        assert mine["goal_name"] not in reply.body.decode()
    assert api.post(f"/goals/{ids[0]}/progress", SEED, token=other.access).status == 404
    require_recount(me.id)


def test_entries_of_a_deleted_goal_are_not_there(api: Api, me: Person) -> None:
    said = logged(api, me)
    api.delete("/goals/1", token=me.access)
    for path in ("/goals/1/progress", "/goals/1/progress/1", f"/goal-progress/{said['id']}"):
        assert problem(api.get(path, token=me.access)) == (404, "goal_unknown")
    assert problem(api.post("/goals/1/progress", SEED, token=me.access)) == (404, "goal_unknown")
    assert api.get("/goal-progress", token=me.access).json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }


class TestLessons:
    """An entry may name a lesson of the goal's course, and then that lesson is never counted twice."""

    @pytest.fixture
    def lesson(self, api: Api, me: Person) -> str:
        course = courses.a_course(api.member("tessa", roles=("instructor",)).id, 2).id
        goals.a_goal(me.id, course_id=course)
        return f"les_{course.removeprefix('crs_')}-1"

    def slot(self, me: Person, lesson: str) -> int:
        held = reads.one(TimedLesson, keys.timed_lesson(me.id, 2, lesson))
        return int(held.entry) if held else -1

    @pytest.mark.row("B10")
    def test_a_lesson_takes_one_entry(self, api: Api, me: Person, lesson: str) -> None:
        said = logged(api, me, 2, lesson_id=lesson)
        assert (said["lesson_id"], said["source"], self.slot(me, lesson)) == (lesson, "manual", 1)
        reply = api.post("/goals/2/progress", {"logged_hours": 60, "lesson_id": lesson}, token=me.access)
        assert problem(reply) == (409, "lesson_timed")
        assert said["id"] in reply.json()["detail"]

    @pytest.mark.row("B10")
    def test_what_a_person_says_takes_the_place_of_the_time_that_came_by_itself(
        self, api: Api, me: Person, lesson: str
    ) -> None:
        goals.logged_lesson(me.id, 2, lesson, 900, "2026-01-05")
        said = logged(api, me, 2, lesson_id=lesson, logged_on="2026-01-06")
        assert (said["number"], self.slot(me, lesson)) == (2, 2)
        assert (goal_of(api, me, 2)["entries"], goal_of(api, me, 2)["logged_seconds"]) == (1, 3600)
        assert problem(api.get("/goals/2/progress/1", token=me.access)) == (404, "goal_entry_unknown")
        require_recount(me.id)

    @pytest.mark.row("B10")
    def test_a_deleted_entry_leaves_its_lesson_to_whoever_names_it_again(
        self, api: Api, me: Person, lesson: str
    ) -> None:
        logged(api, me, 2, lesson_id=lesson)
        assert api.delete("/goals/2/progress/1", token=me.access).status == 204
        assert self.slot(me, lesson) == 0
        assert logged(api, me, 2, lesson_id=lesson)["number"] == 2

    def test_a_lesson_of_another_course_is_refused(self, api: Api, me: Person, lesson: str) -> None:
        reply = api.post("/goals/1/progress", {"logged_hours": 60, "lesson_id": lesson}, token=me.access)
        assert (problem(reply)[0], fields(reply)) == (422, {"lesson_id": "of_another_course"})


def test_each_change_is_told_once_without_a_word_of_what_was_typed(api: Api, me: Person) -> None:
    logged(api, me, progress="very private words")
    api.patch("/goals/1/progress/1", {"progress": "other private words", "logged_hours": 60}, token=me.access)
    api.delete("/goals/1/progress/1", token=me.access)
    facts = [each for each in courses.facts() if each["name"]["S"].startswith("goal.log")]
    assert sorted(each["name"]["S"] for each in facts) == ["goal.log_changed", "goal.log_deleted", "goal.logged"]
    assert "private" not in str(facts)
    goal = goals.goal_of(me.id, 1)
    assert {each["subject"]["S"] for each in facts} == {goal.id}
    assert max(int(each["subject_ver"]["N"]) for each in facts) == int(goal.ver)


@pytest.mark.row("X46")
def test_only_a_new_entry_is_activity(api: Api, me: Person) -> None:
    began = goals.goal_of(me.id, 1).active_at
    logged(api, me, logged_on=(clock.today(settings.default_zone) - timedelta(days=20)).isoformat())
    active = goals.goal_of(me.id, 1).active_at
    assert active > began
    api.patch("/goals/1/progress/1", {"logged_hours": 60}, token=me.access)
    assert goals.goal_of(me.id, 1).active_at == active


def _pages(api: Api, who: Person, path: str) -> list[Reply]:
    """A list followed to its end."""
    replies, following = [], path
    while following:
        replies.append(api.get(following.removeprefix(settings.public_url), token=who.access))
        assert replies[-1].status == 200, replies[-1].body
        following = replies[-1].json()["next"]
    return replies


class TestLists:
    @pytest.fixture
    def near(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """How far page numbers reach, where a thousand rows would take long."""
        for module in ("chalicelib.goals.entry_list", "chalicelib.goals.routes.entries"):
            monkeypatch.setattr(f"{module}.BY_PAGE", 30)
        return 30

    @pytest.mark.row("G14", "G30", "G31", "X28")
    def test_the_entries_of_a_goal_come_newest_first_five_to_a_page(self, api: Api, me: Person) -> None:
        goals.filled(me.id, 1, 12)
        pages = [reply.json() for reply in _pages(api, me, "/api/goals/1/progress/")]
        assert [each["number"] for page in pages for each in page["results"]] == list(range(12, 0, -1))
        assert [len(page["results"]) for page in pages] == [5, 5, 2]
        assert {page["count"] for page in pages} == {12}
        assert [page["previous"] is None for page in pages] == [True, False, False]
        assert len(api.get("/goals/1/progress?page_size=99", token=me.access).json()["results"]) == 10

    @pytest.mark.row("G11", "X28")
    def test_pages_have_numbers_also_where_entries_are_lacking(self, api: Api, me: Person) -> None:
        goals.filled(me.id, 1, 9)
        third = "/goals/1/progress?page=3&page_size=2"
        assert [each["number"] for each in api.get(third, token=me.access).json()["results"]] == [5, 4]
        api.delete("/goals/1/progress/8", token=me.access)
        assert [each["number"] for each in api.get(third, token=me.access).json()["results"]] == [4, 3]
        assert api.get("/goals/1/progress?page=9", token=me.access).json()["results"] == []

    def test_pages_reach_a_thousand_rows_and_cursors_go_on(self, api: Api, me: Person) -> None:
        goals.filled(me.id, 1, 1_015)
        pages = _pages(api, me, "/goals/1/progress?page_size=10&page=99")
        seen = [each["number"] for page in pages for each in page.json()["results"]]
        assert seen == list(range(1_015 - 980, 0, -1))
        assert ["page=" in str(page.json()["next"]) for page in pages] == [True, False, False, False]
        reply = api.get("/goals/1/progress?page_size=10&page=101", token=me.access)
        assert (problem(reply)[0], fields(reply)) == (422, {"page": "too_far"})

    def test_the_list_of_all_goes_on_in_the_same_way(self, api: Api, me: Person, near: int) -> None:
        goals.filled(me.id, 1, near + 15)
        pages = _pages(api, me, f"/goal-progress?page_size=10&page={near // 10 - 1}")
        seen = [each["number"] for page in pages for each in page.json()["results"]]
        assert seen == list(range(near + 15 - (near - 20), 0, -1))
        assert ["page=" in str(page.json()["next"]) for page in pages] == [True, False, False, False]

    @pytest.mark.row("X12")
    def test_all_entries_come_by_day_newest_first(self, api: Api, me: Person) -> None:
        goals.a_goal(me.id)
        for goal, day in [(1, "05"), (2, "07"), (1, "06"), (2, "05")]:
            logged(api, me, goal, logged_on=f"2026-01-{day}")
        said = api.get("/goal-progress", token=me.access).json()
        assert [(each["logged_on"][-2:], each["goal"]) for each in said["results"]] == [
            ("07", 2),
            ("06", 1),
            ("05", 2),
            ("05", 1),
        ]
        assert (said["count"], {each["kind"] for each in said["results"]}) == (4, {"goal"})

    @pytest.mark.row("X12")
    @pytest.mark.parametrize(
        ("query", "seen", "count"),
        [
            ("from=2026-01-06", [7, 6], None),
            ("to=2026-01-06", [6, 5, 5], None),
            ("from=2026-01-06&to=2026-01-06", [6], None),
            ("goal=2", [7, 5], 2),
            ("goal=2&from=2026-01-06", [7], None),
            ("goal=9", [], 0),
        ],
    )
    def test_a_list_of_all_is_narrowed_by_days_and_by_a_goal(
        self, api: Api, me: Person, query: str, seen: list[int], count: int | None
    ) -> None:
        goals.a_goal(me.id)
        for goal, day in [(1, 5), (2, 7), (1, 6), (2, 5)]:
            goals.logged(goals.goal_of(me.id, goal), logged_on=f"2026-01-{day:02d}")
        said = api.get(f"/goal-progress?{query}", token=me.access).json()
        assert [int(each["logged_on"][-2:]) for each in said["results"]] == seen
        assert said.get("count") == count

    def test_a_filter_that_finds_little_still_comes_to_the_end(
        self, api: Api, me: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        goals.a_goal(me.id)
        goals.logged(goals.goal_of(me.id, 2), logged_on="2025-01-01")
        goals.filled(me.id, 1, 30)
        monkeypatch.setattr("chalicelib.goals.entry_list.MOST_LOOKED_AT", 12)
        pages = _pages(api, me, "/goal-progress?goal=2")
        assert [each["logged_on"] for page in pages for each in page.json()["results"]] == ["2025-01-01"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("from=yesterday", "from"),
            ("from=2026-01-02&to=2026-01-01", "to"),
            ("goal=0", "goal"),
            ("page=0", "page"),
            ("page_size=0", "page_size"),
            ("colour=red", "colour"),
        ],
    )
    def test_a_filter_that_says_nothing_is_refused_by_name(self, api: Api, me: Person, query: str, field: str) -> None:
        reply = api.get(f"/goal-progress?{query}", token=me.access)
        assert (problem(reply)[0], list(fields(reply))) == (422, [field])

    def test_the_cursor_of_another_list_is_refused(self, api: Api, me: Person, near: int) -> None:
        goals.filled(me.id, 1, near + 5)
        last = api.get(f"/goals/1/progress?page_size=10&page={near // 10}", token=me.access).json()["next"]
        mark = last.partition("cursor=")[2].partition("&")[0]
        assert api.get(f"/goals/1/progress?cursor={mark}", token=me.access).status == 200
        assert problem(api.get(f"/goal-progress?cursor={mark}", token=me.access)) == (400, "cursor_invalid")
        assert problem(api.get(f"/goals/1/progress?cursor={mark}&page=2", token=me.access))[0] == 422

    def test_what_has_not_changed_is_not_sent_again(self, api: Api, me: Person) -> None:
        logged(api, me)
        for path in ("/goals/1/progress", "/goal-progress", "/goals/1/progress/1", "/goal-progress/entries.csv"):
            tag = str(api.get(path, token=me.access).header("etag"))
            assert api.get(path, token=me.access, if_none_match=tag).status == 304


class TestFiles:
    def test_entries_are_a_file_for_spreadsheets_in_which_nothing_is_a_formula(self, api: Api, me: Person) -> None:
        logged(api, me, **SEED | {"progress": '=1+1, "quoted"\nnext line'}, logged_on="2026-01-05")
        reply = api.get("/goal-progress/entries.csv?from=2026-01-01&to=2026-01-31", token=me.access)
        lines = reply.body.decode("utf-8-sig").split("\r\n")
        assert lines[0].startswith("date,goal,goal_name,category,number,progress,logged_hours,logged_seconds")
        assert lines[1] == (
            '2026-01-05,1,Learn to type,Primary,1,"\'=1+1, ""quoted""\nnext line",'
            "02:30:00,9000,05:00:00,18000,50.00,no,manual,"
        )
        assert reply.header("content-type") == "text/csv; charset=utf-8"
        assert "goal-progress.csv" in str(reply.header("content-disposition"))

    def test_without_days_it_has_the_last_month(self, api: Api, me: Person) -> None:
        today = clock.today(settings.default_zone)
        logged(api, me, logged_on=(today - timedelta(days=20)).isoformat())
        logged(api, me, logged_on=(today - timedelta(days=40)).isoformat())
        assert api.get("/goal-progress/entries.csv", token=me.access).body.count(b"\r\n") == 2

    @pytest.mark.parametrize("query", ["from=2099-01-01", "from=9999-12-31", "to=0001-01-01"])
    def test_a_file_of_days_without_entries_has_no_lines(self, api: Api, me: Person, query: str) -> None:
        logged(api, me)
        reply = api.get(f"/goal-progress/entries.csv?{query}", token=me.access)
        assert (reply.status, reply.body.count(b"\r\n")) == (200, 1)

    @pytest.mark.parametrize("query", ["from=2024-01-01&to=2026-01-01", "from=0001-01-01"])
    def test_a_file_has_a_year_at_most(self, api: Api, me: Person, query: str) -> None:
        reply = api.get(f"/goal-progress/entries.csv?{query}", token=me.access)
        assert (problem(reply)[0], fields(reply)) == (422, {"from": "too_far"})

    def test_a_file_that_would_be_too_long_is_refused(
        self, api: Api, me: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        goals.filled(me.id, 1, 30)
        monkeypatch.setattr("chalicelib.goals.entry_table.MOST_LETTERS", 2_000)
        reply = api.get("/goal-progress/entries.csv?from=2026-01-01&to=2026-12-31", token=me.access)
        assert (problem(reply)[0], fields(reply)) == (422, {"from": "too_much"})
