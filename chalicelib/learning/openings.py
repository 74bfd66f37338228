"""Which lessons have opened to a learner lately by a date of their own. Pure; the list of next actions asks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.catalog import bitmaps
from chalicelib.catalog.records import Gate
from chalicelib.learning.records import Enrollment


class Opening(NamedTuple):
    """A lesson, by its number for good, and when its dates let it open."""

    ordinal: int
    at: datetime


def lately(gate: Gate, enrollment: Enrollment, since: datetime, now: datetime) -> list[Opening]:
    """Lessons that are not done and whose dates lie between these moments, in the order of the course.

    Only the dates are judged: `release` says whether anything else still keeps them closed.
    """
    if enrollment.unlocked:
        return []
    undone = bitmaps.lacking(gate.sequence, enrollment.done)
    openings = ((ordinal, opened_at(gate, enrollment, ordinal)) for ordinal in undone if str(ordinal) in gate.rules)
    return [Opening(ordinal, at) for ordinal, at in openings if at is not None and since < at <= now]


def opened_at(gate: Gate, enrollment: Enrollment, ordinal: int) -> datetime | None:
    """When the last of its dates has come or comes; None where it has none."""
    return max(_dates(gate, enrollment, ordinal), default=None)


def _dates(gate: Gate, enrollment: Enrollment, ordinal: int) -> Iterator[datetime]:
    rule = gate.rules.get(str(ordinal), {})
    if rule.get("opens_at"):
        yield datetime.fromisoformat(rule["opens_at"])
    if rule.get("after_days"):
        yield enrollment.enrolled_at + timedelta(days=int(rule["after_days"]))
