"""Lessons of the catalogue, of courses and without one: by course, by class, by the words of their titles.

`GET /lessons` asks. What is not on the shelf is not found; a title is all that is told of a lesson's words.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.catalog.index import words
from chalicelib.catalog.index.asking import Found
from chalicelib.catalog.index.files import PLACES
from chalicelib.catalog.index.shelves import Shelf

_COURSE = f"thing ON thing.n = lesson.n >> {PLACES}"
_LISTED = (
    "lesson.n, lesson.ordinal, lesson.title, lesson.kind, lesson.minutes, lesson.preview, lesson.kg_class, thing.id, "
    "thing.what, thing.title, thing.instructor, thing.status, lesson.access, lesson.reason, lesson.unlocks_at"
)
_NAMED = "lesson_text CROSS JOIN lesson ON lesson.n = lesson_text.rowid"


@dataclass(frozen=True, slots=True)
class LessonQuery:
    text: str = ""
    course: str = ""
    kg_class: str = ""
    first: int = 0
    size: int = 20
    only_of: str = ""


class LessonFound(NamedTuple):
    id: str
    title: str
    kind: str
    minutes: int
    preview: bool
    kg_class: str | None
    course_id: str | None
    course_title: str | None
    instructor_id: str
    status: str
    access: str
    reason: str
    unlocks_at: str | None


def found(shelf: Shelf, query: LessonQuery) -> Found:
    """In the order of the catalogue, those of a course one after the other; where a text is given, the best first."""
    with shelf.lock:
        source, where, values, ranked = _lessons_asked(shelf, query)
        if source is None:
            return Found(0, [])
        count = _lessons_count(shelf, source, where, values)
        sql = f"SELECT {_LISTED} FROM {source} {where} ORDER BY {ranked} LIMIT ? OFFSET ?"  # noqa: S608 -- words of ours
        rows = shelf.connection.execute(sql, (*values, query.size, query.first)).fetchall()
    return Found(count, [_lesson(row) for row in rows])


def _lessons_asked(shelf: Shelf, query: LessonQuery) -> tuple[str | None, str, list[Any], str]:
    source = f"lesson CROSS JOIN {_COURSE}"
    conditions, values, ranked = list[str](), list[Any](), "lesson.n"
    if query.text.strip():
        asked = words.expression(shelf.connection, words.Words(), query.text, table="lesson_text")
        if asked is None:
            return None, "", [], ""
        source, ranked = f"{_NAMED} CROSS JOIN {_COURSE}", "rank, lesson.n"
        conditions, values = ["lesson_text MATCH ?"], [asked]
    if query.course:
        number = shelf.number(query.course)
        if number is None:
            return None, "", [], ""
        conditions.append("lesson.n BETWEEN ? AND ?")
        values += [number << PLACES, ((number + 1) << PLACES) - 1]
    if query.kg_class:
        conditions.append("lesson.kg_class = ?")
        values.append(query.kg_class)
    if query.only_of:
        conditions.append("thing.instructor = ?")
        values.append(query.only_of)
    return source, f"WHERE {' AND '.join(conditions)}" if conditions else "", values, ranked


def _lessons_count(shelf: Shelf, source: str, where: str, values: list[Any]) -> int:
    if not where:
        source = "lesson"
    sql = f"SELECT count(*) FROM {source} {where}"  # noqa: S608 -- words of ours
    rows: Any = shelf.connection.execute(sql, values).fetchall()
    return int(rows[0][0])


def _lesson(row: tuple[Any, ...]) -> LessonFound:
    (
        _,
        ordinal,
        title,
        kind,
        minutes,
        preview,
        kg_class,
        id,
        what,
        of,
        instructor,
        status,
        access,
        reason,
        unlocks_at,
    ) = row
    in_course = what == "course"
    return LessonFound(
        id=f"les_{id.removeprefix('crs_')}-{ordinal}" if in_course else id,
        title=title,
        kind=kind,
        minutes=minutes,
        preview=bool(preview),
        kg_class=kg_class,
        course_id=id if in_course else None,
        course_title=of if in_course else None,
        instructor_id=instructor,
        status=status or "published",
        access=access,
        reason=reason,
        unlocks_at=unlocks_at,
    )
