"""Reads what the catalogue says of courses and lessons from the table, never from a message: what is written there now.

`reads.many` is consistent; what a change writes while we read brings a fact of its own, and is read again then.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from chalicelib.accounts.records import User
from chalicelib.catalog import ids
from chalicelib.catalog.index import cards
from chalicelib.catalog.index.cards import About, Entry
from chalicelib.catalog.records import Category, Course, Curriculum, Lesson, Tally
from chalicelib.table import keys, reads
from chalicelib.table.keys import Key
from chalicelib.table.record import Record

#: Three items each: one trip to the table.
AT_ONCE = 33


def entries(things: Iterable[str], now: datetime) -> Iterator[Entry]:
    """Of courses, and of lessons that stand for themselves."""
    shelves = categories()
    for some in _batched(sorted(things), AT_ONCE):
        yield from _entries(some, shelves, now)


def _entries(things: Sequence[str], shelves: dict[str, Category], now: datetime) -> Iterator[Entry]:
    courses = [each for each in things if ids.is_course(each)]
    alone = [each for each in things if not ids.is_course(each)]
    found = reads.many([*(key for each in courses for key in keys_of(each)), *(keys.lesson(each) for each in alone)])
    people = _people(found.values())
    for each in courses:
        yield _course(each, found, shelves, people, now)
    for each in alone:
        lesson = found.get(keys.lesson(each))
        yield _lesson(lesson, people) if isinstance(lesson, Lesson) else cards.gone(each)


def keys_of(course: str) -> tuple[Key, Key, Key]:
    return keys.course(course), keys.curriculum(course), keys.tally(course)


def _course(id: str, found: Any, shelves: dict[str, Category], people: dict[str, User], now: datetime) -> Entry:
    course, curriculum, tally = (found.get(key) for key in keys_of(id))
    if not isinstance(course, Course):
        return cards.gone(id)
    teacher = people.get(course.instructor_id)
    about = About(
        course,
        curriculum if isinstance(curriculum, Curriculum) else None,
        tally if isinstance(tally, Tally) else None,
        teacher.name if teacher else "",
        shelves.get(course.category_id or ""),
        offers(teacher),
    )
    return cards.of_course(about, now)


def _lesson(lesson: Lesson, people: dict[str, User]) -> Entry:
    return cards.of_lesson(lesson, offered=offers(people.get(lesson.instructor_id)))


def offers(teacher: User | None) -> bool:
    """Whoever is suspended or gone offers nothing; learners keep what they have."""
    return teacher is None or (teacher.banned_at is None and teacher.erased_at is None)


def _people(found: Iterable[Record]) -> dict[str, User]:
    wanted = {each.instructor_id for each in found if isinstance(each, Course | Lesson)}
    people = reads.many(keys.user(each) for each in sorted(wanted))
    return {each.id: each for each in people.values() if isinstance(each, User)}


def categories() -> dict[str, Category]:
    return {each.id: each for each in reads.all_of(keys.categories()) if isinstance(each, Category)}


def category_rows(shelves: Iterable[Category]) -> list[list[Any]]:
    return [[each.id, each.slug, each.title, each.parent_id] for each in shelves]


def _batched(things: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (things[start : start + size] for start in range(0, len(things), size))
