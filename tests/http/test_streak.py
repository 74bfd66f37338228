"""One's own streak over HTTP: explained day by day, repaired by late entries, arranged with rest and vacations."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.catalog.ids import lesson_of
from chalicelib.learning.records import Days, Streak
from chalicelib.table import keys, reads
from chalicelib.table.writes import alone, put
from tests.factories import courses
from tests.factories.courses import told
from tests.faults.clock import Clock
from tests.http.api import Api, Person, fields, problem

pytestmark = pytest.mark.row("B08", "M22")
TODAY = date(2026, 11, 18)  # A Wednesday.
NOON = datetime(2026, 11, 18, 6, 30, tzinfo=UTC)  # In India.
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[Clock]:
    traveller = Clock()
    with traveller.running(NOON):
        yield traveller


@pytest.fixture
def learner(clock: Clock, api: Api) -> Person:
    return api.member("lina")


def learned_on(who: Person, *days: date) -> None:
    months: dict[str, dict[str, Any]] = {}
    for day in days:
        entry = {"lessons": 1, "seconds": 600, "zone": "Asia/Kolkata"}
        months.setdefault(day.isoformat()[:7], {})[day.isoformat()] = entry
    for month, entries in months.items():
        record = reads.one(Days, keys.days(who.id, month)) or Days.under(keys.days(who.id, month), turn=0)
        record.days = {**record.days, **entries}
        alone(put(record))


def streak(api: Api, who: Person, query: str = "") -> dict[str, Any]:
    reply = api.get(f"/streak{query}", token=who.access)
    assert reply.status == 200, reply.body
    return dict(reply.json())


def wish(api: Api, who: Person, status: int = 200, **body: Any) -> dict[str, Any]:
    reply = api.patch("/streak", body, token=who.access)
    assert reply.status == status, reply.body
    return dict(reply.json())


def test_whoever_has_learned_nothing_has_no_streak_and_can_see_that(api: Api, learner: Person) -> None:
    said = streak(api, learner)
    assert (said["current"], said["days"], said["today"], said["time_zone"]) == (0, [], "2026-11-18", "Asia/Kolkata")


def test_a_lesson_that_is_done_counts_for_today(api: Api, learner: Person) -> None:
    teacher = api.member("tessa", roles=("instructor",))
    course = courses.a_course(teacher.id)
    api.post("/enrollments", {"course": course.id}, token=learner.access)
    learned_on(learner, TODAY - DAY)
    api.post(f"/lessons/{lesson_of(course.id, 1)}/progress", {"completed": True}, token=learner.access)
    said = streak(api, learner)
    assert (said["current"], said["learned_today"]) == (2, True)
    assert said["days"][-1] == {
        "date": "2026-11-18",
        "state": "active",
        "reason": "You learned on this day.",
        "lessons": 1,
        "minutes": 0,
        "streak": 2,
        "freezes": 0,
    }


def test_every_day_is_explained_and_a_late_entry_repairs(api: Api, learner: Person) -> None:
    learned_on(learner, TODAY - 3 * DAY, TODAY - DAY)
    said = streak(api, learner)
    assert [day["state"] for day in said["days"]] == ["active", "missed", "active", "pending"]
    learned_on(learner, TODAY - 2 * DAY)
    assert streak(api, learner)["current"] == 3
    assert len(streak(api, learner, "?days=2")["days"]) == 2


def test_an_evening_in_the_learners_zone_is_not_the_next_day(api: Api, learner: Person, clock: Clock) -> None:
    learned_on(learner, TODAY)
    clock.move_to(datetime(2026, 11, 18, 18, 20, tzinfo=UTC))
    assert streak(api, api.login("lina"))["today"] == "2026-11-18"
    clock.move_to(datetime(2026, 11, 18, 18, 40, tzinfo=UTC))
    assert streak(api, api.login("lina"))["today"] == "2026-11-19"


@pytest.mark.row("X45")
def test_a_new_time_zone_counts_from_the_next_token(api: Api, learner: Person) -> None:
    api.patch("/users/profile", {"time_zone": "Pacific/Kiritimati"}, token=learner.access)
    assert streak(api, api.login("lina"))["time_zone"] == "Pacific/Kiritimati"


def test_days_of_rest_count_from_tomorrow(api: Api, learner: Person) -> None:
    learned_on(learner, TODAY - 3 * DAY, TODAY - DAY)
    said = wish(api, learner, rest_days=["tuesday", "monday", "thursday"])
    assert said["rest_days"] == ["monday", "tuesday", "thursday"]
    assert [day["state"] for day in said["days"]] == ["active", "missed", "active", "pending"]
    kept = reads.one(Streak, keys.streak(learner.id))
    assert kept is not None
    assert kept.rest_days == [{"since": "2026-11-19", "weekdays": [0, 1, 3]}]


def test_a_vacation_keeps_the_streak(api: Api, learner: Person, clock: Clock) -> None:
    learned_on(learner, TODAY - DAY, TODAY)
    wish(api, learner, vacations=[{"first": "2026-11-19", "last": "2026-11-25"}])
    clock.move_to(NOON + 8 * DAY)
    said = streak(api, api.login("lina"))
    assert (said["current"], {day["state"] for day in said["days"][2:9]}) == (2, {"vacation"})


@pytest.mark.parametrize("first", ["2026-11-17", "2026-10-01"])
def test_nobody_was_on_vacation_yesterday(api: Api, learner: Person, first: str) -> None:
    reply = api.patch("/streak", {"vacations": [{"first": first, "last": "2026-11-20"}]}, token=learner.access)
    assert problem(reply) == (422, "vacation_in_the_past")
    assert fields(reply) == {"vacations.0": "in_the_past"}


def test_a_vacation_that_is_left_out_ended_yesterday_and_one_to_come_is_gone(
    api: Api, learner: Person, clock: Clock
) -> None:
    running, later = {"first": "2026-11-18", "last": "2026-11-25"}, {"first": "2026-12-24", "last": "2026-12-31"}
    wish(api, learner, vacations=[running, later])
    clock.move_to(NOON + 3 * DAY)
    learner = api.login("lina")
    assert wish(api, learner, vacations=[])["vacations"] == [{"first": "2026-11-18", "last": "2026-11-20"}]


def test_a_vacation_under_way_can_be_made_longer(api: Api, learner: Person, clock: Clock) -> None:
    wish(api, learner, vacations=[{"first": "2026-11-18", "last": "2026-11-20"}])
    clock.move_to(NOON + DAY)
    longer = {"first": "2026-11-18", "last": "2026-11-30"}
    assert wish(api, api.login("lina"), vacations=[longer])["vacations"] == [longer]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rest_days": ["someday"]}, "rest_days.0"),
        ({"rest_days": ["monday", "tuesday", "wednesday", "thursday"]}, "rest_days"),
        ({"vacations": [{"first": "2026-12-02", "last": "2026-12-01"}]}, "vacations.0"),
        ({"vacations": [{"first": "2026-12-01", "last": "2027-12-01"}]}, "vacations.0"),
        ({"shown": 1}, "shown"),
        ({"freezes": 9}, "freezes"),
    ],
)
def test_what_is_no_wish_is_refused_by_its_name(api: Api, learner: Person, body: dict[str, Any], field: str) -> None:
    assert list(fields(api.patch("/streak", body, token=learner.access))) == [field]


def test_a_wish_is_for_the_streak_that_was_read(api: Api, learner: Person) -> None:
    tag = api.get("/streak", token=learner.access).header("etag") or ""
    statuses = [
        api.patch("/streak", {"shown": shown}, token=learner.access, if_match=tag).status for shown in (False, True)
    ]
    assert statuses == [200, 412]
    fresh = api.get("/streak?days=1", token=learner.access).header("etag") or ""
    assert api.patch("/streak", {"shown": True}, token=learner.access, if_match=fresh).status == 200


def test_wishing_what_is_so_already_tells_nothing(api: Api, learner: Person) -> None:
    for _ in range(2):
        wish(api, learner, rest_days=["sunday"], shown=False)
    assert told("streak.changed") == {"streak.changed": 1}
    assert wish(api, learner)["shown"] is False


@pytest.mark.parametrize(
    ("done_at", "day"),
    [
        ("2026-11-16T12:00:00Z", "2026-11-16"),
        ("2026-11-16T20:00:00Z", "2026-11-17"),
        ("2026-11-17T23:30:00+05:30", "2026-11-17"),
        ("2026-11-19T12:00:00Z", "2026-11-18"),
        ("2026-11-01T12:00:00Z", "2026-11-18"),
    ],
)
def test_a_lesson_that_was_done_offline_counts_for_the_day_on_which_it_was_done(
    api: Api, learner: Person, done_at: str, day: str
) -> None:
    course = courses.a_course(api.member("tessa", roles=("instructor",)).id)
    api.post("/enrollments", {"course": course.id}, token=learner.access)
    body = {"completed": True, "done_at": done_at}
    reply = api.post(f"/lessons/{lesson_of(course.id, 1)}/progress", body, token=learner.access)
    assert reply.status in (200, 201), reply.body
    assert streak(api, learner)["days"][0]["date"] == day
    assert reply.json()["completed"] is True
