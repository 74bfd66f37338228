"""Which of the courses that a course asks for a learner has finished. Asked before access is judged.

Mostly there is nothing to look up. Where there is, a reader brings the enrollments along in its first trip by guessing
which courses are asked for; what was not guessed takes one more.
"""

from collections.abc import Mapping

from chalicelib.catalog.records import Gate
from chalicelib.learning import release
from chalicelib.learning.access import Viewer
from chalicelib.learning.records import Enrollment
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

NOTHING: Mapping[Key, Record] = {}
#: What courses asked for when this instance last saw them. It shortens the way to an answer and decides none.
_seen: dict[str, list[str]] = {}
_MOST_SEEN = 1000


def guessed(actor: str, course_id: str) -> list[Key]:
    """Enrollments that are probably asked for, to be read with the first trip."""
    return [keys.enrollment(actor, each) for each in _seen.get(course_id, ())]


def finished(
    gate: Gate, enrollment: Enrollment | None, viewer: Viewer, read: Mapping[Key, Record | None] = NOTHING
) -> frozenset[str]:
    """What `release` wants to know as `finished`. `read` has what was read already, None being what is not there."""
    asked = release.to_finish(gate, enrollment, viewer)
    if not asked or viewer.id is None:
        return frozenset()
    _remember(gate.course_id, asked)
    wanted = {keys.enrollment(viewer.id, each): each for each in asked}
    unread = [key for key in wanted if key not in read]
    known = {**read, **(reads.many(unread) if unread else {})}
    return frozenset(course for key, course in wanted.items() if _is_finished(known.get(key)))


def _is_finished(enrollment: Record | None) -> bool:
    """Finished is finished, also where the enrollment was given up later."""
    return isinstance(enrollment, Enrollment) and enrollment.completed_at is not None


def _remember(course_id: str, asked: list[str]) -> None:
    if settings.enable_cache:
        if len(_seen) >= _MOST_SEEN:
            _seen.clear()
        _seen[course_id] = asked
