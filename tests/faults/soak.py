"""Many flows in one world, one after the other or in threads, while faults fall by chance; then one look at it all."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.faults.flows import FLOWS, Cast, Flow
from tests.faults.injector import Injector
from tests.faults.lab import Lab
from tests.faults.schedules import ask, repeats


@dataclass
class Soaked:
    """How long each request took by the one clock, its retries included, and how often it had to be asked."""

    seconds: list[float] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)

    def within(self, limit: float) -> float:
        return sum(each <= limit for each in self.seconds) / len(self.seconds)


def mixable() -> list[Flow]:
    return [each for each in FLOWS.values() if not each.alone]


def soak(
    lab: Lab,
    chance: random.Random,
    disturb: Callable[[Injector], None],
    *,
    flows: Sequence[Flow] = (),
    count: int = 100,
    threads: int = 1,
    working: bool = True,
) -> Soaked:
    """Each flow has people of its own. `working` lets the workers run meanwhile, through the same faults."""
    chosen = list(flows) or [chance.choice(mixable()) for _ in range(count)]
    keys = [f"k{number}" if chance.random() < 0.5 else None for number in range(len(chosen))]
    numbers = list(range(len(chosen)))
    soaked = Soaked()
    lab.injector.forget()
    disturb(lab.injector)
    if threads == 1:
        for number in numbers:
            one(lab, chosen[number], number, keys[number], soaked)
            if working and number % 4 == 3:
                lab.settle()
    else:
        in_threads(lab, [lambda n=n: one(lab, chosen[n], n, keys[n], soaked) for n in numbers], threads, working)  # type: ignore[misc]
    if working:
        lab.settle()
    lab.injector.heal()
    lab.expected.repeats += _repeats(lab, threads)
    lab.finish()
    return soaked


def one(lab: Lab, flow: Flow, number: int, key: str | None, soaked: Soaked) -> Cast:
    with lab.injector.calm():
        cast = flow.begin(lab.with_suffix(f"-{number}"))
    started = lab.clock.moved
    attempts = ask(lab, flow, cast, key)
    soaked.attempts.append(attempts)
    soaked.seconds.append(lab.clock.moved - started)
    return cast


def in_threads(lab: Lab, work: Sequence[Callable[[], object]], threads: int, working: bool) -> None:
    """So many people at once, and the workers beside them."""
    over = threading.Event()

    def drive() -> None:
        while working and not over.is_set():
            lab.work()
            over.wait(0.005)

    driver = threading.Thread(target=drive)
    driver.start()
    try:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(each) for each in work]:
                done.result()
    finally:
        over.set()
        driver.join()


def _repeats(lab: Lab, threads: int) -> int:
    """With threads nobody can tell whose the next trip was, so each fault near a letter counts."""
    trips, broken = lab.injector.trips, lab.injector.broken
    if threads == 1:
        return repeats(trips, broken)
    return sum(trips[place].operation in ("SendEmail", "PutItem") for place in broken)
