"""Goals: making them, reading one, changing them, and giving them up."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.goals import goal_list, goals, ledgers
from chalicelib.goals.records import GoalLedger, GoneGoal
from chalicelib.settings import settings
from chalicelib.table import facts, keys, reads
from chalicelib.table.facts import FactRecord
from infra.local.gateway import Reply
from tests.factories import courses
from tests.faults.injector import Injector
from tests.http.api import Api, Person, at_once, fields, problem

#: The body of the goal tracker's own documentation.
SEED = {"goal_name": "Learn Django REST Framework", "category": "Primary", "deadline": "2025-12-31"}


@pytest.fixture
def me(api: Api) -> Person:
    return api.member("meera")


def made(api: Api, who: Person, **values: Any) -> dict[str, Any]:
    reply = api.post("/goals", SEED | values, token=who.access)
    assert reply.status == 201, reply.body
    return dict(reply.json())


def ledger(who: Person) -> GoalLedger:
    found = reads.one(GoalLedger, keys.goal_ledger(who.id))
    assert found
    return found


def told(who: Person) -> list[str]:
    """The facts of somebody's goals, oldest first."""
    whose = who.id.removeprefix("usr_")
    minutes = {facts.minute_of(clock.now() - timedelta(minutes=ago)) for ago in range(2)}
    places = [keys.facts_of(minute, str(shard)) for minute in minutes for shard in range(settings.fact_shards)]
    found = [each for place in places for each in reads.all_of(place) if isinstance(each, FactRecord)]
    return [each.name for each in sorted(found, key=lambda each: each.id) if each.subject.endswith(f"-{whose}")]


@pytest.mark.row("G01", "G12", "G25")
def test_the_documents_own_goal_is_made_as_it_stands(api: Api, me: Person) -> None:
    reply = api.post("/api/goals/", SEED, token=me.access)
    said = reply.json()
    assert reply.status == 201
    assert {name: said[name] for name in SEED} == SEED
    assert (said["number"], said["user"], said["is_complete"], said["completion_percentage"]) == (1, me.id, False, 0.0)
    assert (said["logged_hours"], said["logged_seconds"], said["entries"]) == ("00:00:00", 0, 0)
    assert reply.header("location") == "/api/v1/goals/1"


@pytest.mark.row("G13", "X26")
def test_a_goal_is_found_by_its_number_and_by_its_id(api: Api, me: Person) -> None:
    first, second = made(api, me), made(api, me, goal_name="Sing")
    assert (first["number"], second["number"]) == (1, 2)
    for path in ("/goals/2", f"/goals/{second['id']}", "/api/goals/2", "/api/goals/2/"):
        assert api.get(path, token=me.access).json() == second


@pytest.mark.parametrize("name", ["0", "01", "-1", "1.0", "x", "9" * 13, "gol_1", "gp_1-1-01KAKZ6Q8M4T6V1N2B3C4D5E6F"])
def test_what_is_no_goal_is_not_found(api: Api, me: Person, name: str) -> None:
    made(api, me)
    assert problem(api.get(f"/goals/{name}", token=me.access)) == (404, "goal_unknown")


@pytest.mark.row("G45")
@pytest.mark.parametrize("role", ["student", "instructor", "admin"])
def test_nobody_reaches_somebody_elses_goal(api: Api, me: Person, role: str) -> None:
    goal = made(api, me)
    other = api.member("other", roles=(role,))
    own, path = made(api, other), f"/goals/{goal['id']}"
    calls = [
        api.get(path, token=other.access),
        api.patch(path, {"goal_name": "x"}, token=other.access),
        api.put(path, SEED, token=other.access),
        api.delete(path, token=other.access),
        *(api.post(f"{path}/{step}", token=other.access) for step in ("pause", "resume", "complete", "reopen")),
    ]
    assert {problem(reply) for reply in calls} == {(404, "goal_unknown")}
    assert api.get("/goals", token=other.access).json()["results"] == [own]
    assert api.get("/goals/1", token=me.access).json() == goal


@pytest.mark.row("X26", "G12")
def test_fifty_made_at_once_have_the_numbers_from_one_to_fifty(api: Api, me: Person) -> None:
    numbers = at_once(50, lambda n: made(api, me, goal_name=f"Goal {n}")["number"])
    assert sorted(numbers) == list(range(1, 51))
    assert (int(ledger(me).last_number), int(ledger(me).live)) == (50, 50)


def test_goals_that_are_made_and_deleted_at_once_are_counted(api: Api, me: Person) -> None:
    for _ in range(6):
        made(api, me)
    paths = [("DELETE", f"/goals/{number}", None) for number in range(1, 7)] + [("POST", "/goals", SEED)] * 4
    statuses = at_once(10, lambda n: api.call(*paths[n], token=me.access).status)
    assert statuses == [204] * 6 + [201] * 4
    assert (int(ledger(me).live), len(goal_list.of(me.id)), int(ledger(me).last_number)) == (4, 4, 10)


@pytest.mark.row("X26", "G57")
def test_a_number_is_not_given_again(api: Api, me: Person) -> None:
    made(api, me)
    gone = made(api, me)
    assert api.delete("/goals/2", token=me.access).status == 204
    assert problem(api.get("/goals/2", token=me.access)) == (404, "goal_unknown")
    assert problem(api.delete(f"/goals/{gone['id']}", token=me.access)) == (404, "goal_unknown")
    assert made(api, me)["number"] == 3
    assert [goal["number"] for goal in api.get("/goals", token=me.access).json()["results"]] == [1, 3]


@pytest.mark.row("G57")
def test_a_deleted_goal_is_kept_as_it_was(api: Api, me: Person) -> None:
    made(api, me, description="For the new job.")
    api.delete("/goals/1", token=me.access)
    gone = reads.one(GoneGoal, keys.gone_goal(me.id, 1))
    assert gone
    assert (gone.description, int(gone.ver), gone.deleted_at is not None) == ("For the new job.", 2, True)
    assert int(ledger(me).live) == 0


@pytest.mark.row("G01")
@pytest.mark.parametrize("written", ["Secondary", "secondary", "SECONDARY", " sEcondary "])
def test_a_category_may_be_written_in_any_case(api: Api, me: Person, written: str) -> None:
    assert made(api, me, category=written)["category"] == "Secondary"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"category": "Tertiary"}, {"category": "literal_error"}),
        ({"category": None}, {"category": "literal_error"}),
        ({"goal_name": ""}, {"goal_name": "too_short"}),
        ({"goal_name": "x" * 161}, {"goal_name": "too_long"}),
        ({"deadline": "31.12.2026"}, {"deadline": "value_error"}),
        ({"deadline": "2026-02-30"}, {"deadline": "value_error"}),
        ({"deadline": "2026-12-31T00:00:00Z"}, {"deadline": "value_error"}),
        ({"deadline": 1}, {"deadline": "value_error"}),
        ({"target_hours": "-01:00:00"}, {"target_hours": "value_error"}),
        ({"target_seconds": 36_000_001}, {"target_seconds": "less_than_equal"}),
        ({"target_hours": "01:00:00", "target_seconds": 60}, {"target_seconds": "differs"}),
        ({"is_complete": "yes"}, {"is_complete": "bool_type"}),
        ({"is_complete": True, "status": "paused"}, {"is_complete": "differs"}),
        ({"course_id": "x"}, {"course_id": "pattern_mismatch"}),
        ({"user": "usr_x", "size": 1}, {"user": "derived", "size": "unknown_field"}),
        ({"completion_percentage": 100, "number": 7}, {"completion_percentage": "derived", "number": "derived"}),
    ],
)
def test_what_is_wrong_is_named(api: Api, me: Person, change: dict[str, Any], expected: dict[str, str]) -> None:
    reply = api.post("/goals", SEED | change, token=me.access)
    assert (reply.status, fields(reply)) == (422, expected)


def test_a_goal_has_a_name_and_a_category(api: Api, me: Person) -> None:
    reply = api.post("/goals", {}, token=me.access)
    assert fields(reply) == {"goal_name": "required", "category": "required"}
    assert api.post("/goals", {"name": "Sing", "category": "minor"}, token=me.access).json()["goal_name"] == "Sing"


@pytest.mark.row("G57")
def test_only_what_is_sent_is_changed_and_null_clears(api: Api, me: Person) -> None:
    before = made(api, me, description="Daily", target_hours="40:00:00")
    reply = api.patch("/api/goals/1/", {"name": "Learn to sing", "deadline": None}, token=me.access)
    assert reply.status == 200
    still = {"updated_at"}
    expected = before | {"goal_name": "Learn to sing", "deadline": None}
    assert {k: v for k, v in reply.json().items() if k not in still} == {
        k: v for k, v in expected.items() if k not in still
    }
    cleared = api.patch("/goals/1", {"target_seconds": None}, token=me.access).json()
    assert (cleared["target_hours"], cleared["target_seconds"]) == (None, None)
    assert made(api, me, target_hours="00:00:00")["target_seconds"] is None


@pytest.mark.row("G57", "X22")
def test_a_whole_goal_replaces_the_old_one_and_keeps_its_status(api: Api, me: Person) -> None:
    made(api, me, description="Daily", target_seconds=3600)
    api.post("/goals/1/complete", token=me.access)
    said = api.put("/goals/1", {"goal_name": "Sing", "category": "Minor"}, token=me.access).json()
    assert (said["goal_name"], said["category"], said["description"]) == ("Sing", "Minor", "")
    assert (said["deadline"], said["target_seconds"], said["status"]) == (None, None, "completed")
    assert fields(api.put("/goals/1", {"goal_name": "Sing"}, token=me.access)) == {"category": "required"}
    again = api.put("/goals/1", SEED | {"target_seconds": 60, "is_complete": False}, token=me.access).json()
    assert (again["target_hours"], again["status"]) == ("00:01:00", "active")


def test_what_changes_nothing_writes_nothing(api: Api, me: Person, faults: Injector) -> None:
    before = made(api, me)
    faults.forget()
    reply = api.patch("/goals/1", SEED | {"is_complete": False}, token=me.access)
    assert reply.json() == before
    assert faults.names() == ["BatchGetItem"]


@pytest.mark.row("G57")
def test_a_version_that_is_gone_is_refused(api: Api, me: Person) -> None:
    tag = str(api.post("/goals", SEED, token=me.access).header("etag"))
    renamed = api.patch("/goals/1", {"name": "One"}, token=me.access, if_match=tag)
    assert renamed.status == 200
    refused = [
        api.patch("/goals/1", {"name": "Two"}, token=me.access, if_match=tag),
        api.put("/goals/1", SEED, token=me.access, if_match=tag),
        api.post("/goals/1/complete", token=me.access, if_match=tag),
        api.delete("/goals/1", token=me.access, if_match=tag),
    ]
    assert {problem(reply) for reply in refused} == {(412, "goal_changed")}
    fresh = str(renamed.header("etag"))
    assert api.delete("/goals/1", token=me.access, if_match=fresh).status == 204


def test_changes_of_several_devices_at_once_are_all_kept(api: Api, me: Person) -> None:
    made(api, me)
    changes: list[dict[str, Any]] = [{"name": "Sing"}, {"category": "Minor"}, {"deadline": None}, {"is_complete": True}]
    replies = at_once(4, lambda n: api.patch("/goals/1", changes[n], token=me.access).status)
    said = api.get("/goals/1", token=me.access).json()
    assert replies == [200] * 4
    assert (said["goal_name"], said["category"], said["deadline"], said["status"]) == (
        "Sing",
        "Minor",
        None,
        "completed",
    )


@pytest.mark.row("G25", "G57")
def test_a_goal_goes_through_its_statuses_and_each_is_told_once(api: Api, me: Person) -> None:
    made(api, me)
    steps = ["pause", "pause", "resume", "resume", "complete", "complete", "resume", "reopen", "reopen"]
    replies = [api.post(f"/goals/1/{step}", token=me.access) for step in steps]
    assert [reply.status for reply in replies] == [200] * len(steps)
    statuses = ["paused"] * 2 + ["active"] * 2 + ["completed"] * 3 + ["active"] * 2
    assert [reply.json()["status"] for reply in replies] == statuses
    assert [reply.json()["is_complete"] for reply in replies] == [status == "completed" for status in statuses]
    api.delete("/goals/1", token=me.access)
    expected = ["created", "paused", "resumed", "completed", "reopened", "deleted"]
    assert told(me) == [f"goal.{each}" for each in expected]


def test_since_when_a_goal_rests_or_is_reached_is_said(api: Api, me: Person) -> None:
    made(api, me)
    paused = api.post("/goals/1/pause", token=me.access).json()
    assert (paused["paused_at"] is None, paused["completed_at"]) == (False, None)
    reached = api.post("/goals/1/complete", token=me.access).json()
    assert (reached["paused_at"], reached["completed_at"] is None) == (None, False)
    assert problem(api.post("/goals/1/pause", token=me.access)) == (409, "goal_completed")
    assert problem(api.patch("/goals/1", {"status": "paused"}, token=me.access)) == (409, "goal_completed")
    both = {"status": "paused", "is_complete": False}
    assert problem(api.patch("/goals/1", both, token=me.access)) == (409, "goal_completed")
    assert api.post("/goals/1/reopen", token=me.access).json()["completed_at"] is None


@pytest.mark.row("G25")
def test_is_complete_is_another_way_to_set_the_status(api: Api, me: Person) -> None:
    made(api, me)
    done = api.patch("/api/goals/1", {"is_complete": True, "name": "Sung"}, token=me.access).json()
    assert (done["status"], done["goal_name"]) == ("completed", "Sung")
    open_again = api.patch("/goals/1", {"status": "active"}, token=me.access).json()
    assert open_again["is_complete"] is False
    assert told(me) == ["goal.created", "goal.completed", "goal.reopened"]
    assert made(api, me, is_complete=True)["completed_at"]


def test_a_repeat_with_its_key_gets_the_first_answer(api: Api, me: Person) -> None:
    def twice(method: str, path: str, body: Any = None) -> list[Reply]:
        return [api.call(method, path, body, token=me.access, idempotency_key=f"{method} {path}") for _ in range(2)]

    for replies in (
        twice("POST", "/goals", SEED),
        twice("PATCH", "/goals/1", {"name": "Sing"}),
        twice("POST", "/goals/1/pause"),
        twice("DELETE", "/goals/1"),
    ):
        assert replies[0].status == replies[1].status
        assert replies[0].status in (200, 201, 204)
        assert replies[0].body == replies[1].body
        assert replies[1].header("idempotency-replayed") == "true"
    assert int(ledger(me).last_number) == 1


def test_the_two_hundred_and_first_goal_is_refused_until_one_goes(
    api: Api, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goals, "MOST", 2)
    made(api, me)
    made(api, me)
    assert problem(api.post("/goals", SEED, token=me.access)) == (409, "goals_full")
    api.delete("/goals/1", token=me.access)
    assert made(api, me)["number"] == 3


@pytest.mark.row("X25", "G25")
def test_the_percentage_follows_from_the_target_or_from_what_was_planned(api: Api, me: Person) -> None:
    made(api, me, target_hours="PT6H")
    entry = {"progress": "Read", "logged_hours": "01:00:00", "total_hours": "03:00:00"}
    assert api.post("/goals/1/progress", entry, token=me.access).status == 201
    assert api.get("/goals/1", token=me.access).json()["completion_percentage"] == 16.67
    planned = api.patch("/goals/1", {"target_hours": None}, token=me.access).json()
    assert (planned["completion_percentage"], planned["planned_hours"]) == (33.33, "03:00:00")
    small = api.patch("/goals/1", {"target_seconds": 60}, token=me.access).json()
    assert (small["completion_percentage"], small["is_complete"]) == (100.0, False)


def test_who_has_an_active_goal_is_filed_for_reminders_once(api: Api, me: Person) -> None:
    made(api, me, is_complete=True)
    assert ledger(me).gsi2pk is None
    api.post("/goals/1/reopen", token=me.access)
    filed = ledger(me)
    reopened = goals.one(courses.act(me.id), "1").updated_at
    assert (filed.gsi2pk, filed.gsi2sk) == (
        keys.reminders(ledgers.shard_of(me.id)),
        f"{ledgers.due_after(reopened)}#{me.id}",
    )
    made(api, me)
    assert ledger(me).gsi2sk == filed.gsi2sk
