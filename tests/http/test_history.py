"""The audit log and the event feed as administrators and people read them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.accounts.audit import AuditEntry
from chalicelib.table import keys, reads
from chalicelib.table.writes import adjust, alone
from tests.conftest import House
from tests.http.api import Api, Person, problem

LOG = "/admin/audit-logs"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def actions(api: Api, boss: Person, **filters: str) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    reply = api.get(f"{LOG}?page_size=100&{query}", token=boss.access)
    assert reply.status == 200, reply.body
    return [entry["action"] for entry in reply.json()["results"]]


@pytest.fixture
def story(api: Api, engine: House) -> tuple[Person, Person]:
    """Asha registers, edits her profile and is given premium by the administrator; all of it has been told."""
    asha = api.register("asha")
    api.patch("/users/profile", {"headline": "Every day"}, token=asha.access)
    boss = api.admin()
    api.patch(f"/admin/users/{asha.id}", {"tier": "premium"}, token=boss.access)
    engine.driver.settle()
    return asha, boss


@pytest.mark.row("K22", "K06", "K58")
def test_every_write_and_every_sign_in_is_in_the_log_newest_first(api: Api, story: tuple[Person, Person]) -> None:
    asha, boss = story
    assert actions(api, boss, subject=asha.id) == ["user.tier_changed", "user.profile_changed", "user.registered"]
    assert actions(api, boss, subject=boss.id) == ["user.logged_in"]


@pytest.mark.row("K22")
def test_the_log_is_filtered_by_actor_action_and_day(api: Api, story: tuple[Person, Person]) -> None:
    asha, boss = story
    assert actions(api, boss, actor=boss.id) == ["user.tier_changed", "user.logged_in"]
    assert actions(api, boss, subject=asha.id, actor=boss.id) == ["user.tier_changed"]
    assert actions(api, boss, subject=asha.id, action="user.profile") == ["user.profile_changed"]
    assert set(actions(api, boss, day=today())) >= {"user.registered", "user.logged_in", "user.tier_changed"}
    assert actions(api, boss, day="2020-02-29") == []
    assert actions(api, boss, subject=asha.id, day="2020-02-29") == []


@pytest.mark.row("K22")
@pytest.mark.parametrize("by", ["day", "subject"])
def test_pages_of_the_log_show_every_entry_once(api: Api, engine: House, by: str) -> None:
    boss = api.admin()
    asha = api.register("asha")
    for number in range(11):
        api.patch("/users/profile", {"headline": f"Day {number}"}, token=asha.access)
    engine.driver.settle()
    path = f"/api/v1{LOG}?page_size=5&" + (f"day={today()}" if by == "day" else f"subject={asha.id}")
    seen: list[str] = []
    while path:
        page = api.get(path, token=boss.access).json()
        assert len(page["results"]) <= 5
        seen += [entry["id"] for entry in page["results"]]
        following = urlsplit(page["next"] or "")
        path = f"{following.path}?{following.query}" if page["next"] else ""
    whole = [record for record in entries() if by == "day" or record.subject == asha.id]
    assert sorted(seen) == sorted(record.fact_id for record in whole)


def entries() -> list[AuditEntry]:
    found = (record for shard in "0123" for record in reads.all_of(keys.audit_of(today(), shard)))
    return [record for record in found if isinstance(record, AuditEntry)]


@pytest.mark.row("K22")
def test_one_entry_shows_what_was_replaced_by_what(api: Api, story: tuple[Person, Person]) -> None:
    asha, boss = story
    listed = api.get(f"{LOG}?subject={asha.id}&action=user.profile_changed", token=boss.access).json()["results"][0]
    assert listed["detail"] is None
    shown: dict[str, Any] = api.get(f"{LOG}/{listed['id']}", token=boss.access).json()
    assert shown["detail"] == {"before": {"headline": ""}, "after": {"headline": "Every day"}}
    assert shown["data"] == {"fields": ["headline"]}
    assert {name: shown[name] for name in listed if name != "detail"} == {
        n: v for n, v in listed.items() if n != "detail"
    }


def test_an_entry_that_is_not_there_is_not_found(api: Api) -> None:
    assert problem(api.get(f"{LOG}/fct_01M7Y1GKRGH7DS4QABQTZXJYZG", token=api.admin().access)) == (404, "entry_unknown")


@pytest.mark.row("B13")
def test_the_log_is_proved_whole_and_a_changed_entry_is_named(api: Api, story: tuple[Person, Person]) -> None:
    asha, boss = story
    whole = api.get(f"{LOG}/verify?day={today()}", token=boss.access).json()
    assert (whole["is_whole"], whole["entries"]) == (True, 4)
    victim = next(record for record in entries() if record.name == "user.tier_changed")
    alone(adjust(victim, AuditEntry.actor.set(asha.id), where=AuditEntry.pk.exists()))
    broken = api.get(f"{LOG}/verify?day={today()}", token=boss.access).json()
    assert broken["is_whole"] is False
    named = [(chain["broken_at"], chain["broken_entry"]) for chain in broken["chains"] if chain["reason"]]
    assert named == [(int(victim.sequence), victim.fact_id)]


@pytest.mark.row("X51")
def test_a_person_reads_their_events_from_where_they_stopped(api: Api, engine: House) -> None:
    asha = api.register("asha")
    api.patch("/users/profile", {"headline": "Every day"}, token=asha.access)
    engine.driver.settle()
    first = api.get("/events?since=0&page_size=1", token=asha.access).json()
    assert [(event["sequence"], event["name"]) for event in first["results"]] == [(1, "user.registered")]
    rest = api.get(f"/events?since={first['next_since']}", token=asha.access).json()
    assert [(event["sequence"], event["name"]) for event in rest["results"]] == [(2, "user.profile_changed")]
    assert api.get("/events?since=2", token=asha.access).json() == {"results": [], "next_since": 2}


@pytest.mark.row("X51", "G45")
def test_the_events_of_others_stay_theirs(api: Api, engine: House) -> None:
    api.register("asha")
    ben = api.register("ben")
    engine.driver.settle()
    events = api.get("/events", token=ben.access).json()["results"]
    assert {event["subject"] for event in events} == {ben.id}


def test_yesterday_is_another_day(api: Api, story: tuple[Person, Person]) -> None:
    _, boss = story
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert actions(api, boss, day=yesterday) == []
