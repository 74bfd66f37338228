"""The global limits: leased in batches, never more admitted than allowed, and what happens when nobody counts."""

from datetime import timedelta

import pytest
import time_machine

from chalicelib.settings import HOUR, Quota, settings
from chalicelib.web import limits
from chalicelib.web.windows import window
from tests.factories import people
from tests.factories.people import PASSWORD, registration
from tests.faults.injector import Injector, unreachable
from tests.http.api import Api, at_once, problem
from tests.http.test_refreshing import NOON


def allow(patch: pytest.MonkeyPatch, scope: str, amount: int) -> None:
    patch.setitem(settings.quotas, scope, Quota(amount, HOUR))


@pytest.mark.row("M90", "G46")
def test_a_stranger_has_a_hundred_requests_an_hour() -> None:
    from chalicelib import settings as module

    assert module.SCOPES["anonymous"].quota == Quota(100, HOUR)


@pytest.mark.row("M91")
def test_a_person_has_a_thousand_requests_an_hour() -> None:
    assert settings.quotas["user"] == Quota(1000, HOUR)


@pytest.mark.row("M90")
def test_of_fifty_threads_of_strangers_exactly_the_limit_gets_through(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, "anonymous", 20)
    replies = at_once(50, lambda _: api.get("/auth/me"))
    assert sorted(reply.status for reply in replies) == [401] * 20 + [429] * 30


@pytest.mark.row("M91")
def test_of_fifty_threads_of_a_person_exactly_the_limit_gets_through(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    person = api.member()
    allow(monkeypatch, "user", 30)
    replies = at_once(50, lambda _: api.get("/auth/me", token=person.access))
    assert sorted(reply.status for reply in replies) == [200] * 30 + [429] * 20


def test_instances_together_admit_no_more_than_the_limit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, "anonymous", 100)
    admitted = 0
    for n in range(160):
        if n % 8 == 0:
            limits.forget()  # Another instance answers.
        admitted += api.get("/auth/me").status == 401
    assert 100 - 20 * (100 // limits.LEASE_PART) <= admitted <= 100


@pytest.mark.row("M90")
def test_a_refusal_says_when_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, "anonymous", 2)
    with time_machine.travel(NOON + timedelta(minutes=50), tick=False):
        replies = [api.get("/auth/me") for _ in range(3)]
    assert problem(replies[-1]) == (429, "limit_reached")
    assert replies[-1].header("retry-after") == "600"


@pytest.mark.parametrize(("seconds", "status"), [(599, 429), (600, 401)])
def test_the_next_hour_begins_on_the_second(
    api: Api, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    allow(monkeypatch, "anonymous", 2)
    with time_machine.travel(NOON + timedelta(minutes=50), tick=False) as clock:
        for _ in range(3):
            api.get("/auth/me")
        clock.shift(timedelta(seconds=seconds))
        assert api.get("/auth/me").status == status


def test_each_person_is_counted_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asha, ravi = api.member("asha"), api.member("ravi")
    allow(monkeypatch, "user", 2)
    assert [api.get("/auth/me", token=asha.access).status for _ in range(3)] == [200, 200, 429]
    assert api.get("/auth/me", token=ravi.access).status == 200


def test_each_place_is_counted_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, "anonymous", 1)
    statuses = [api.get("/auth/me", ip=ip).status for ip in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.2")]
    assert statuses == [401, 429, 401, 429]


def test_health_is_not_counted(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, "anonymous", 1)
    assert [api.get("/health").status for _ in range(5)] == [200] * 5


def test_in_steady_state_counting_costs_no_trip(api: Api, faults: Injector) -> None:
    person = api.member()
    api.get("/users", token=person.access)
    faults.forget()
    for _ in range(30):
        api.get("/users?q=abc", token=person.access)
    assert [name for name in faults.names() if name.startswith("limiter")] == []


def writes_of(requests: int, instances: int) -> tuple[int, int]:
    """How many requests so many instances in turn admit, and how many writes that took to count."""
    asked: list[int] = []
    held: list[dict[tuple[str, str], limits._Lease]] = [{} for _ in range(instances)]
    real, admitted = limits.limiter(), 0

    class Counting:
        def update_item(self, **arguments: object) -> object:
            asked.append(1)
            return real.update_item(**arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "limiter", Counting)
        for number in range(requests):
            patch.setattr(limits, "_leases", held[number % instances])
            try:
                limits.lease("user", "usr_1", NOON)
            except limits.LimitReached:
                continue
            admitted += 1
    return admitted, len(asked)


@pytest.mark.parametrize(("instances", "most"), [(1, 20), (4, 45)])
def test_five_hundred_requests_of_a_person_take_few_writes_to_count(clean: object, instances: int, most: int) -> None:
    admitted, writes = writes_of(500, instances)
    assert admitted == 500
    assert writes <= most


@pytest.mark.parametrize(("instances", "most"), [(1, 230), (4, 300)])
def test_a_thousand_requests_that_use_up_the_limit_cost_far_less_than_a_write_each(
    clean: object, instances: int, most: int
) -> None:
    admitted, writes = writes_of(1000, instances)
    assert 1000 - 4 * 1000 // limits.LEASE_PART <= admitted <= 1000
    assert writes <= most


@pytest.mark.parametrize("instances", [1, 4])
def test_however_often_they_ask_instances_admit_no_more_than_the_limit(
    clean: object, monkeypatch: pytest.MonkeyPatch, instances: int
) -> None:
    allow(monkeypatch, "user", 100)
    assert writes_of(150, instances)[0] == 100


def test_an_instance_leases_no_more_than_a_sixteenth_of_what_others_have_left(
    clean: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, "user", 160)
    for used in range(0, 160, 7):
        limits.forget()
        span = window(settings.quotas["user"], NOON)
        limits._add("user", f"usr_{used}", span, settings.quotas["user"], used or 1, closed=False)
        limits.lease("user", f"usr_{used}", NOON)
        [held] = limits._leases.values()
        left = 160 - (used or 1)
        assert held.permits + 1 <= max(1, left // limits.LEASE_PART)
        assert held.permits == 0 or left >= limits.SINGLE_BELOW * 160


def test_the_numbers_told_are_the_numbers_counted(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, "anonymous", 40)
    left = [int(api.get("/auth/me").header("x-ratelimit-remaining") or -1) for _ in range(40)]
    assert left == list(range(39, -1, -1))


def test_reads_go_on_where_nobody_counts(api: Api, faults: Injector) -> None:
    person = api.member()
    limits.forget()
    faults.break_when(lambda trip: trip.of_limiter, unreachable)
    assert api.get("/auth/me", token=person.access).status == 200


def test_nobody_signs_in_where_nobody_counts(api: Api, faults: Injector) -> None:
    people.enlisted("asha")
    faults.break_when(lambda trip: trip.of_limiter, unreachable)
    reply = api.post("/auth/login", {"username": "asha", "password": PASSWORD})
    assert problem(reply) == (503, "limiter_unavailable")
    assert reply.header("retry-after")


def test_nobody_registers_where_nobody_counts(api: Api, faults: Injector) -> None:
    faults.break_when(lambda trip: trip.of_limiter, unreachable)
    assert problem(api.post("/auth/register", registration())) == (503, "limiter_unavailable")


@pytest.mark.row("G46", "M87")
def test_a_refusal_tells_the_quota_that_was_hit(api: Api) -> None:
    guess = {"identifier": "nobody", "password": "wrong-wrong-wrong"}
    refused = [api.post("/auth/login", guess) for _ in range(6)][-1]
    wait = refused.header("retry-after")
    assert refused.status == 429
    assert refused.header("ratelimit") == f'"login_pair";r=0;t={wait}'
    assert refused.header("ratelimit-policy") == '"login_pair";q=5;w=900'
    assert refused.header("x-ratelimit-remaining") == "0"
