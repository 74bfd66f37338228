"""Sections of a course: adding, renaming, moving and removing them, and the order of everything in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chalicelib import clock
from chalicelib.catalog import courses, curricula, ids
from chalicelib.catalog.courses import Edition
from chalicelib.catalog.curricula import Plan, Section
from chalicelib.errors import Conflict
from chalicelib.table.acts import Act
from chalicelib.table.writes import together

Result = TypeVar("Result")
#: What the first section is called where a lesson comes before any section.
FIRST = "Lessons"


class SectionNotEmpty(Conflict):
    """The section has lessons; move or delete them first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A section with its place from 1, and the version of the course that it stands in."""

    section: Section
    position: int
    course_id: str
    ver: int


def new(title: str) -> Section:
    return Section(clock.new_id("sec"), title)


def curriculum(act: Act, course_id: str) -> Edition:
    """A course's sections and lessons for who may change them."""
    return courses.read_own(act, course_id)[0]


def add(act: Act, course_id: str, title: str, position: int | None, expected: int | None) -> Placed:
    added = new(title)

    def placed(after: Edition) -> Placed:
        return _placed(after, added.id)

    return _rearranged(
        act, course_id, expected, "section_added", lambda plan: curricula.with_section(plan, added, position), placed
    )


def edit(
    act: Act, course_id: str, section_id: str, title: str | None, position: int | None, expected: int | None
) -> Placed:
    def arrange(plan: Plan) -> Plan:
        said = curricula.section(plan, section_id).title if title is None else title
        return curricula.with_changed_section(plan, section_id, said, position)

    def placed(after: Edition) -> Placed:
        return _placed(after, section_id)

    return _rearranged(act, course_id, expected, "section_changed", arrange, placed)


def remove(act: Act, course_id: str, section_id: str, expected: int | None) -> None:
    def arrange(plan: Plan) -> Plan:
        if curricula.section(plan, section_id).lessons:
            raise SectionNotEmpty
        return curricula.without_section(plan, section_id)

    _rearranged(act, course_id, expected, "section_deleted", arrange, lambda _: None)


def reorder(
    act: Act,
    course_id: str,
    arrangement: Sequence[tuple[str, Sequence[str]]] | None,
    lessons: Sequence[str],
    expected: int | None,
) -> Edition:
    """All sections with their lessons in another order; or only the lessons, each within its section."""

    def arrange(plan: Plan) -> Plan:
        if arrangement is None:
            return curricula.ordered(plan, _ordinals(course_id, lessons))
        return curricula.arranged(plan, [(id, _ordinals(course_id, named)) for id, named in arrangement])

    return _rearranged(act, course_id, expected, "reordered", arrange, lambda after: after)


def _ordinals(course_id: str, lessons: Sequence[str]) -> list[int]:
    """0 for a lesson of another course, which no course has."""
    places = [ids.place_of(each) for each in lessons]
    return [place.ordinal or 0 if place and place.course == course_id else 0 for place in places]


def _rearranged(
    act: Act,
    course_id: str,
    expected: int | None,
    what: str,
    arrange: Callable[[Plan], Plan],
    result: Callable[[Edition], Result],
) -> Result:
    def attempt() -> Result:
        before, _ = courses.read_own(act, course_id)
        courses.require_version(before, expected)
        plan = arrange(before.plan)
        if plan == before.plan:
            return result(before)
        after, writes = courses.succeeding(act, before, {}, plan)
        audience = [after.course.instructor_id]
        fact = act.fact("course.curriculum_changed", course_id, audience=audience, ver=after.ver, what=what, lessons=[])
        return together(act, *writes, fact=fact, result=result(after))

    return courses.edited(act, attempt)


def _placed(after: Edition, section_id: str) -> Placed:
    plan = after.plan
    at = next(place for place, each in enumerate(plan, 1) if each.id == section_id)
    return Placed(plan[at - 1], at, after.course.id, after.ver)
