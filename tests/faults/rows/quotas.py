"""Rows F4, F6 and F26 of what is counted by the day: lost answers, a counter in great demand, a day that is over."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.settings import settings
from infra.local.gateway import Reply
from tests.faults.injector import Trip, conflict, lost_acknowledgement, single_conflict
from tests.faults.lab import Lab
from tests.faults.table import Rounds, fault_row
from tests.http.api import Person, at_once

GOAL = {"goal_name": "Sanskrit", "category": "Primary"}
LOG = "/goals/1/progress"
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ZONES = ("Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12", "Africa/Cairo", "UTC")
LIMIT = settings.quotas["tier_free"].limit
Asking = Callable[[Lab, Person, str | None], Reply]


def log(lab: Lab, me: Person, key: str | None) -> Reply:
    body = {"logged_hours": "0:10:00"}
    return lab.api.post(LOG, body, token=me.access, **({"idempotency_key": key} if key else {}))


def read(lab: Lab, me: Person, _: str | None) -> Reply:
    return lab.api.get(LOG, token=me.access)


def summed(lab: Lab, me: Person, _: str | None) -> Reply:
    return lab.api.get("/goal-progress", token=me.access)


def mistaken(lab: Lab, me: Person, key: str | None) -> Reply:
    return lab.api.post(LOG, {"logged_hours": "-0:10:00"}, token=me.access)


def astray(lab: Lab, me: Person, key: str | None) -> Reply:
    return lab.api.delete(f"{LOG}/99", token=me.access)


ASKING: tuple[Asking, ...] = (log, log, read, summed, mistaken, astray)


def member(lab: Lab, zone: str = "Asia/Kolkata") -> Person:
    me = lab.api.register(lab.named("meera"), time_zone=zone)
    assert lab.api.post("/goals", GOAL, token=me.access).status == 201
    return me


def counters(lab: Lab, me: Person) -> dict[str, int]:
    """How much of each day is used."""
    prefix = f"LIMIT#tier#{me.id}#"
    found = {item["pk"]: int(item["n"]) for item in lab.items("limit") if item["pk"].startswith(prefix)}
    return {pk.removeprefix(prefix): n for pk, n in found.items()}


def there_and_back(lab: Lab, me: Person, there: str, home: str) -> Person:
    """A journey gains nothing; a token from after it."""
    for zone in (there, home):
        assert lab.api.patch("/users/profile", {"time_zone": zone}, token=me.access).status == 200
    return lab.api.login(me.username)


@fault_row(
    "F26",
    "a day's quota is over, and its counter still lies there",
    rounds=Rounds(reduced=1, full=50, test=1),
    goal="10 of the day until its last second, 10 of the next from its first; repeats cost nothing for a day",
)
def counted_day_over(lab: Lab, chance: random.Random) -> int:
    zone = chance.choice(ZONES)
    lab.clock.shift(chance.randrange(86_400))
    here = lab.clock.now().astimezone(ZoneInfo(zone))
    midnight = datetime.combine(here.date() + DAY, time(), here.tzinfo).astimezone(UTC)
    lab.clock.move_to(midnight - SECOND)
    me = member(lab, zone)
    assert log(lab, me, "key").status == 201
    me = there_and_back(lab, me, chance.choice([each for each in ZONES if each != zone]), zone)
    statuses = [chance.choice(ASKING)(lab, me, None).status for _ in range(LIMIT + 2)]
    assert statuses.index(429) == LIMIT - 1
    assert log(lab, me, "key").header("idempotency-replayed")
    lab.clock.move_to(midnight)
    assert log(lab, me, "key").header("idempotency-replayed")
    statuses = [chance.choice(ASKING)(lab, me, None).status for _ in range(LIMIT + 2)]
    assert statuses.index(429) == LIMIT
    assert sorted(counters(lab, me).values()) == [LIMIT, LIMIT]
    lab.clock.move_to(midnight + DAY)
    me = lab.api.login(me.username)
    assert log(lab, me, "key").header("idempotency-replayed") is None
    assert sorted(counters(lab, me).values()) == [1, LIMIT, LIMIT]
    lab.finish()
    return 2 * LIMIT + 8


@fault_row(
    "F6",
    "fifty counted requests at once; 30 % of all transactions and counts meet a conflict",
    rounds=Rounds(reduced=1, full=100, test=1),
    goal="exactly ten get through, by headers and counter",
)
def all_at_once(lab: Lab, chance: random.Random) -> int:
    me = member(lab)
    work = [chance.choice(ASKING) for _ in range(50)]
    lab.injector.break_sometimes(chance, 0.3, transacts, conflict)
    lab.injector.break_sometimes(chance, 0.3, counts, lambda _, request: single_conflict(request))
    with lab.clock.waiting():
        replies = at_once(50, lambda number: work[number](lab, me, None))
    lab.injector.heal()
    passed = [reply for reply in replies if reply.status != 429]
    assert Counter(reply.status == 429 for reply in replies) == {True: 40, False: 10}, replies
    assert sorted(int(reply.header("x-ratelimit-remaining") or -1) for reply in passed) == list(range(LIMIT))
    assert list(counters(lab, me).values()) == [LIMIT]
    lab.finish()
    return 50


@fault_row(
    "F4",
    "the answer to a counted request gets lost, in the table or on the way to the client",
    rounds=Rounds(reduced=1, full=50, test=1),
    goal="each request is counted once, each repeat not at all",
)
def counted_once(lab: Lab, chance: random.Random) -> int:
    me = member(lab)
    for number in range(LIMIT):
        asking = chance.choice(ASKING)
        if asking is log:
            lab.injector.break_nth((0,), lambda trip: trip.operation == "TransactWriteItems", lost_acknowledgement)
        assert asking(lab, me, f"key-{number}").status < 500
        lab.injector.heal()
        if asking is log and chance.random() < 0.5:
            assert log(lab, me, f"key-{number}").header("idempotency-replayed")
        assert list(counters(lab, me).values()) == [number + 1]
    assert chance.choice(ASKING)(lab, me, None).status == 429
    lab.finish()
    return LIMIT + 1


def transacts(trip: Trip) -> bool:
    return trip.operation == "TransactWriteItems"


def counts(trip: Trip) -> bool:
    return trip.of_limiter and trip.operation == "UpdateItem" and b"LIMIT#tier#" in trip.request.body
