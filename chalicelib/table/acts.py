"""An act: one thing being done, by whom, when and under which request. Rules take it, facts are made from it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib import clock
from chalicelib.table import reads
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

if TYPE_CHECKING:
    from chalicelib.table.writes import Write

SYSTEM = "system"
ANONYMOUS = "anonymous"


def _nothing(_: Any, __: str) -> "Write | None":
    return None


class Tally(Protocol):
    """Something that counts requests, and wants to count one that writes in the very transaction of its effect."""

    def piece(self) -> Mapping[str, Any] | None:
        """A transaction item; None where nothing is to be counted, or no longer."""

    def counted(self) -> None:
        """The transaction has succeeded."""


@dataclass(frozen=True, slots=True)
class Act:
    """`read` is how a rule makes its first read: at the door it brings the caller's standing along in the same trip.

    `remember` turns a rule's result into the record of the answer, for requests that carry an idempotency key, and
    files it under the one whom it tells of.

    `tally`, where requests of this kind are counted, counts this one in the transaction of its effect.
    """

    actor: str
    now: datetime
    request_id: str
    deadline: float
    read: Callable[[Iterable[Key]], Mapping[Key, Record]] = reads.many
    remember: Callable[[Any, str], "Write | None"] = field(default=_nothing)
    tally: Tally | None = None

    def answered_with(self, answer: Any) -> "Act":
        """The same act where a repeat is answered with something else than what the rule returns."""
        return replace(self, remember=lambda _, of: self.remember(answer, of))

    def unanswered(self) -> "Act":
        """The same act where what is done is no answer to the request, as when it is refused with consequences."""
        return replace(self, remember=_nothing)

    def fact(
        self,
        name: str,
        subject: str,
        *,
        audience: Sequence[str] = (),
        ver: int | None = None,
        **payload: Any,
    ) -> Fact:
        return Fact(
            id=clock.new_id("fct"),
            name=name,
            actor=self.actor,
            subject=subject,
            at=self.now,
            request_id=self.request_id,
            audience=audience,
            payload=payload,
            subject_ver=ver,
        )


def by_system(request_id: str, *, seconds: float = 20.0) -> Act:
    """What a worker or a clock does in its own name."""
    return Act(SYSTEM, clock.now(), request_id, time.monotonic() + seconds)
