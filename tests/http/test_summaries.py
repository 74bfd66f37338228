"""Summaries over HTTP: the time of a week or month, fresh with each entry, of all goals and of one."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.goals.ids import goal_of
from chalicelib.goals.records import Goal, GoalDay, GoneGoal
from chalicelib.table import keys
from chalicelib.table.writes import alone, put
from infra.local.gateway import Reply
from tests.faults.clock import Clock
from tests.faults.injector import Injector
from tests.http.api import Api, Person, fields, problem

NOON = datetime(2026, 11, 18, 6, 30, tzinfo=UTC)  # A Wednesday, in India.
HOUR = 3600


@pytest.fixture
def clock() -> Iterator[Clock]:
    traveller = Clock()
    with traveller.running(NOON):
        yield traveller


@pytest.fixture
def me(clock: Clock, api: Api) -> Person:
    return api.member("meera")


def intends(who: Person, number: int, kind: type[Goal] = Goal, **values: Any) -> None:
    key = keys.gone_goal(who.id, number) if kind is GoneGoal else keys.goal(who.id, number)
    said: dict[str, Any] = {"name": f"Goal {number}", "category": "Primary", "logged_seconds": HOUR} | values
    id = goal_of(who.id, number)
    if kind is GoneGoal:
        said["deleted_at"] = NOON
    alone(put(kind.under(key, id=id, ver=1, user_id=who.id, number=number, active_at=NOON, created_at=NOON, **said)))


def logs(who: Person, day: str, **shares: tuple[int, int]) -> None:
    """Seconds and entries of goals, which are named g1, g2 and so on."""
    held = {name[1:]: list(share) for name, share in shares.items()}
    alone(put(GoalDay.under(keys.goal_day(who.id, day), date=day, goals=held, turn=1)))


def summary(api: Api, who: Person, path: str = "weekly", **headers: str) -> dict[str, Any]:
    reply = api.get(f"/summary/{path}", token=who.access, **headers)
    assert reply.status == 200, reply.body
    return dict(reply.json())


@pytest.fixture
def logged(me: Person) -> Person:
    """Two goals, a week with three days, and the week before with one."""
    intends(me, 1, name="Spanish", planned_seconds=4 * HOUR)
    intends(me, 2, name="Piano", category="Minor", status="completed")
    logs(me, "2026-11-10", g1=(3600, 1), g2=(1800, 1))
    logs(me, "2026-11-16", g1=(5400, 2))
    logs(me, "2026-11-18", g1=(1800, 1), g2=(900, 3))
    return me


@pytest.mark.row("G19", "G23", "X45")
def test_a_week_adds_up_what_was_logged_on_its_days(api: Api, logged: Person) -> None:
    said = summary(api, logged)
    assert said["period"] == {
        "kind": "weekly",
        "from": "2026-11-16",
        "to": "2026-11-22",
        "zone": "Asia/Kolkata",
        "rolling": False,
        "days": 7,
    }
    assert (said["total_seconds"], said["total_hours"], said["entries"]) == (8100, "02:15:00", 6)
    assert [(day["weekday"], day["logged_hours"], day["entries"]) for day in said["days"]] == [
        ("Monday", "01:30:00", 2),
        ("Tuesday", "00:00:00", 0),
        ("Wednesday", "00:45:00", 4),
        *((name, "00:00:00", 0) for name in ("Thursday", "Friday", "Saturday", "Sunday")),
    ]


@pytest.mark.row("G19", "X45")
def test_a_week_is_compared_with_the_week_before(api: Api, logged: Person) -> None:
    said = summary(api, logged)
    assert said["previous"] == {
        "from": "2026-11-09",
        "to": "2026-11-15",
        "days": 7,
        "total_seconds": 5400,
        "total_hours": "01:30:00",
        "entries": 2,
    }
    assert said["change"] == {"seconds": 2700, "percent": 50.0}


def test_nothing_before_is_no_percentage(api: Api, me: Person) -> None:
    intends(me, 1)
    logs(me, "2026-11-16", g1=(60, 1))
    assert summary(api, me)["change"] == {"seconds": 60, "percent": None}


@pytest.mark.row("G19", "G25")
def test_every_goal_has_its_line(api: Api, logged: Person) -> None:
    intends(logged, 3, name="Reading")
    first, second, third = summary(api, logged)["goals"]
    assert first == {
        "number": 1,
        "id": goal_of(logged.id, 1),
        "goal_name": "Spanish",
        "category": "Primary",
        "is_complete": False,
        "logged_hours": "02:00:00",
        "logged_seconds": 7200,
        "entries": 3,
        "previous_seconds": 3600,
        "completion_percentage": 25.0,
    }
    assert (second["is_complete"], second["category"], second["completion_percentage"]) == (True, "Minor", 0.0)
    assert (third["goal_name"], third["logged_seconds"], third["entries"]) == ("Reading", 0, 0)


@pytest.mark.row("G21", "X45")
def test_a_month_is_that_of_the_calendar_and_compared_with_the_one_before(api: Api, logged: Person) -> None:
    logs(logged, "2026-10-01", g1=(60, 1))
    logs(logged, "2026-09-30", g1=(60, 1))
    said = summary(api, logged, "monthly")
    assert (said["period"]["from"], said["period"]["to"], len(said["days"])) == ("2026-11-01", "2026-11-30", 30)
    assert (said["total_seconds"], said["previous"]["total_seconds"]) == (13500, 60)
    assert (said["previous"]["from"], said["previous"]["to"]) == ("2026-10-01", "2026-10-31")


@pytest.mark.row("G20", "G22")
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_one_goal_has_summaries_of_its_own_by_number_and_by_id(api: Api, logged: Person, kind: str, slash: str) -> None:
    whole = summary(api, logged, kind)
    said = summary(api, logged, f"{kind}/2{slash}")
    assert (said["goals"], said["total_seconds"], said["entries"]) == ([whole["goals"][1]], *_of(whole["goals"][1]))
    assert said == summary(api, logged, f"{kind}/{goal_of(logged.id, 2)}")


def _of(line: dict[str, Any]) -> tuple[int, int]:
    return line["logged_seconds"], line["entries"]


@pytest.mark.row("G19", "G20", "G21", "G22")
@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("path", ["weekly", "monthly", "weekly/1", "monthly/1"])
def test_the_goal_trackers_paths_lead_here(api: Api, logged: Person, path: str, slash: str) -> None:
    reply = api.get(f"/api/summary/{path}{slash}", token=logged.access)
    assert (reply.status, reply.json()) == (200, summary(api, logged, path))
    assert f"/api/v1/summary/{path}>" in str(reply.header("link"))


@pytest.mark.row("X45")
def test_a_rolling_week_is_the_last_seven_days(api: Api, logged: Person) -> None:
    said = summary(api, logged, "weekly?rolling=true")
    assert (said["period"]["from"], said["period"]["to"], said["period"]["rolling"]) == (
        "2026-11-12",
        "2026-11-18",
        True,
    )
    assert (said["total_seconds"], said["previous"]["total_seconds"]) == (8100, 5400)


@pytest.mark.row("X45")
def test_a_week_may_begin_where_one_likes(api: Api, logged: Person) -> None:
    said = summary(api, logged, "weekly?start=2026-11-10")
    assert (said["period"]["to"], said["total_seconds"]) == ("2026-11-16", 10800)


def test_a_period_long_ago_is_read_without_all_the_days_since(api: Api, logged: Person, faults: Injector) -> None:
    logs(logged, "2024-02-29", g1=(60, 1), g2=(30, 2))
    summary(api, logged)
    faults.forget()
    said = summary(api, logged, "monthly?start=2024-02-01")
    assert (said["days"][28]["logged_seconds"], said["total_seconds"]) == (90, 90)
    assert [trip.operation for trip in faults.trips] == ["Query", "Query"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("start=2026-11-19", "out_of_range"),
        ("start=1999-12-31", "out_of_range"),
        ("start=2026-11-10&rolling=true", "not_with_rolling"),
        ("start=2026-02-30", "value_error"),
        ("start=20261110", "value_error"),
        ("start=0", "value_error"),
        ("start=", "value_error"),
        ("start=2026-11-10T00:00", "value_error"),
    ],
)
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_beginning_that_makes_no_sense_is_refused(api: Api, me: Person, kind: str, query: str, code: str) -> None:
    reply = api.get(f"/summary/{kind}?{query}", token=me.access)
    assert (reply.status, fields(reply)) == (422, {"start": code})


@pytest.mark.row("X44")
def test_the_week_is_that_of_the_persons_zone(api: Api) -> None:
    with Clock().running(datetime(2026, 11, 15, 20, 0, tzinfo=UTC)):
        me = api.member("meera")
        api.patch("/users/profile", {"time_zone": "America/New_York"}, token=me.access)
        weeks = [summary(api, who)["period"] for who in (me, api.login("meera"))]
    assert [(each["zone"], each["from"]) for each in weeks] == [
        ("Asia/Kolkata", "2026-11-16"),
        ("America/New_York", "2026-11-09"),
    ]


def test_whoever_has_no_goals_has_a_week_of_zeros(api: Api, me: Person) -> None:
    said = summary(api, me)
    assert (said["total_seconds"], said["goals"], len(said["days"])) == (0, [], 7)


def test_time_of_a_goal_that_was_deleted_is_not_told(api: Api, logged: Person) -> None:
    intends(logged, 3, GoneGoal)
    logs(logged, "2026-11-17", g3=(HOUR, 1), g1=(60, 1))
    said = summary(api, logged)
    assert (said["total_seconds"], said["days"][1]["logged_seconds"], len(said["goals"])) == (8160, 60, 2)
    assert problem(api.get("/summary/weekly/3", token=logged.access)) == (404, "goal_unknown")


@pytest.mark.row("G45")
@pytest.mark.parametrize("form", ["", "/chart.svg", "/days.csv"])
def test_goals_of_others_are_not_there(api: Api, logged: Person, form: str) -> None:
    other = api.member("omar")
    for named in (goal_of(logged.id, 1), "1", "0", "gol_1", "chart", "gol_01-x"):
        reply = api.get(f"/summary/weekly/{named}{form}", token=other.access)
        assert problem(reply) == (404, "goal_unknown"), named
    assert summary(api, other)["total_seconds"] == 0


@pytest.mark.row("G35", "G36", "X31")
@pytest.mark.parametrize("path", ["weekly", "monthly", "weekly/1", "weekly/chart.svg", "monthly/days.csv"])
def test_what_has_not_changed_is_not_sent_again(api: Api, logged: Person, path: str) -> None:
    first = api.get(f"/summary/{path}", token=logged.access)
    assert first.header("cache-control") == "private, no-cache"
    tag = str(first.header("etag"))
    again = api.get(f"/summary/{path}", token=logged.access, if_none_match=tag)
    assert (again.status, again.body, again.header("etag")) == (304, b"", tag)
    # A browser takes over the policy of a 304; with a stricter one it would show a kept chart without its style.
    assert again.header("content-security-policy") == first.header("content-security-policy")


@pytest.mark.row("G35", "G36", "G37", "X31")
@pytest.mark.parametrize("path", ["weekly", "monthly", "weekly/1", "weekly/chart.svg", "weekly/days.csv"])
def test_a_new_entry_is_seen_by_the_next_request(api: Api, logged: Person, path: str) -> None:
    first = api.get(f"/summary/{path}", token=logged.access)
    logs(logged, "2026-11-18", g1=(1860, 2), g2=(900, 3))
    again = api.get(f"/summary/{path}", token=logged.access, if_none_match=str(first.header("etag")))
    assert (again.status, again.body != first.body) == (200, True)


@pytest.mark.row("G37")
def test_nobody_is_told_what_another_has_by_their_tag(api: Api, logged: Person) -> None:
    tag = str(api.get("/summary/weekly", token=logged.access).header("etag"))
    other = api.member("omar")
    reply = api.get("/summary/weekly", token=other.access, if_none_match=tag)
    assert (reply.status, reply.json()["total_seconds"]) == (200, 0)


@pytest.mark.row("G23", "G49", "X31")
@pytest.mark.parametrize("path", ["weekly", "monthly", "weekly/1", "monthly?rolling=true", "weekly/chart.svg"])
def test_a_summary_is_one_query(api: Api, logged: Person, faults: Injector, path: str) -> None:
    summary(api, logged)
    faults.forget()
    assert api.get(f"/summary/{path}", token=logged.access).status == 200
    assert [trip.operation for trip in faults.trips] == ["Query"]


def test_the_text_of_an_answer_is_what_its_model_promises(api: Api, logged: Person) -> None:
    from chalicelib.goals.schemas.summaries import SummaryOut

    said = summary(api, logged)
    renamed = {**said, **{each: _python(said[each]) for each in ("period", "previous")}}
    assert json.loads(SummaryOut.model_validate(renamed).model_dump_json(by_alias=True)) == said


def _python(limits: dict[str, Any]) -> dict[str, Any]:
    return {"from_" if name == "from" else name: value for name, value in limits.items()}


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
@pytest.mark.parametrize("goal", ["", "/1"])
def test_a_chart_is_a_picture_that_may_do_nothing(api: Api, logged: Person, kind: str, goal: str) -> None:
    reply = api.get(f"/summary/{kind}{goal}/chart.svg?rolling=true", token=logged.access)
    assert (reply.status, reply.header("content-type")) == (200, "image/svg+xml; charset=utf-8")
    policy = str(reply.header("content-security-policy"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert reply.body.startswith(b"<svg xmlns=")
    assert b"Spanish" in reply.body


def rows(reply: Reply) -> list[list[str]]:
    assert (reply.status, reply.header("content-type")) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(io.StringIO(reply.body.decode("utf-8-sig"), newline="")))


def test_a_file_has_a_line_for_each_day_and_a_column_for_each_goal(api: Api, logged: Person) -> None:
    reply = api.get("/summary/weekly/days.csv", token=logged.access)
    head, monday, *_, sunday = rows(reply)
    assert head == ["date", "weekday", "entries", "logged_seconds", "logged_hours", "1 Spanish", "2 Piano"]
    assert monday == ["2026-11-16", "Monday", "2", "5400", "01:30:00", "01:30:00", "00:00:00"]
    assert sunday[:3] == ["2026-11-22", "Sunday", "0"]
    named = 'attachment; filename="goals-2026-11-16-2026-11-22.csv"'
    assert (reply.header("content-disposition"), reply.body.count(b"\r\n")) == (named, 8)


def test_a_file_of_a_month_and_of_one_goal(api: Api, logged: Person) -> None:
    head, *days = rows(api.get("/summary/monthly/2/days.csv", token=logged.access))
    assert (head[-1], len(days), days[17][-1]) == ("2 Piano", 30, "00:15:00")


@pytest.mark.parametrize("name", ['=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", 'a "b", c'])
def test_no_cell_of_a_file_is_a_formula(api: Api, me: Person, name: str) -> None:
    intends(me, 1, name=name)
    head, *days = rows(api.get("/summary/weekly/days.csv", token=me.access))
    assert head[-1] == f"1 {name}"
    assert not [cell for row in (head, *days) for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.row("G48")
def test_the_log_says_whether_the_clients_copy_was_good(
    api: Api, logged: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = str(api.get("/summary/weekly", token=logged.access).header("etag"))
    api.get("/summary/weekly", token=logged.access, if_none_match=tag)
    api.get("/summary/weekly", token=logged.access, if_none_match='"older"')
    lines = [json.loads(line)["extra"] for line in capsys.readouterr().out.splitlines() if "/summary/" in line]
    assert [(line["status"], line["cache"]) for line in lines] == [(200, "miss"), (304, "hit"), (200, "miss")]
