"""From what was found to the rows that are sent: prepared text, completed with how open each is to the one who asks.

A list says what a stranger finds, but for the author and administrators, to whom everything is open.
"""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chalicelib.catalog.index.asking import Found
from chalicelib.catalog.index.lessons import LessonFound
from chalicelib.catalog.index.shelves import Shelved
from chalicelib.table.record import said_shortly


class Reader(NamedTuple):
    id: str
    is_admin: bool = False


def courses(found: Found, reader: Reader, fields: Sequence[str] = ()) -> list[str]:
    whole = [_course(each, reader) for each in found.results]
    return [_narrowed(each, fields) for each in whole] if fields else whole


def _course(shelved: Shelved, reader: Reader) -> str:
    access, reason = _opened(reader, shelved.instructor, shelved.access, shelved.reason)
    return f'{shelved.card[:-1]},"access":"{access}","reason_code":"{reason}"}}'


def _narrowed(row: str, fields: Iterable[str]) -> str:
    said = json.loads(row)
    return json.dumps({name: said[name] for name in dict.fromkeys(fields)}, separators=(",", ":"), ensure_ascii=False)


def lessons(found: Found, reader: Reader, now: str) -> list[str]:
    return [_lesson(each, reader, now) for each in found.results]


def _lesson(lesson: LessonFound, reader: Reader, now: str) -> str:
    opened = lesson.unlocks_at is not None and lesson.unlocks_at <= now
    access, reason = ("full", "free") if opened else (lesson.access, lesson.reason)
    access, reason = _opened(reader, lesson.instructor_id, access, reason)
    said = {
        "id": lesson.id,
        "title": lesson.title,
        "kind": lesson.kind,
        "minutes": lesson.minutes,
        "preview": lesson.preview,
        "kg_class": lesson.kg_class,
        "course_id": lesson.course_id,
        "course": lesson.course_id,
        "course_title": lesson.course_title,
        "instructor_id": lesson.instructor_id,
        "owner": lesson.instructor_id,
        "is_published": lesson.status == "published",
        "access": access,
        "reason_code": reason,
        "unlocks_at": None if access == "full" else said_shortly(lesson.unlocks_at),
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def _opened(reader: Reader, instructor: str, access: str, reason: str) -> tuple[str, str]:
    if reader.id == instructor:
        return "full", "owner"
    return ("full", "admin") if reader.is_admin else (access, reason)


def facets(found: Found) -> list[tuple[str, str]]:
    """As further members of the envelope."""
    return [] if found.facets is None else [("facets", json.dumps(found.facets, separators=(",", ":")))]
