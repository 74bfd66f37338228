"""What somebody teaches, read consistently from the table: whoever has just made a course finds it here."""

from typing import TypeVar

from chalicelib.catalog.records import Course, Lesson, Teaching
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key

#: As many as a list of one's own looks at; the index has all that is published.
MOST = 200
R = TypeVar("R", Course, Lesson)


def own_courses(act: Act, limit: int = MOST) -> list[Course]:
    """The caller's courses, drafts included, newest first."""
    return courses_of(act, act.actor, limit)


def courses_of(act: Act, instructor_id: str, limit: int = MOST) -> list[Course]:
    things = _things(instructor_id, "crs_", limit)
    return _living(act, Course, [keys.course(id) for id in things])


def own_lessons(act: Act, limit: int = MOST) -> list[Lesson]:
    """The caller's lessons that belong to no course, newest first."""
    things = _things(act.actor, "les_", limit)
    return _living(act, Lesson, [keys.lesson(id) for id in things])


def teaching(instructor_id: str, thing: str) -> Teaching:
    made: Teaching = Teaching.under(keys.teaching(instructor_id, thing), thing=thing)
    return made


def _things(instructor_id: str, prefix: str, limit: int) -> list[str]:
    span = reads.span(keys.teaching_of(instructor_id), prefix=prefix, limit=limit, newest_first=True)
    return [each.thing for each in span.records if isinstance(each, Teaching)]


def _living(act: Act, kind: type[R], wanted: list[Key]) -> list[R]:
    read = act.read(wanted)
    found = [each for key in wanted if isinstance(each := read.get(key), kind)]
    return [each for each in found if each.deleted_at is None]
