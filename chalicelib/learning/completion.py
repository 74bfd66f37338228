"""How far a learner is, and what is missing. Pure; whatever shows or decides completion asks here."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib import rounding
from chalicelib.catalog import bitmaps
from chalicelib.catalog.records import Gate
from chalicelib.learning.records import Enrollment


@dataclass(frozen=True, slots=True)
class Completion:
    total: int
    completed: int
    is_completed: bool

    @property
    def percentage(self) -> Decimal:
        return rounding.percent(self.completed, self.total)


def of(enrollment: Enrollment) -> Completion:
    """Against the lessons that counted when this was last looked at; for a finished course, when it was finished."""
    counted = bitmaps.both(enrollment.done, enrollment.live)
    return Completion(bitmaps.count(enrollment.live), bitmaps.count(counted), enrollment.completed_at is not None)


def ever(enrollment: Enrollment) -> Decimal:
    """How much was ever done, in percent, what was opened again included: how much of a course was used."""
    if enrollment.completed_at is not None:
        return rounding.percent(1, 1)
    used = bitmaps.either(enrollment.done, enrollment.again or bitmaps.of(()))
    return rounding.percent(bitmaps.count(bitmaps.both(used, enrollment.live)), bitmaps.count(enrollment.live))


def is_whole(done: bytes, live: bytes) -> bool:
    """Whether everything that counts is done. Where nothing counts, nothing can be finished."""
    return bitmaps.count(live) > 0 and bitmaps.both(done, live) == bitmaps.both(live, live)


def missing(gate: Gate, enrollment: Enrollment) -> list[int]:
    """The lessons that this learner still has to do, in their order; none once the course is finished."""
    if enrollment.completed_at is not None:
        return []
    return list(bitmaps.lacking(gate.sequence, enrollment.done))


def added_since(gate: Gate, enrollment: Enrollment) -> list[int]:
    """Lessons that came after the course was finished. They may be done, and change nothing."""
    if enrollment.completed_at is None:
        return []
    return [ordinal for ordinal in bitmaps.unpacked(gate.sequence) if not bitmaps.has(enrollment.live, ordinal)]
