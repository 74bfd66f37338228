"""The order of a course: sections, and lessons in them. Pure: an arrangement goes in, another one comes out.

`sections.py` and `lessons.py` change courses with it; readers take `sections_of` and `entries`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.catalog.records import Curriculum
from chalicelib.errors import Conflict, NotFound, invalid
from chalicelib.table.record import moment_text

MOST_SECTIONS = 50
MOST_LESSONS = 500
LAST_ORDINAL = 9999
#: An item of the table may have 400 KB. Only long titles in every lesson of the longest course come near it.
LARGEST_BYTES = 380_000


class SectionUnknown(NotFound):
    """There is no such section in this course."""


class CourseFull(Conflict):
    """The course has no room for this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a course lists of a lesson; `ordinal` is its number for good, whatever its place."""

    ordinal: int
    title: str
    kind: str = "text"
    minutes: int = 0
    preview: bool = False
    kg_class: str | None = None
    after_days: int | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    lessons: tuple[Entry, ...] = ()


#: All sections of a course in their order.
Plan = tuple[Section, ...]


def sections_of(curriculum: Curriculum) -> Plan:
    return tuple(
        Section(each["id"], each["title"], tuple(_entry(lesson) for lesson in each["lessons"]))
        for each in curriculum.sections
    )


def _entry(stored: Mapping[str, Any]) -> Entry:
    opens_at = stored.get("opens_at")
    return Entry(**{**stored, "opens_at": datetime.fromisoformat(opens_at) if opens_at else None})


def stored(plan: Plan) -> list[dict[str, Any]]:
    """As the table keeps it."""
    return [{"id": each.id, "title": each.title, "lessons": list(map(_stored, each.lessons))} for each in plan]


def _stored(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "opens_at": moment_text(entry.opens_at) if entry.opens_at else None}


def entries(plan: Plan) -> Iterator[Entry]:
    """All lessons, in the order in which they are learned."""
    return (entry for section in plan for entry in section.lessons)


def ordinals(plan: Plan) -> list[int]:
    return [entry.ordinal for entry in entries(plan)]


def place_of(plan: Plan, ordinal: int) -> tuple[Section, int] | None:
    """The section of a lesson and its place there, from 1; None where it is not listed."""
    for section in plan:
        for place, entry in enumerate(section.lessons, 1):
            if entry.ordinal == ordinal:
                return section, place
    return None


def spot(plan: Plan, order: int, preferred: str) -> tuple[str, int]:
    """Where something has to go to be so far on in the whole course: a section and the place in it, from 1.

    Between two sections it may end the one or begin the other; then the preferred one decides, or else the first.
    """
    spots, before = dict[str, int](), 0
    for each in plan:
        if before < order <= before + len(each.lessons) + 1:
            spots[each.id] = order - before
        before += len(each.lessons)
    if not spots:
        return plan[-1].id, len(plan[-1].lessons) + 1
    id = preferred if preferred in spots else next(iter(spots))
    return id, spots[id]


def section(plan: Plan, id: str) -> Section:
    found = next((each for each in plan if each.id == id), None)
    if found is None:
        raise SectionUnknown
    return found


def with_section(plan: Plan, added: Section, position: int | None = None) -> Plan:
    """One more section, at a place from 1 or as the last."""
    if len(plan) >= MOST_SECTIONS:
        raise CourseFull(f"A course has at most {MOST_SECTIONS} sections.")
    return _inserted(plan, added, position)


def with_changed_section(plan: Plan, id: str, title: str, position: int | None = None) -> Plan:
    changed = replace(section(plan, id), title=title)
    if position is None:
        return tuple(changed if each.id == id else each for each in plan)
    return _inserted(without_section(plan, id), changed, position)


def without_section(plan: Plan, id: str) -> Plan:
    gone = section(plan, id)
    return tuple(each for each in plan if each is not gone)


def with_lessons(plan: Plan, added: Sequence[Entry], section_id: str, position: int | None = None) -> Plan:
    """More lessons in a section, from a place on or at its end."""
    if len(ordinals(plan)) + len(added) > MOST_LESSONS:
        raise CourseFull(f"A course has at most {MOST_LESSONS} lessons.")
    into = section(plan, section_id)
    at = len(into.lessons) if position is None else max(0, position - 1)
    grown = replace(into, lessons=(*into.lessons[:at], *added, *into.lessons[at:]))
    return tuple(grown if each is into else each for each in plan)


def without_lesson(plan: Plan, ordinal: int) -> Plan:
    return tuple(_kept(each, [entry for entry in each.lessons if entry.ordinal != ordinal]) for each in plan)


def with_changed_lesson(plan: Plan, entry: Entry) -> Plan:
    """The same order with something else said of a lesson."""
    return tuple(_kept(each, [entry if old.ordinal == entry.ordinal else old for old in each.lessons]) for each in plan)


def arranged(plan: Plan, order: Sequence[tuple[str, Sequence[int]]]) -> Plan:
    """All sections and lessons in another order; each has to be named exactly once."""
    lessons = {entry.ordinal: entry for entry in entries(plan)}
    _require_same([id for id, _ in order], [each.id for each in plan], "sections")
    _require_same([ordinal for _, named in order for ordinal in named], list(lessons), "lessons")
    return tuple(_kept(section(plan, id), [lessons[ordinal] for ordinal in named]) for id, named in order)


def ordered(plan: Plan, order: Sequence[int]) -> Plan:
    """The lessons of each section in the order in which `order` names them; each has to be named exactly once."""
    _require_same(list(order), ordinals(plan), "lessons")
    rank = {ordinal: place for place, ordinal in enumerate(order)}
    return tuple(_kept(each, sorted(each.lessons, key=lambda entry: rank[entry.ordinal])) for each in plan)


def _require_same(named: Sequence[Any], present: Sequence[Any], field: str) -> None:
    if len(named) != len(present) or set(named) != set(present):
        raise invalid(field, "incomplete", f"Name each of the course's {field} exactly once; it has {len(present)}.")


def _kept(section: Section, lessons: Iterable[Entry]) -> Section:
    return replace(section, lessons=tuple(lessons))


def _inserted(plan: Plan, added: Section, position: int | None) -> Plan:
    at = len(plan) if position is None else max(0, position - 1)
    return (*plan[:at], added, *plan[at:])
