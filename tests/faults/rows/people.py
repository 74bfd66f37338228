"""Rows F3 to F6 and F30 for every declared flow: kills, lost acknowledgements, throttling, conflicts, the soak."""

import random
from collections import Counter
from collections.abc import Callable

from infra.local.gateway import Reply
from tests.factories.people import registration
from tests.faults import injector as faults
from tests.faults.flows import FLOWS
from tests.faults.injector import EFFECTS, Injector, Kill, Trip
from tests.faults.lab import Lab
from tests.faults.overlap import Overlap
from tests.faults.schedules import (
    dealt,
    each_kill,
    effects,
    everywhere,
    killing,
    losing,
    meeting,
    play,
    transactions,
)
from tests.faults.soak import mixable, soak
from tests.faults.table import Rounds, fault_row
from tests.http.api import at_once

#: Rounds 1 to SLICES kill once at every place, before and after; the next SLICES twice.
SLICES = 240
#: What kills a request can meet. A batch makes many more calls: a night takes one of so many parts of its pairs, and
#: each further SLICES rounds (SEED=481 and on) take another.
FEW, PARTS = 24, 40
#: The call sites are dealt out over so many rounds.
SITES = 240
#: About so many calls make a request or a batch.
CALLS = 8
KEYS = (None, "k")


@fault_row(
    "F3",
    "killed at every call, before and after it, once and twice",
    rounds=Rounds(reduced=SLICES, full=2 * SLICES, test=1),
    goal="every single kill, every pair in a request, each 40th in a batch: settled within 1 retry per kill or 1 sweep",
)
def killed(lab: Lab, chance: random.Random) -> int:
    turn, share = divmod(lab.seed - 1, SLICES)
    chosen = everywhere(lab, each_kill) if lab.only else dealt(lab, each_kill, share, SLICES)
    cases = 0
    for flow, kill in chosen:
        for key in [None] if flow.alone or not flow.keyed else KEYS:
            played = play(lab, flow, killing(lab, kill), key=key, name=f"killed at {kill}")
            cases += turn == 0
            for second in again(played.trips[kill.trip + 1 :], turn):
                play(lab, flow, killing(lab, kill, second), key=key, name=f"killed at {kill} and {second}")
                cases += 1
    return cases


def again(followed: list[Trip], turn: int) -> list[Kill]:
    """Where it is killed a second time in this turn; never in the first one."""
    if not turn:
        return []
    every = list(each_kill(followed))
    return every[(turn - 1) % PARTS :: PARTS] if len(every) > FEW else every


@fault_row(
    "F4",
    "the answer to a write gets lost, at each call site",
    rounds=Rounds(reduced=SITES, full=SITES, test=1),
    goal="each call site once and twice running; 0 false 409",
)
def acknowledgement_lost(lab: Lab, chance: random.Random) -> int:
    cases = 0
    for flow, place in dealt(lab, effects, lab.seed - 1, SITES):
        for times in (1, 2):
            play(lab, flow, losing(place, times), name=f"answer {place} lost {times} times")
            cases += 1
    return cases


@fault_row(
    "F4",
    "the answer to a write gets lost: 5 % of them, mixed flows",
    rounds=Rounds(reduced=8, full=80, test=1),
    goal="2,000 flows, 0 violations, 0 false 409",
)
def acknowledgements_lost(lab: Lab, chance: random.Random) -> int:
    soak(
        lab,
        chance,
        sometimes(chance, 0.05, lambda trip: trip.operation in EFFECTS, faults.lost_acknowledgement),
        count=25,
    )
    return 25


@fault_row(
    "F5",
    "30 % of all calls throttled",
    rounds=Rounds(reduced=4, full=20, test=0),
    goal="people >= 99 % within 5 s, their own repeats included; 0 times 500; 503 has Retry-After",
)
def throttled(lab: Lab, chance: random.Random) -> int:
    flows = mixable() * 6
    soaked = soak(lab, chance, sometimes(chance, 0.3, lambda _: True, faults.throttled), flows=flows)
    assert soaked.within(5.0) >= 0.99, sorted(soaked.seconds)[-10:]
    return len(flows)


@fault_row(
    "F5",
    "30 % of all calls throttled: each worker and clock",
    rounds=Rounds(reduced=4, full=20, test=0),
    goal="all of their work is done",
)
def workers_throttled(lab: Lab, chance: random.Random) -> int:
    alone = [flow for flow in FLOWS.values() if flow.alone]
    for flow in alone:
        play(lab, flow, sometimes(chance, 0.3, lambda _: True, faults.throttled), name="throttled")
    return len(alone)


@fault_row(
    "F6",
    "a conflict at each transaction, and at each four times running",
    rounds=Rounds(reduced=SITES, full=SITES, test=1),
    goal="the answer is the same as without",
)
def conflict_at_each(lab: Lab, chance: random.Random) -> int:
    cases = 0
    for flow, place in dealt(lab, transactions, lab.seed - 1, SITES):
        for times in (1, 4):
            play(lab, flow, meeting(place, times), name=f"conflict at {place}, {times} times")
            cases += 1
    return cases


@fault_row(
    "F6",
    "30 % of all transactions meet a conflict",
    rounds=Rounds(reduced=4, full=20, test=0),
    goal="0 wrong codes in 2,000; at most 5 tries, 1 in 200 more",
)
def conflicts(lab: Lab, chance: random.Random) -> int:
    soak(lab, chance, sometimes(chance, 0.3, transacts, faults.conflict), count=100, working=False)
    tries = Counter(trip.token for trip in lab.injector.trips if transacts(trip) and trip.token)
    assert sum(each > 5 for each in tries.values()) <= max(2, len(tries) // 200), tries.most_common(5)
    return 100


@fault_row(
    "F6",
    "ten requests of one person at once: transactions that really meet",
    rounds=Rounds(reduced=5, full=50, test=1),
    goal="all of them answered as if alone",
)
def meeting_for_real(lab: Lab, chance: random.Random) -> int:
    with lab.injector.calm():
        me = lab.api.member("member", email="member@example.org")
    overlap = Overlap()
    overlap.on(lab.injector)
    calls: list[Callable[[int], Reply]] = [
        lambda n: lab.api.patch("/users/profile", {"bio": f"number {n}"}, token=me.access),
        lambda n: lab.api.put("/users/me/mail-preferences", {"news": bool(n % 2)}, token=me.access),
        lambda _: lab.api.post("/auth/login", {"username": "member", "password": me.password}),
        lambda _: lab.api.post("/auth/refresh", {"refresh": me.refresh}),
        lambda _: lab.api.post("/auth/email/resend", {}, token=me.access),
    ]
    with lab.clock.waiting():
        replies = at_once(10, lambda n: calls[n % len(calls)](n))
    assert {reply.status // 100 for reply in replies} == {2}, [(each.status, each.body) for each in replies]
    wishes = [registration(username="wanted", email=f"wanted-{n}@example.org") for n in range(5)]
    with lab.clock.waiting():
        codes = Counter(at_once(5, lambda n: lab.api.post("/auth/register", wishes[n]).status))
    assert codes == {201: 1, 409: 4}, codes
    assert overlap.conflicts > 0
    lab.finish()
    return len(replies) + len(wishes)


@fault_row(
    "F30",
    "soak: mixed flows, every fault at 5 %, one worker; the same seed gives the same trace",
    rounds=Rounds(reduced=2, full=20, test=0),
    goal="0 violations; traces equal",
)
def soaked(lab: Lab, chance: random.Random) -> int:
    state, traces = chance.getstate(), []
    for _ in range(2):
        chance.setstate(state)
        lab.anew()
        soak(lab, chance, everything(chance), count=100)
        traces.append([str(trip) for trip in lab.injector.trips])
        lab.ledger()
    assert traces[0] == traces[1], next((n, a, b) for n, (a, b) in enumerate(zip(*traces, strict=False)) if a != b)
    return 200


@fault_row(
    "F30",
    "soak: mixed flows, every fault at 5 %, four people at once and the workers beside them",
    rounds=Rounds(reduced=8, full=80, test=1),
    goal="2,000 flows, 0 violations",
)
def soaked_in_threads(lab: Lab, chance: random.Random) -> int:
    soak(lab, chance, everything(chance), count=25, threads=4)
    return 25


def transacts(trip: Trip) -> bool:
    return trip.operation == "TransactWriteItems"


def sometimes(
    chance: random.Random, share: float, applies: Callable[[Trip], bool], fault: faults.Fault
) -> Callable[[Injector], None]:
    return lambda injector: injector.break_sometimes(chance, share, applies, fault)


def everything(chance: random.Random) -> Callable[[Injector], None]:
    """Every fault at 5 % of its calls. A kill takes a whole request or batch with it, so it is 5 % of those."""

    def disturb(injector: Injector) -> None:
        shares: list[tuple[float, Callable[[Trip], bool], faults.Fault]] = [
            (0.05, lambda trip: trip.operation in EFFECTS, faults.lost_acknowledgement),
            (0.05, lambda _: True, faults.throttled),
            (0.05, lambda _: True, faults.broken),
            (0.05, lambda _: True, faults.unreachable),
            (0.05, transacts, faults.conflict),
            (0.05, lambda trip: trip.operation == "BatchGetItem", faults.unprocessed),
            (0.05 / CALLS, lambda _: True, faults.killed_before),
            (0.05 / CALLS, lambda _: True, faults.killed_after),
        ]
        for share, applies, fault in shares:
            injector.break_sometimes(chance, share, applies, fault)

    return disturb
