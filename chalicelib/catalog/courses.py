"""Courses as their authors hold them: whose a course is, and one edition of it after another.

A course, its curriculum and its gate change together, guarded by the version of the course; `authoring.py`,
`sections.py` and `lessons.py` make their changes with `succeeding`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.catalog import curricula, gates
from chalicelib.catalog.curricula import CourseFull, Plan
from chalicelib.catalog.records import Course, Curriculum
from chalicelib.errors import Forbidden, NotFound, Stale
from chalicelib.table import keys
from chalicelib.table.acts import SYSTEM, Act
from chalicelib.table.keys import Key
from chalicelib.table.reads import StoreUnavailable
from chalicelib.table.record import Record
from chalicelib.table.writes import Write, change, pauses, put
from chalicelib.web.identity import Standing

Result = TypeVar("Result")
Found = Mapping[Key, Record]


class CourseUnknown(NotFound):
    """There is no such course."""


class CourseNotYours(Forbidden):
    """Only its instructor and administrators change this course."""


class Outdated(Stale):
    """The version that the request names is no longer the present one. No further attempt mends that."""


class CourseChanged(Outdated):
    """The course has changed since you read it; read it again."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A course with its curriculum, as they were read or as a change leaves them."""

    course: Course
    curriculum: Curriculum

    @property
    def plan(self) -> Plan:
        return curricula.sections_of(self.curriculum)

    @property
    def ver(self) -> int:
        return int(self.course.ver)


def own(act: Act, found: Found, course_id: str) -> Course:
    """The course, if the caller may change it, as its instructor and administrators may. Others find no draft."""
    course = found.get(keys.course(course_id))
    if not isinstance(course, Course) or course.deleted_at is not None:
        raise CourseUnknown
    if act.actor != course.instructor_id and not is_admin(act, found):
        raise CourseNotYours if course.is_published else CourseUnknown
    return course


def is_admin(act: Act, found: Found) -> bool:
    """As the table knows it now; the product itself may do what administrators may."""
    standing = found.get(keys.standing(act.actor))
    return act.actor == SYSTEM or (isinstance(standing, Standing) and "admin" in standing.roles)


def items(course_id: str) -> list[Key]:
    """What an edition consists of."""
    return [keys.course(course_id), keys.curriculum(course_id)]


def read_own(act: Act, course_id: str, *more: Key) -> tuple[Edition, Found]:
    """The present edition of a course that the caller may change, with whatever else the change has to know."""
    found = act.read([keys.standing(act.actor), *items(course_id), *more])
    return own_edition(act, found, course_id), found


def own_edition(act: Act, found: Found, course_id: str) -> Edition:
    course = own(act, found, course_id)
    curriculum = found.get(keys.curriculum(course_id))
    if not isinstance(curriculum, Curriculum):
        raise CourseUnknown
    return Edition(course, curriculum)


def edited(act: Act, attempt: Callable[[], Result]) -> Result:
    """Read and write again where somebody else was faster, unless the request names a version that is gone."""
    for _ in pauses(act.deadline):
        try:
            return attempt()
        except Outdated:
            raise
        except Stale:
            continue
    raise StoreUnavailable(retry_after=1)


def require_version(edition: Edition, expected: int | None) -> None:
    if expected is not None and edition.ver != expected:
        raise CourseChanged


def succeeding(
    act: Act,
    before: Edition,
    changes: Mapping[str, Any],
    plan: Plan | None = None,
    next_ordinal: int | None = None,
) -> tuple[Edition, list[Write]]:
    """The edition after these changes and, if given, with this plan; and the writes that make it so."""
    ver = before.ver + 1
    curriculum = before.curriculum if plan is None else _replanned(before, plan, ver, next_ordinal)
    if plan is not None:
        changes = {**changes, **totals(plan)}
    course = copied(before.course, {**changes, "ver": ver, "updated_at": act.now})
    writes = [
        change(before.course, *actions(before.course, changes), now=act.now),
        put(gates.gate_of(course, curriculum)),
    ]
    if plan is not None:
        curriculum.updated_at = act.now
        writes.append(put(curriculum, where=nobody_took_numbers(before.curriculum)))
    return Edition(course, curriculum), writes


def nobody_took_numbers(curriculum: Curriculum) -> Condition:
    """Bulk creation takes its ordinals before it lists lessons, without an edition of its own."""
    return Curriculum.next_ordinal == int(curriculum.next_ordinal)


def _replanned(before: Edition, plan: Plan, ver: int, next_ordinal: int | None) -> Curriculum:
    same_lessons = set(curricula.ordinals(plan)) == set(curricula.ordinals(before.plan))
    stored = curricula.stored(plan)
    if len(Curriculum.sections.serialize(stored).encode()) > curricula.LARGEST_BYTES:
        raise CourseFull("The titles of all sections and lessons together are too long.")
    return copied(
        before.curriculum,
        {
            "sections": stored,
            "ver": ver,
            "live_ver": int(before.curriculum.live_ver) if same_lessons else ver,
            "next_ordinal": next_ordinal or int(before.curriculum.next_ordinal),
        },
    )


def totals(plan: Plan) -> dict[str, int]:
    listed = list(curricula.entries(plan))
    return {"lessons": len(listed), "minutes": sum(entry.minutes for entry in listed)}


def actions(record: Record, changes: Mapping[str, Any]) -> Iterable[Action]:
    """What an update does to an item so that it says this."""
    for name, value in changes.items():
        attribute = getattr(type(record), name)
        yield attribute.remove() if value is None else attribute.set(value)


R = TypeVar("R", bound=Record)


def copied(record: R, changes: Mapping[str, Any]) -> R:
    """The item as the transaction will leave it; the original serves another attempt."""
    after: R = type(record).from_raw_data(record.serialize())
    for name, value in changes.items():
        setattr(after, name, value)
    return after
