"""The table of attacks: each is declared once, with its goal and its volume; pytest and `make attack` run it.

An attack is a function of the ground it happens on and of how often; it answers with a `Tally` of failures in words.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.security.attacks.ground import Ground


class Volume(NamedTuple):
    """How often: inside `make test`, in `make attack`, and with ROUNDS=full."""

    reduced: int
    pull: int
    full: int


@dataclass
class Tally:
    """What was tried, and every way in which it went wrong."""

    cases: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, holds: bool, otherwise: str) -> None:
        self.cases += 1
        if not holds:
            self.failures.append(otherwise)


Run = Callable[[Ground, int], Tally]


@dataclass(frozen=True)
class Attack:
    name: str
    tool: str
    what: str
    goal: str
    volume: Volume
    run: Run


@dataclass(frozen=True)
class Outcome:
    attack: Attack
    tally: Tally
    seconds: float


ATTACKS: dict[str, Attack] = {}


def attack(tool: str, what: str, *, goal: str, volume: Volume) -> Callable[[Run], Run]:
    """Declares an attack; its name is the function's."""

    def declare(run: Run) -> Run:
        name = run.__name__.replace("_", "-")
        ATTACKS[name] = Attack(name, tool, what, goal, volume, run)
        return run

    return declare


def happened(wanted: Attack, ground: Ground, times: int) -> Outcome:
    """Run one attack on a ground that nobody has used."""
    ground.clear()
    started = time.perf_counter()
    tally = wanted.run(ground, times)
    return Outcome(wanted, tally, time.perf_counter() - started)


def as_lines(rows: list[dict[str, Any]]) -> list[str]:
    """The table in Markdown."""
    head = ["| tool | what | volume | cases | failures | seconds |", "| --- | --- | --- | ---: | ---: | ---: |"]
    return head + [
        f"| {row['tool']} | {row['what']} | {row['rounds']} | {row['cases']:,} | {len(row['failures'])} |"
        f" {row['seconds']:.0f} |"
        for row in rows
    ]
