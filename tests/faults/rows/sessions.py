"""Rows F17, F18 and F28: refresh tokens that come again, clocks that differ, keys out of reach and keys that change."""

import base64
import json
import random
from collections.abc import Callable
from datetime import timedelta

from chalicelib import keyring
from chalicelib.settings import settings
from infra.local.gateway import Reply
from tests.factories.people import PASSWORD
from tests.faults.injector import unreachable
from tests.faults.lab import Lab, put_keys
from tests.faults.people_flows import forgetful, newcomer
from tests.faults.table import Rounds, fault_row
from tests.http.api import Person, at_once

SECOND = timedelta(seconds=1)
TABS = range(2, 21)
#: What a repeat of the first refresh token is answered so long after the rotation: the successor unused, or used.
REPLAYS = [
    (timedelta(seconds=2), False, 200),
    (timedelta(seconds=2), True, 200),
    (timedelta(seconds=60), False, 200),
    (timedelta(seconds=60), True, 401),
    (timedelta(days=6, hours=23), False, 200),
    (timedelta(days=8), False, 401),
    (timedelta(days=8), True, 401),
]


@fault_row(
    "F17",
    "a refresh token comes again after 2 s, 60 s, 8 d",
    rounds=Rounds(reduced=1, full=20, test=1),
    goal="the table of decision 8, all exact",
)
def replayed(lab: Lab, chance: random.Random) -> int:
    for number, (pause, used, expected) in enumerate(chance.sample(REPLAYS, len(REPLAYS))):
        person = lab.api.member(f"member-{number}")
        successor = refreshed(lab, person.refresh)
        if used:
            refreshed(lab, successor)
        lab.clock.shift(pause)
        reply = refresh(lab, person.refresh)
        assert reply.status == expected, (pause, used, reply)
        # An honest client goes on; a copy that was found out has ended the session.
        newest = reply.json()["refresh"] if expected == 200 else successor
        assert refresh(lab, newest).status == expected, (pause, used)
    lab.finish()
    return len(REPLAYS)


@fault_row(
    "F17",
    "2 to 20 tabs refresh at once",
    rounds=Rounds(reduced=5, full=100, test=1),
    goal="1,000 times: nobody is signed out, all get the one successor",
)
def tabs(lab: Lab, chance: random.Random) -> int:
    for number in range(10):
        person = lab.api.member(f"member-{number}")
        token = person.refresh
        for _ in range(chance.choice((1, 2))):
            replies = at_once(chance.choice(TABS), lambda _, token=token: refresh(lab, token))  # type: ignore[misc]
            assert {reply.status for reply in replies} == {200}, replies
            (token,) = {reply.json()["refresh"] for reply in replies}
        assert lab.item(f"USER#{person.id}", f"SESSION#{person.session}")["turn"] == int(token.split(".")[1])
    lab.finish()
    return 10


@fault_row(
    "F17",
    "a refresh token is stolen and used by the thief, before or after its owner",
    rounds=Rounds(reduced=2, full=50, test=1),
    goal="one request of the second one and the family is dead, with a mail",
)
def stolen(lab: Lab, chance: random.Random) -> int:
    for number in range(4):
        person = lab.api.member(f"member-{number}", email=f"member-{number}@example.org")
        ahead = person.refresh
        for _ in range(chance.randint(2, 4)):
            ahead = refreshed(lab, ahead)
        lab.clock.shift(chance.choice((21, 3600, 86400)))
        late = refresh(lab, person.refresh)
        assert (late.status, late.json()["code"]) == (401, "refresh_token_reused")
        assert refresh(lab, ahead).status == 401
        assert lab.api.patch("/users/profile", {"bio": "x"}, token=person.access).status == 401
    lab.finish()
    assert len(lab.house.mails()) == 4
    return 4


def refresh(lab: Lab, token: str) -> Reply:
    return lab.api.post("/auth/refresh", {"refresh": token})


def refreshed(lab: Lab, token: str) -> str:
    reply = refresh(lab, token)
    assert reply.status == 200, reply
    return str(reply.json()["refresh"])


Probe = Callable[[Lab], int]


def access_after(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        person = lab.api.member("member")
        lab.clock.shift(shift)
        return lab.api.get("/auth/me", token=person.access).status

    return probe


def refresh_after(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        person = lab.api.member("member")
        lab.clock.shift(shift)
        return refresh(lab, person.refresh).status

    return probe


def session_used_daily_until(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        token = lab.api.member("member").refresh
        for _ in range(shift.days):
            lab.clock.shift(timedelta(days=1))
            if refresh(lab, token).status != 200:
                return 401
            token = refreshed(lab, token)
        lab.clock.shift(shift - timedelta(days=shift.days))
        return refresh(lab, token).status

    return probe


def older_token_after(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        person = lab.api.member("member")
        refreshed(lab, refreshed(lab, person.refresh))
        lab.clock.shift(shift)
        return refresh(lab, person.refresh).status

    return probe


def replay_after(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        asked = {"email": "member@example.org"}
        lab.api.post("/auth/password/forgot", asked, idempotency_key="k")
        lab.clock.shift(shift)
        lab.api.post("/auth/password/forgot", asked, idempotency_key="k")
        return lab.told()["auth.reset_requested"]

    return probe


def verified_after(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        cast = newcomer(lab)
        lab.clock.shift(shift)
        return lab.api.post("/auth/email/verify", {"token": cast["token"]}).status

    return probe


def reset_after(shift: timedelta) -> Probe:
    def probe(lab: Lab) -> int:
        cast = forgetful(lab)
        lab.clock.shift(shift)
        return lab.api.post(
            "/auth/password/reset", {"token": cast["token"], "new_password": "nine-quiet-herons"}
        ).status

    return probe


ACCESS, REFRESH = timedelta(seconds=settings.access_seconds), timedelta(days=settings.refresh_days)
SESSION, DAY = timedelta(days=settings.session_days), timedelta(days=1)
#: Issuer and verifier 30 s apart at most, both ways; whatever has a date is over at that date, not later.
BOUNDARIES: list[tuple[str, Probe, int]] = [
    ("access token from 30 s ahead", access_after(-30 * SECOND), 200),
    ("access token from 31 s ahead", access_after(-31 * SECOND), 401),
    ("access token 29 s over", access_after(ACCESS + 29 * SECOND), 200),
    ("access token 30 s over", access_after(ACCESS + 30 * SECOND), 401),
    ("access token from 5 min ahead", access_after(timedelta(minutes=-5)), 401),
    ("refresh token 1 s before its end", refresh_after(REFRESH - SECOND), 200),
    ("refresh token at its end", refresh_after(REFRESH), 401),
    ("session 1 s before its end", session_used_daily_until(SESSION - SECOND), 200),
    ("session at its end", session_used_daily_until(SESSION), 401),
    ("replaced refresh token after 20 s", older_token_after(20 * SECOND), 200),
    ("replaced refresh token after 21 s", older_token_after(21 * SECOND), 401),
    ("stored answer 1 s before its end", replay_after(DAY - SECOND), 1),
    ("stored answer at its end", replay_after(DAY), 2),
    ("verification mail 1 s before its end", verified_after(DAY - SECOND), 200),
    ("verification mail at its end", verified_after(DAY), 422),
    ("reset mail 1 s before its end", reset_after(timedelta(minutes=30) - SECOND), 200),
    ("reset mail at its end", reset_after(timedelta(minutes=30)), 422),
]


@fault_row(
    "F18",
    "clocks of issuer and verifier differ; everything with an end, just before it and at it",
    rounds=Rounds(reduced=1, full=20),
    goal=f"{len(BOUNDARIES)} boundary values, all exact",
)
def boundaries(lab: Lab, chance: random.Random) -> int:
    for name, probe, expected in chance.sample(BOUNDARIES, len(BOUNDARIES)):
        lab.fresh()
        found = probe(lab)
        assert found == expected, f"{name}: {found}"
    lab.finish()
    return len(BOUNDARIES)


def ring(current: str, *kids: str) -> str:
    held = {kid: base64.b64encode(kid.encode() * 16).decode() for kid in kids}
    return json.dumps({"current": current, "keys": held})


@fault_row(
    "F28",
    "the parameter store is out of reach at a cold start",
    rounds=Rounds(reduced=1, full=20, test=1),
    goal="503 with Retry-After, never 500; well again by itself",
)
def no_keys(lab: Lab, chance: random.Random) -> int:
    person = lab.api.member("member")
    asked: list[Callable[[], Reply]] = [
        lambda: lab.api.get("/auth/me", token=person.access),
        lambda: lab.api.post("/auth/login", {"username": "member", "password": PASSWORD}),
        lambda: refresh(lab, person.refresh),
        lambda: lab.api.get("/users", token=person.access),
    ]
    for ask in chance.sample(asked, len(asked)):
        lab.forget_instance()
        lab.injector.break_when(lambda trip: trip.operation == "GetParameter", unreachable)
        for _ in range(2):
            reply = ask()
            assert (reply.status, reply.json()["code"]) == (503, "keys_unavailable")
            assert reply.header("retry-after")
        lab.injector.heal()
        assert ask().status == 200
    lab.finish()
    return 2 * len(asked)


@fault_row(
    "F28",
    "keys are rotated during traffic over three instances, as the runbook says",
    rounds=Rounds(reduced=2, full=50, test=1),
    goal="0 valid tokens refused",
)
def rotation(lab: Lab, chance: random.Random) -> int:
    put_keys(ring("k-one", "k-one"))
    lab.forget_instance()
    instances = [Instance() for _ in range(3)]
    people = [lab.api.member(f"member-{number}") for number in range(3)]
    cases = 0
    for text in (ring("k-one", "k-one", "k-two"), ring("k-two", "k-one", "k-two")):
        put_keys(text)
        for _ in range(12):
            lab.clock.shift(50)
            number = chance.randrange(len(people))
            people[number] = use(lab, chance.choice(instances), people[number])
            cases += 1
    lab.clock.shift(timedelta(days=6))
    people = [use(lab, chance.choice(instances), person) for person in people]
    put_keys(ring("k-two", "k-two"))
    lab.clock.shift(timedelta(minutes=6))
    people = [use(lab, chance.choice(instances), person) for person in people]
    with chance.choice(instances):
        lab.finish()
    return cases + 2 * len(people)


class Instance:
    """What one instance of the function knows of the keys; other instances know their own."""

    def __init__(self) -> None:
        self.ring, self.since = keyring._Held.ring, keyring._Held.since

    def __enter__(self) -> "Instance":
        keyring._Held.ring, keyring._Held.since = self.ring, self.since
        return self

    def __exit__(self, *_: object) -> None:
        self.__init__()  # type: ignore[misc]


def use(lab: Lab, instance: Instance, person: Person) -> Person:
    """Refresh, then act with the new access token, on whatever instance is at hand."""
    with instance:
        reply = refresh(lab, person.refresh)
        assert reply.status == 200, reply
        said = reply.json()
        assert lab.api.get("/auth/me", token=said["access"]).status == 200
    return Person(person.id, person.username, person.email, person.password, said["access"], said["refresh"])
