"""Flows: what people and clocks do, each declared once, for every schedule of faults that `schedules.py` can think of.

A flow says who and what is there before, what one attempt is, and what it leaves behind. A new flow joins by one
declaration here or in its domain's file of flows, and gets kills, lost acknowledgements, conflicts, throttling and the
soak without another line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.gateway import Reply
from tests.faults.lab import Lab

Cast = dict[str, Any]
#: One attempt; the text is the idempotency key, where the client sends one. Workers and clocks answer nothing.
Go = Callable[[Lab, Cast, str | None], Reply | None]


def nobody(_: Lab) -> Cast:
    return {}


def nothing_more(_: Lab, __: Cast) -> None:
    return None


ANSWERED = frozenset({200, 201, 202, 204})


@dataclass(frozen=True)
class Flow:
    """What is declared of a flow. `begin` says who and what is there before, `go` is one attempt, `holds` looks at the
    end from outside.

    `told` are the facts that one success leaves, however often it was tried with a key; without a key only where
    `once_without_key`. `repeated` are the answers to an attempt where an earlier one has succeeded unseen.
    Flows that move the clock or wait for a queue are `alone` in their world; all others join the soak.
    """

    name: str
    go: Go
    begin: Callable[[Lab], Cast] = nobody
    told: Mapping[str, int] = field(default_factory=dict)
    repeated: frozenset[int] = ANSWERED
    repeated_with_key: frozenset[int] = ANSWERED
    holds: Callable[[Lab, Cast], None] = nothing_more
    keyed: bool = True
    once_without_key: bool = False
    alone: bool = False

    def __str__(self) -> str:
        return self.name


FLOWS: dict[str, Flow] = {}


def flow(name: str, go: Go, **more: Any) -> Flow:
    declared = FLOWS[name] = Flow(name, go, **more)
    return declared
