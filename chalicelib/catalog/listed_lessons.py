"""Lessons of a course. What the course lists of one changes with the course; its words alone change by themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.catalog import attachments, courses, curricula, ids, lesson_items, sections
from chalicelib.catalog.courses import Edition, Found
from chalicelib.catalog.curricula import LAST_ORDINAL, CourseFull, Plan
from chalicelib.catalog.lesson_items import LessonUnknown, Shown, ordinal_of
from chalicelib.catalog.records import Lesson
from chalicelib.errors import Conflict, Stale, invalid
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import Write, change, put_new, together


class LastLesson(Conflict):
    """A published course keeps at least one lesson; unpublish it first, or add another one."""


def create(act: Act, course_id: str, wishes: Mapping[str, Any]) -> Shown:
    before, found = courses.read_own(act, course_id, *attachments.keys_of(act, [wishes]))
    attachments.require_usable(act, found, [wishes], before.course.instructor_id)
    ordinal = int(before.curriculum.next_ordinal)
    lesson = new(act, before, ordinal, wishes)
    after, writes = listing(act, before, [lesson], wishes, ordinal + 1)
    fact = told(act, after, "lessons_added", [lesson.id])
    return together(act, put_new(lesson, otherwise=Stale()), *writes, fact=fact, result=shown(after, lesson))


def new(act: Act, into: Edition, ordinal: int, wishes: Mapping[str, Any]) -> Lesson:
    """The item of a lesson that is about to be listed under this number."""
    if ordinal > LAST_ORDINAL:
        raise CourseFull(f"A course counts its lessons, deleted ones included, up to {LAST_ORDINAL}.")
    said = {**_as_its_course(into, wishes), "course_id": into.course.id, "ordinal": ordinal}
    return lesson_items.made(act, ids.lesson_of(into.course.id, ordinal), into.course.instructor_id, said)


def _as_its_course(edition: Edition, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """A lesson of a course is as public as its course: saying so is no wish, saying otherwise none that can be met."""
    if wishes.get("is_published") not in (None, edition.course.is_published):
        raise invalid("is_published", "of_the_course", "A lesson is as public as its course; publish that.")
    return {name: value for name, value in wishes.items() if name != "is_published"}


def listing(
    act: Act, before: Edition, added: Sequence[Lesson], place: Mapping[str, Any], next_ordinal: int
) -> tuple[Edition, list[Write]]:
    """The course with these lessons in it, and the writes that make it so."""
    plan, section_id = section_in(before.plan, place.get("section_id"))
    section_id, position = _spot(plan, place, section_id, None)
    plan = curricula.with_lessons(plan, [lesson_items.entry_of(each) for each in added], section_id, position)
    return courses.succeeding(act, before, {}, plan, next_ordinal)


def section_in(plan: Plan, section_id: str | None) -> tuple[Plan, str]:
    """The section that is named, else the last one, else a first one."""
    if section_id is None:
        plan = plan or curricula.with_section(plan, sections.new(sections.FIRST))
        return plan, plan[-1].id
    if section_id not in (each.id for each in plan):
        raise invalid("section_id", "unknown", f"There is no such section in this course: {section_id}")
    return plan, section_id


def _spot(plan: Plan, place: Mapping[str, Any], section_id: str, otherwise: int | None) -> tuple[str, int | None]:
    """Section and place there, where a wish may name the place in the whole course."""
    if place.get("order"):
        return curricula.spot(plan, place["order"], section_id)
    return section_id, place.get("position") or otherwise


def told(act: Act, after: Edition, what: str, lesson_ids: Sequence[str]) -> Fact:
    """The fact of a change in what a course lists."""
    audience, ids = [after.course.instructor_id], list(lesson_ids)
    return act.fact(
        "course.curriculum_changed", after.course.id, audience=audience, ver=after.ver, what=what, lessons=ids
    )


def shown(edition: Edition, lesson: Lesson) -> Shown:
    return all_shown(edition, [lesson])[0]


def all_shown(edition: Edition, lessons: Sequence[Lesson]) -> list[Shown]:
    places, order = dict[int, tuple[str, int, int]](), 0
    for section in edition.plan:
        for position, entry in enumerate(section.lessons, 1):
            order += 1
            places[entry.ordinal] = (section.id, position, order)
    is_published = edition.course.is_published
    return [Shown(each, is_published, *places.get(ordinal_of(each), (None, None, None))) for each in lessons]


def edit(act: Act, course_id: str, lesson_id: str, wishes: Mapping[str, Any], expected: int | None) -> Shown:
    media = attachments.keys_of(act, [wishes])
    before, found = courses.read_own(act, course_id, keys.lesson(lesson_id), *media)
    lesson = _listed(before, found, lesson_id)
    lesson_items.require_version(lesson, expected)
    changes = lesson_items.changes_of(lesson, _as_its_course(before, wishes))
    attachments.require_usable(act, found, [changes], before.course.instructor_id)
    after = courses.copied(lesson, {**changes, "ver": int(lesson.ver) + 1, "updated_at": act.now})
    plan = curricula.with_changed_lesson(before.plan, lesson_items.entry_of(after))
    plan = _moved(plan, ordinal_of(lesson), wishes)
    if not changes and plan == before.plan:
        return shown(before, lesson)
    write = change(lesson, *courses.actions(lesson, changes), now=act.now)
    if plan == before.plan:
        fact = _words_changed(act, after, changes)
        return together(act, write, fact=fact, result=shown(before, after))
    edition, writes = courses.succeeding(act, before, {}, plan)
    fact = told(act, edition, "lessons_changed", [lesson_id])
    return together(act, write, *writes, fact=fact, result=shown(edition, after))


def _words_changed(act: Act, after: Lesson, changes: Mapping[str, Any]) -> Fact:
    audience = [after.instructor_id]
    return act.fact("lesson.changed", after.id, audience=audience, ver=int(after.ver), fields=sorted(changes))


def _listed(edition: Edition, found: Found, lesson_id: str) -> Lesson:
    lesson = found.get(keys.lesson(lesson_id))
    if not isinstance(lesson, Lesson) or curricula.place_of(edition.plan, ordinal_of(lesson)) is None:
        raise LessonUnknown
    return lesson


def _moved(plan: Plan, ordinal: int, wishes: Mapping[str, Any]) -> Plan:
    """The lesson at the place that the wishes name, if they name one."""
    at = curricula.place_of(plan, ordinal)
    if at is None or not any(wishes.get(name) for name in lesson_items.PLACE):
        return plan
    section, place = at
    _, section_id = section_in(plan, wishes.get("section_id") or section.id)
    rest = curricula.without_lesson(plan, ordinal)
    section_id, position = _spot(rest, wishes, section_id, place if section_id == section.id else None)
    return curricula.with_lessons(rest, [section.lessons[place - 1]], section_id, position)


def remove(act: Act, course_id: str, lesson_id: str, expected: int | None) -> None:
    before, found = courses.read_own(act, course_id, keys.lesson(lesson_id))
    lesson = _listed(before, found, lesson_id)
    lesson_items.require_version(lesson, expected)
    if before.course.is_published and int(before.course.lessons) == 1:
        raise LastLesson
    plan = curricula.without_lesson(before.plan, ordinal_of(lesson))
    after, writes = courses.succeeding(act, before, {}, plan)
    gone = change(lesson, Lesson.deleted_at.set(act.now), now=act.now)
    together(act, gone, *writes, fact=told(act, after, "lessons_deleted", [lesson_id]), result=None)
