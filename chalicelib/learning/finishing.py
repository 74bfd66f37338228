"""Finishing a course: what it takes beside the enrollment itself. Pieces for the write that does the last lesson, and
for the one that finds that nothing is missing any more.
"""

from chalicelib.catalog.records import Gate
from chalicelib.errors import Stale
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import Write, check, telling


def pieces(act: Act, gate: Gate, enrollment: Enrollment) -> list[Write]:
    """What finishing a course takes beside the enrollment itself: the lessons are still those, and the news of it."""
    return [still_counting(gate), telling(told(act, enrollment))]


def still_counting(gate: Gate) -> Write:
    seen = Gate.curriculum_ver == int(gate.curriculum_ver)
    return check(Gate.under(keys.gate(gate.course_id)), seen, otherwise=Stale())


def told(act: Act, enrollment: Enrollment, ver: int | None = None) -> Fact:
    """`ver` where no other fact tells of the same change."""
    audience = [enrollment.user_id]
    return act.fact("enrollment.completed", enrollment.id, audience=audience, ver=ver, course=enrollment.course_id)
