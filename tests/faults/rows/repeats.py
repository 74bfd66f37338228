"""Rows F9 and F26: idempotency keys used for something else, and stored answers that are over but still there."""

import random
from datetime import timedelta

from tests.factories.people import PASSWORD, registration
from tests.faults.flows import FLOWS, Flow
from tests.faults.lab import Lab
from tests.faults.schedules import ask
from tests.faults.table import Rounds, fault_row
from tests.http.api import Person

DAY = timedelta(hours=24)
#: What a repeat is told when the stored answer is over: the natural keys and states hold.
AFTER_A_DAY = {
    "register": 409,
    "verify mail": 422,
    "change password": 401,
    "reset password": 422,
    "logout": 204,
}


@fault_row(
    "F9",
    "one Idempotency-Key with another body, by another person, on another route",
    rounds=Rounds(reduced=2, full=20, test=1),
    goal="422, apart, 422; keys are never shared",
)
def key_used_for_something_else(lab: Lab, chance: random.Random) -> int:
    one, two = (lab.api.member(name, email=f"{name}@example.org") for name in ("one", "two"))
    key = f"key-{chance.random()}"
    bio, other = "x", f"y{chance.random()}"
    assert patched(lab, one, {"bio": bio}, key) == (200, bio)
    assert patched(lab, one, {"bio": other}, key)[0] == 422
    elsewhere = lab.api.put("/users/me/mail-preferences", {"news": False}, token=one.access, idempotency_key=key)
    assert (elsewhere.status, elsewhere.json()["code"]) == (422, "idempotency_key_reused")
    assert patched(lab, two, {"bio": other}, key) == (200, other)
    assert patched(lab, two, {"bio": bio}, key)[0] == 422
    assert patched(lab, one, {"bio": bio}, key) == (200, bio)
    anonymous(lab, key)
    lab.finish()
    return 11


def patched(lab: Lab, person: Person, body: dict[str, str], key: str) -> tuple[int, str | None]:
    """Status and biography."""
    reply = lab.api.patch("/users/profile", body, token=person.access, idempotency_key=key)
    if reply.status == 422:
        assert reply.json()["code"] == "idempotency_key_reused"
    return reply.status, reply.json().get("bio")


def anonymous(lab: Lab, key: str) -> None:
    """Who is nobody yet shares no keys across routes, and on one route only with the very same request."""
    first = lab.api.post("/auth/register", registration(), idempotency_key=key)
    again = lab.api.post("/auth/register", registration(), idempotency_key=key)
    assert (first.status, again.status) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    other = registration(username="other", email="other@example.org")
    assert lab.api.post("/auth/register", other, idempotency_key=key).status == 422
    signing_in = {"username": "asha", "password": PASSWORD}
    assert lab.api.post("/auth/login", signing_in, idempotency_key=key).status == 200
    assert lab.told()["user.registered"] == 1


@fault_row(
    "F26",
    "a stored answer is over, and its item still lies there",
    rounds=Rounds(reduced=1, full=20, test=1),
    goal="treated as over; 0 second effects",
)
def stored_answer_over(lab: Lab, chance: random.Random) -> int:
    names = sorted(AFTER_A_DAY)
    chance.shuffle(names)
    for name in names:
        lab.fresh()
        repeat_after_a_day(lab, FLOWS[name], AFTER_A_DAY[name])
    return len(names)


def repeat_after_a_day(lab: Lab, flow: Flow, expected: int) -> None:
    cast = flow.begin(lab)
    ask(lab, flow, cast, "k")
    lab.finish()
    told = lab.told()
    lab.clock.shift(DAY - timedelta(seconds=1))
    within = flow.go(lab, cast, "k")
    assert within is not None
    # Refused before anything is looked up where the access token is over; signing out twice is no error by itself.
    assert within.header("idempotency-replayed") or within.status in (401, 204), (flow.name, within)
    lab.clock.shift(1)
    assert len(lab.items("answer")) >= 1
    after = flow.go(lab, cast, "k")
    assert after is not None
    assert (after.status, after.header("idempotency-replayed")) == (expected, None), (flow.name, after)
    assert lab.told() == told, flow.name
