"""Playing a flow under a schedule of faults: the faults, what a client or the cloud does next, and then the ledger."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from infra.local.gateway import Reply
from infra.local.invocation import Killed
from tests.faults import (
    catalogue_flows,
    certificate_flows,
    commerce_flows,
    goal_flows,
    learning_flows,
    media_flows,
    people_flows,
)
from tests.faults.flows import ANSWERED, FLOWS, Cast, Flow, nothing_more
from tests.faults.injector import EFFECTS, Injector, Kill, Trip, conflict, lost_acknowledgement
from tests.faults.lab import Lab

#: How often a client asks again before it gives up. Each kill may leave a lease of 15 s, looked at every 2 s.
PATIENT = 20
#: Numbers of shares are multiples of it.
HANDS = 12
#: Importing them has declared the flows.
DECLARING = (people_flows, media_flows, certificate_flows, catalogue_flows, learning_flows, goal_flows, commerce_flows)

Disturb = Callable[[Injector], None]
Place = TypeVar("Place")


@dataclass(frozen=True)
class Played:
    """The trips of the attempts, and how many seconds of the one clock they took."""

    trips: list[Trip]
    broken: list[int]
    seconds: float
    attempts: int


class _Wear:
    """When an engine that was used before must be wiped thoroughly: now and then, and after the unusual."""

    OFTEN = 40

    def __init__(self) -> None:
        self.clean = 0

    def due(self, lab: Lab, flow: Flow) -> bool:
        thoroughly = flow.alone or not self.clean or lab.soiled
        self.clean = self.OFTEN if thoroughly else self.clean - 1
        lab.soiled = True
        return thoroughly


_WEAR = _Wear()


def calmly(_: Injector) -> None:
    return None


def play(lab: Lab, flow: Flow, disturb: Disturb = calmly, *, key: str | None = None, name: str = "") -> Played:
    """One schedule, from a clean engine to the ledger. Its name stands before whatever it breaks."""
    try:
        return _play(lab, flow, disturb, key)
    except AssertionError as broken:
        with_key = "with a key" if key else "without a key"
        raise AssertionError(f"{flow}, {name}, {with_key}: {broken}") from broken


def _play(lab: Lab, flow: Flow, disturb: Disturb, key: str | None) -> Played:
    lab.fresh(thoroughly=_WEAR.due(lab, flow))
    lab.let_records_not_age()
    cast = flow.begin(lab)
    before = lab.told()
    lab.injector.forget()
    disturb(lab.injector)
    started = lab.clock.moved
    attempts = ask(lab, flow, cast, key)
    seconds = lab.clock.moved - started
    lab.injector.heal()
    trips, broken = list(lab.injector.trips), list(lab.injector.broken)
    lab.expected.repeats += repeats(trips, broken)
    lab.finish()
    confirm(flow, lab.told() - before, key)
    flow.holds(lab, cast)
    if flow.holds is not nothing_more:
        lab.finish()
    lab.ledger()
    lab.soiled = flow.alone
    return Played(trips, broken, seconds, attempts)


def ask(lab: Lab, flow: Flow, cast: Cast, key: str | None) -> int:
    """What a client does: asks again where no answer came, and after `Retry-After` where it is told to."""
    for attempt in range(1, PATIENT + 1):
        try:
            reply = flow.go(lab, cast, key)
        except Killed:
            continue
        if reply is None or acceptable(flow, reply, attempt, key):
            return attempt
        lab.clock.shift(int(reply.header("retry-after") or ""))
    raise AssertionError(f"{flow}: still no answer after {PATIENT} attempts")


def acceptable(flow: Flow, reply: Reply, attempt: int, key: str | None) -> bool:
    """An answer that ends it; False where it says that one should ask again."""
    if reply.status == 503:
        assert reply.header("retry-after"), f"{flow}: 503 without Retry-After"
        return False
    if reply.status == 409 and reply.header("retry-after"):
        return False  # Whoever died there holds a lease, which runs out.
    again = flow.repeated_with_key if key else ANSWERED | flow.repeated
    expected = ANSWERED if attempt == 1 else again
    assert reply.status in expected, f"{flow}, attempt {attempt}: {reply.status} {reply.body.decode()}"
    return True


def confirm(flow: Flow, told: Counter[str], key: str | None) -> None:
    """What was told, was told once; a second attempt without a key may be a second deed."""
    if (key is not None and flow.keyed) or flow.once_without_key:
        assert told == Counter(flow.told), f"{flow} told {dict(told)}"
    else:
        assert set(told) == set(flow.told), f"{flow} told {dict(told)}"


def repeats(trips: list[Trip], broken: list[int]) -> int:
    """How many letters may have gone out once more: the provider's yes was lost, or could not be written down (F13)."""
    hit = set(broken)
    return sum(trip.operation == "SendEmail" and bool({place, place + 1} & hit) for place, trip in enumerate(trips))


_LENGTHS: dict[str, list[Trip]] = {}


def trips_of(lab: Lab, flow: Flow) -> list[Trip]:
    """The trips of an undisturbed attempt, played once in this process."""
    if flow.name not in _LENGTHS:
        _LENGTHS[flow.name] = play(lab, flow).trips
    return _LENGTHS[flow.name]


def killing(lab: Lab, *kills: Kill) -> Disturb:
    return lambda injector: injector.kill_at(*kills, last_will=lab.forget_instance)


def each_kill(trips: Sequence[Trip]) -> Iterator[Kill]:
    """Before and after every trip. In a run of one and the same read the first and the last stand for the rest."""
    for place, trip in enumerate(trips):
        around = {str(each) for each in trips[max(place - 1, 0) : place + 2]}
        if 0 < place < len(trips) - 1 and around == {str(trip)} and trip.operation not in EFFECTS:
            continue
        yield from (Kill(place, after) for after in (False, True))


def effects(trips: Sequence[Trip]) -> Iterator[int]:
    """The trips whose acknowledgement may get lost."""
    return (place for place, trip in enumerate(trips) if trip.operation in EFFECTS)


def transactions(trips: Sequence[Trip]) -> Iterator[int]:
    return (place for place, trip in enumerate(trips) if trip.operation == "TransactWriteItems")


def everywhere(lab: Lab, places: Callable[[Sequence[Trip]], Iterable[Place]]) -> list[tuple[Flow, Place]]:
    """All places of the flows with `lab.only` in their names."""
    chosen = [flow for flow in FLOWS.values() if lab.only in flow.name]
    return [(flow, place) for flow in chosen for place in places(trips_of(lab, flow))]


def dealt(
    lab: Lab, places: Callable[[Sequence[Trip]], Iterable[Place]], share: int, shares: int
) -> list[tuple[Flow, Place]]:
    """One of so many shares of the places of all flows.

    Flows are dealt out before places, because each of a share is played calmly once to learn its trips.
    """
    hand, turn = share % HANDS, share // HANDS
    mine = list(FLOWS.values())[hand::HANDS]
    return [(flow, place) for flow in mine for place in places(trips_of(lab, flow))][turn :: shares // HANDS]


def losing(place: int, times: int = 1) -> Disturb:
    return lambda injector: injector.break_nth(range(place, place + times), lambda _: True, lost_acknowledgement)


def meeting(place: int, times: int = 1) -> Disturb:
    def disturb(injector: Injector) -> None:
        seen = [0]

        def chosen(trip: Trip) -> bool:
            seen[0] += 1
            return place <= seen[0] - 1 and trip.operation == "TransactWriteItems" and seen[0] - 1 < place + times

        injector.break_when(chosen, conflict)

    return disturb
