"""Lessons that belong to no course: for the classes of a kindergarten, one by one."""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock
from chalicelib.accounts import verification
from chalicelib.catalog import attachments, courses, lesson_items, own
from chalicelib.catalog.courses import Found
from chalicelib.catalog.lesson_items import LessonNotYours, LessonUnknown, Shown
from chalicelib.catalog.records import Lesson
from chalicelib.errors import invalid
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import change, delete, put_new, together


def create(act: Act, wishes: Mapping[str, Any]) -> Shown:
    """Published unless the wish is otherwise, or the caller's address still has to be verified for that."""
    _require_class(wishes)
    found = act.read([keys.standing(act.actor), keys.user(act.actor), *attachments.keys_of(act, [wishes])])
    attachments.require_usable(act, found, [wishes], act.actor)
    id = clock.new_id("les")
    said = {**wishes, "is_published": _is_published(act, found, wishes.get("is_published"))}
    lesson = lesson_items.made(act, id, act.actor, said)
    pieces = [put_new(lesson), put_new(own.teaching(act.actor, id))]
    return together(act, *pieces, fact=_told(act, "created", lesson), result=_shown(lesson))


def _require_class(wishes: Mapping[str, Any]) -> None:
    if not wishes.get("kg_class"):
        raise invalid("kg_class", "required", "A lesson without a course names the class that it is for.")
    if wishes.get("section_id") or wishes.get("position"):
        raise invalid("section_id", "no_course", "A lesson without a course stands in no section.")


def _is_published(act: Act, found: Found, wish: bool | None) -> bool:
    waits = not courses.is_admin(act, found) and verification.waits("publishing", found.get(keys.user(act.actor)))
    if wish and waits:
        raise verification.AddressUnverified
    return not waits if wish is None else wish


def edit(act: Act, lesson_id: str, wishes: Mapping[str, Any], expected: int | None) -> Shown:
    before, found = _own(act, lesson_id, keys.user(act.actor), *attachments.keys_of(act, [wishes]))
    lesson_items.require_version(before, expected)
    _require_class({"kg_class": before.kg_class, **wishes})
    changes = lesson_items.changes_of(before, wishes)
    attachments.require_usable(act, found, [changes], before.instructor_id)
    if not changes:
        return _shown(before)
    if changes.get("is_published"):
        _is_published(act, found, wish=True)
    after = courses.copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": act.now})
    write = change(before, *courses.actions(before, changes), now=act.now)
    return together(act, write, fact=_told(act, "changed", after, fields=sorted(changes)), result=_shown(after))


def remove(act: Act, lesson_id: str, expected: int | None) -> None:
    before, _ = _own(act, lesson_id)
    lesson_items.require_version(before, expected)
    after = courses.copied(before, {"ver": int(before.ver) + 1})
    pieces = [
        change(before, Lesson.deleted_at.set(act.now), now=act.now),
        delete(own.teaching(before.instructor_id, lesson_id)),
    ]
    together(act, *pieces, fact=_told(act, "deleted", after), result=None)


def _own(act: Act, lesson_id: str, *more: keys.Key) -> tuple[Lesson, Found]:
    """The lesson, if the caller may change it. What is not public is not there for others."""
    found = act.read([keys.standing(act.actor), keys.lesson(lesson_id), *more])
    lesson = found.get(keys.lesson(lesson_id))
    if not isinstance(lesson, Lesson) or lesson.deleted_at is not None:
        raise LessonUnknown
    if act.actor != lesson.instructor_id and not courses.is_admin(act, found):
        raise LessonNotYours if lesson.is_published else LessonUnknown
    return lesson, found


def _told(act: Act, what: str, lesson: Lesson, **payload: Any) -> Fact:
    return act.fact(f"lesson.{what}", lesson.id, audience=[lesson.instructor_id], ver=int(lesson.ver), **payload)


def _shown(lesson: Lesson) -> Shown:
    return Shown(lesson, lesson.is_published)
