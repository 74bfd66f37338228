"""The day that the quota of a tier counts by: whose it is, when it ends to the second, and what a move does to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib.accounts.records import User
from chalicelib.settings import DAY, Quota, settings
from chalicelib.table import keys, reads
from tests.http.api import Api, Person, claims
from tests.http.test_goals import made
from tests.http.test_metering import LOG, left, log

Clock = time_machine.Traveller
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KOLKATA_MIDNIGHT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock(api: Api) -> Iterator[Clock]:
    with time_machine.travel(NOON, tick=False) as held:
        yield held


@pytest.fixture
def two_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.quotas, "tier_free", Quota(2, DAY))


def statuses(api: Api, who: Person, times: int) -> list[int]:
    return [api.get(LOG, token=who.access).status for _ in range(times)]


def moved(api: Api, who: Person, zone: str) -> Person:
    """Somebody after a change of zone, with a token that knows of it."""
    before = api.login(who.username)
    assert api.patch("/users/profile", {"time_zone": zone}, token=before.access).status == 200
    return api.login(who.username)


MIDNIGHTS = [
    ("Asia/Kolkata", "2026-11-21T18:30:00", 24),
    ("UTC", "2026-11-21T00:00:00", 24),
    ("America/New_York", "2026-03-08T05:00:00", 23),
    ("America/New_York", "2026-11-01T04:00:00", 25),
    ("America/New_York", "2026-11-02T05:00:00", 24),
    ("Africa/Cairo", "2026-04-23T22:00:00", 23),
    ("America/Santiago", "2026-04-04T03:00:00", 25),
    ("Australia/Lord_Howe", "2026-04-04T13:00:00", 24.5),
]


@pytest.mark.row("X44", "G32")
@pytest.mark.usefixtures("two_a_day")
@pytest.mark.parametrize(("zone", "midnight", "hours"), MIDNIGHTS)
def test_a_day_begins_on_the_second_of_local_midnight(
    api: Api, clock: Clock, zone: str, midnight: str, hours: float
) -> None:
    moment = datetime.fromisoformat(midnight).replace(tzinfo=UTC)
    clock.move_to(moment - SECOND)
    me = api.register("zoe", time_zone=zone)
    made(api, me)
    replies = [log(api, me) for _ in range(3)]
    assert [reply.status for reply in replies] == [201, 201, 429]
    assert replies[2].header("retry-after") == "1"
    clock.move_to(moment)
    reply = api.get(LOG, token=me.access)
    assert (reply.status, left(reply)[2]) == (200, "1")
    assert reply.header("x-ratelimit-reset") == str(int(hours * 3600))
    assert statuses(api, me, 2) == [200, 429]


@pytest.mark.row("X44")
@pytest.mark.usefixtures("two_a_day")
def test_within_the_last_second_of_a_day_it_is_still_that_day(api: Api, clock: Clock) -> None:
    clock.move_to(KOLKATA_MIDNIGHT - SECOND / 4)
    me = api.member("meera")
    made(api, me)
    assert statuses(api, me, 3) == [200, 200, 429]
    assert api.get(LOG, token=me.access).header("retry-after") == "1"


@pytest.mark.row("X44")
@pytest.mark.usefixtures("two_a_day")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "Etc/GMT+12"])
def test_who_moves_waits_for_the_midnight_they_left(api: Api, clock: Clock, zone: str) -> None:
    me = api.member("meera")
    made(api, me)
    assert statuses(api, me, 2) == [200, 200]
    clock.move_to(KOLKATA_MIDNIGHT - SECOND)
    me = moved(api, me, zone)
    reply = log(api, me)
    assert (reply.status, reply.header("retry-after")) == (429, "1")
    clock.move_to(KOLKATA_MIDNIGHT)
    assert statuses(api, me, 3) == [200, 200, 429]


@pytest.mark.usefixtures("two_a_day")
def test_going_round_the_world_in_a_day_gains_nothing(api: Api, clock: Clock) -> None:
    me = api.member("meera")
    made(api, me)
    passed = 0
    for hour, zone in enumerate(["Pacific/Kiritimati", "Etc/GMT+12", "UTC", "Asia/Tokyo", "America/New_York"]):
        clock.move_to(NOON + timedelta(hours=hour))
        me = moved(api, me, zone)
        passed += statuses(api, me, 3).count(200)
    assert passed == 2


@pytest.mark.usefixtures("two_a_day")
def test_an_old_token_beside_a_new_one_gains_nothing(api: Api, clock: Clock) -> None:
    old = api.member("meera")
    made(api, old)
    clock.move_to(KOLKATA_MIDNIGHT - SECOND)
    old = api.login("meera")
    new = moved(api, old, "America/New_York")
    assert [api.get(LOG, token=each.access).status for each in (old, new, old)] == [200, 200, 429]
    clock.move_to(KOLKATA_MIDNIGHT)
    assert [api.get(LOG, token=each.access).status for each in (old, new, old, new)] == [200, 200, 429, 429]


def test_a_token_says_which_day_goes_on_and_until_when(api: Api, clock: Clock) -> None:
    me = api.member("meera")
    assert "held_day" not in claims(me.access)
    me = moved(api, me, "UTC")
    assert claims(me.access)["held_day"] == ["2026-11-21", int(KOLKATA_MIDNIGHT.timestamp())]
    renewed = api.post("/auth/refresh", {"refresh": me.refresh}).json()["access"]
    assert claims(renewed)["held_day"] == claims(me.access)["held_day"]
    clock.move_to(NOON + timedelta(days=2))
    assert "held_day" not in claims(api.login("meera").access)


def test_a_repeated_sign_in_gets_the_same_token_with_the_day_it_holds(api: Api, clock: Clock) -> None:
    moved(api, api.member("meera"), "UTC")
    body = {"username": "meera", "password": "seven-lean-otters"}
    first, again = (api.post("/auth/login", body, idempotency_key="one").json() for _ in range(2))
    assert first["access"] == again["access"]
    assert "held_day" in claims(again["access"])


def test_the_same_zone_again_holds_nothing(api: Api, clock: Clock) -> None:
    me = moved(api, api.member("meera"), "Asia/Kolkata")
    user = reads.one(User, keys.user(me.id))
    assert user
    assert user.attribute_values.get("held_day") is None
