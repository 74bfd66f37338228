"""Courses to finish before another: they exist, and no course waits, however indirectly, for itself.

Authoring asks whenever the prerequisites of a course change, and puts the returned checks into its transaction: two
changes at the same time that would close a circle only together cannot both hold.
"""

from collections.abc import Sequence

from chalicelib.catalog.records import Gate
from chalicelib.errors import Stale, invalid
from chalicelib.table import keys, reads
from chalicelib.table.writes import Write, check

#: How many courses may stand before one, directly and indirectly. All of them are looked at and guarded.
LARGEST = 40
FIELD = "prerequisites"


class PrerequisitesMoved(Stale):
    """What these courses ask for themselves has changed in this moment; try again."""


def require_acyclic(course_id: str, prerequisites: Sequence[str], *, instructor_id: str = "") -> list[Write]:
    """Refused where one of them does not exist, is somebody else's draft, or waits for the course itself.

    `instructor_id` is whose course it is: their own drafts may be named.
    """
    if course_id in prerequisites:
        raise invalid(FIELD, "cycle", "A course cannot be its own prerequisite.")
    gates = _gates(prerequisites)
    _require_visible(prerequisites, gates, instructor_id)
    return [_guarded(gate) for gate in _before(course_id, gates).values()]


def _before(course_id: str, gates: dict[str, Gate]) -> dict[str, Gate]:
    """All courses that stand before, level by level."""
    seen: dict[str, Gate] = {}
    while gates:
        seen |= gates
        if len(seen) > LARGEST:
            raise invalid(FIELD, "too_many", f"Together with theirs, at most {LARGEST} courses may stand before one.")
        wanted = dict.fromkeys(each for gate in gates.values() for each in gate.prerequisites if each not in seen)
        if course_id in wanted:
            raise invalid(FIELD, "cycle", "One of these courses has this one among its own prerequisites.")
        gates = _gates(list(wanted)[: LARGEST + 1])
    return seen


def _gates(courses: Sequence[str]) -> dict[str, Gate]:
    found = reads.many(keys.gate(each) for each in courses)
    return {gate.course_id: gate for gate in found.values() if isinstance(gate, Gate)}


def _require_visible(prerequisites: Sequence[str], gates: dict[str, Gate], instructor_id: str) -> None:
    for each in prerequisites:
        gate = gates.get(each)
        if gate is None or gate.is_deleted or not (gate.is_published or gate.instructor_id == instructor_id):
            raise invalid(FIELD, "unknown", f"There is no such course: {each}")


def _guarded(gate: Gate) -> Write:
    return check(gate, Gate.prerequisites == list(gate.prerequisites), otherwise=PrerequisitesMoved())
