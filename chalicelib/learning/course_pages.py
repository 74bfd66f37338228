"""The page of a course as one person sees it: what it says to everybody, and for every lesson whether it is open.

Pure. The catalogue has the page for strangers, in the same shape; `course_reading.py` asks for particular people.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import place_of
from chalicelib.catalog.index import cards
from chalicelib.catalog.index.cards import About
from chalicelib.learning import completion, release
from chalicelib.learning.access import Access
from chalicelib.learning.release import Case
from chalicelib.table.record import moment_said

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CoursePage:
    """`ver` is that of the course, where the page shows its very last state."""

    document: Document
    ver: int | None = None

    def text(self) -> str:
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)


def for_all(about: About, now: datetime) -> Document:
    """What the catalogue says, or would say, of a course."""
    said: Document = json.loads(cards.of_course(about, now)["page"])
    return said


def personal(said: Document, case: Case) -> Document:
    """The same for somebody in particular. A lesson that is gone meanwhile is left out."""
    sections = [{**each, "lessons": list(_lessons(each["lessons"], case))} for each in said["sections"]]
    return {**said, **fields(case.course()), "sections": sections, "enrollment": _enrollment(case)}


def _lessons(said: list[Document], case: Case) -> Iterator[Document]:
    done = case.enrollment.done if case.enrollment else b"\0"
    for each in said:
        place = place_of(each["id"])
        ordinal = place.ordinal if place and place.ordinal else 0
        access = case.lesson(ordinal)
        if not access.is_hidden:
            yield {**each, **fields(access), "is_completed": bitmaps.has(done, ordinal)}


def fields(access: Access) -> Document:
    """An access as answers say it."""
    return {
        "access": access.access,
        "reason_code": access.reason,
        "unlocks_at": _text(access.unlocks_at),
        "missing": list(access.missing),
    }


def _enrollment(case: Case) -> Document | None:
    enrollment = case.enrollment
    if enrollment is None:
        return None
    how_far = completion.of(enrollment)
    return {
        "id": enrollment.id,
        "status": enrollment.status,
        "enrolled_at": _text(enrollment.enrolled_at),
        "completed_at": _text(enrollment.completed_at),
        "total_lessons": how_far.total,
        "completed_lessons": how_far.completed,
        "completion_percentage": float(how_far.percentage),
        "is_completed": how_far.is_completed,
        "unlocked": bool(enrollment.unlocked),
        "access_ends_at": _text(release.access_end(case.gate, enrollment)),
    }


def _text(moment: datetime | None) -> str | None:
    return moment_said(moment) if moment else None


def listed(document: Document) -> list[Document]:
    """All lessons of a page in their order, each with its section and its number in the course."""
    in_order = ((section, lesson) for section in document["sections"] for lesson in section["lessons"])
    return [
        {
            **lesson,
            "course_id": document["id"],
            "section_id": section["id"],
            "section": section["title"],
            "order": order,
        }
        for order, (section, lesson) in enumerate(in_order, 1)
    ]
