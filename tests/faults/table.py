"""The fault table: rows register themselves here, pytest and `make faults` run them.

A row is a function that does one round of a fault and returns how many cases it checked. A seed decides all chance of
a round, so the same row and seed are the same schedule again.
"""

import importlib
import pkgutil
import random
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.lab import Lab

Work = Callable[["Lab", random.Random], int]


@dataclass(frozen=True)
class Rounds:
    """How many rounds `make faults` runs, reduced and full; `test` where `make test` can afford fewer than reduced."""

    reduced: int
    full: int
    test: int | None = None

    def of(self, size: str) -> int:
        if size == "test":
            return self.reduced if self.test is None else self.test
        return self.full if size == "full" else self.reduced


@dataclass(frozen=True)
class Row:
    id: str
    fault: str
    rounds: Rounds
    goal: str
    work: Work

    def chance(self, seed: int) -> random.Random:
        return random.Random(f"{self.id}|{self.work.__name__}|{seed}")


@dataclass
class Outcome:
    """What became of some rounds of one row. A violation is a broken promise, with the seed that brings it back."""

    row: Row
    seeds: list[int] = field(default_factory=list)
    cases: int = 0
    seconds: float = 0.0
    violations: list[tuple[int, str]] = field(default_factory=list)


ROWS: list[Row] = []


def fault_row(id: str, fault: str, *, rounds: Rounds, goal: str) -> Callable[[Work], Work]:
    """Register a row. Several functions may share an id: they are parts of one row."""

    def register(work: Work) -> Work:
        ROWS.append(Row(id, fault, rounds, goal, work))
        return work

    return register


def rows(wanted: str = "") -> list[Row]:
    """Every row in the order of the table, or those of one id."""
    from tests.faults import rows as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    found = [row for row in ROWS if wanted in ("", row.id)]
    return sorted(found, key=lambda row: int(row.id[1:]))


def run(row: Row, lab: "Lab", seeds: Iterator[int] | range) -> Outcome:
    """Run a row with these seeds; a broken promise ends its round, not the row."""
    outcome = Outcome(row)
    started = time.perf_counter()
    for seed in seeds:
        outcome.seeds.append(seed)
        try:
            with lab.opened(row.chance(seed), seed):
                outcome.cases += row.work(lab, row.chance(seed))
                lab.ledger()
        except Exception as broken:  # noqa: BLE001 - whatever ends a round early is told with its seed
            outcome.violations.append((seed, "".join(traceback.format_exception(broken)[-2:]).strip()))
    outcome.seconds = time.perf_counter() - started
    return outcome
