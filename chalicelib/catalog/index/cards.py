"""What a course says to everybody: in lists (a card), on its page, and which of its words can be searched.

Pure: from records to an `Entry`, which the worker writes into the catalogue. A course's author gets the same shapes.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.catalog import money
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.index import openness
from chalicelib.catalog.records import Course, Curriculum, Lesson, Tally
from chalicelib.table.record import moment_said, moment_text, said_shortly

Document = dict[str, Any]
#: A thing of the catalogue as it travels: plain JSON, made by the worker, put into the file by `shelves`.
Entry = Document
#: So much of a long description can be searched, and so many titles of lessons.
SEARCHED, TITLES = 4000, 300
#: What a list of lessons says of each.
LISTED = "ordinal title kind minutes preview kg_class access reason_code unlocks_at".split()
PUBLISHED, CLOSED, GONE = "published", "closed", "gone"


class About(NamedTuple):
    """All that is known of a course."""

    course: Course
    curriculum: Curriculum | None = None
    tally: Tally | None = None
    instructor: str = ""
    #: Anything with the id, title and slug of a category.
    category: Any = None
    #: Whether its author is somebody who may offer it: not suspended, not erased.
    offered: bool = True


def of_course(about: About, now: datetime) -> Entry:
    course = about.course
    if course.deleted_at is not None:
        return gone(course.id)
    lessons = _lessons(about, now)
    judged = openness.of_course(course, lessons)
    shown = {**card(about), "access": judged.access, "reason_code": judged.reason, "unlocks_at": None, "missing": []}
    return {
        "id": course.id,
        "what": "course",
        "state": PUBLISHED if course.is_published and about.offered else CLOSED,
        "facts": _facts(about),
        "card": _text(card(about)),
        "access": judged.access,
        "reason": judged.reason,
        "page": _text({**shown, **_page(about, lessons)}),
        "until": _until(about, now),
        "words": _words(about, lessons),
        "lessons": [[each[name] for name in LISTED] for each in lessons],
    }


def of_lesson(lesson: Lesson, *, offered: bool = True) -> Entry:
    """Of one that stands for itself."""
    if lesson.deleted_at is not None:
        return gone(lesson.id)
    said = [
        0,
        lesson.title,
        lesson.what,
        int(lesson.minutes),
        bool(lesson.preview),
        lesson.kg_class,
        "full",
        "free",
        None,
    ]
    return {
        "id": lesson.id,
        "what": "lesson",
        "state": PUBLISHED if lesson.is_published and offered else CLOSED,
        "facts": {"instructor": lesson.instructor_id, "title": lesson.title, "updated": _order_of(lesson.updated_at)},
        "lessons": [said],
    }


def gone(id: str) -> Entry:
    return {"id": id, "state": GONE}


def card(about: About) -> Document:
    """What a list says of a course, but for how open it is to whoever asks."""
    course, tally = about.course, about.tally
    return {
        "id": course.id,
        "slug": course.slug,
        "title": course.title,
        "subtitle": course.subtitle,
        "instructor": {"id": course.instructor_id, "name": about.instructor},
        "instructor_id": course.instructor_id,
        "owner": course.instructor_id,
        "category": _category(about.category),
        "level": course.level,
        "language": course.language,
        **money.told(int(course.price_minor), course.currency),
        "cover_url": course.cover_url,
        "lessons": int(course.lessons),
        "minutes": int(course.minutes),
        "students": int(tally.students) if tally else 0,
        "rating": rating(tally),
        "ratings": int(tally.rating_count) if tally else 0,
        "status": course.status,
        "is_published": course.is_published,
        "published_at": _said(course.published_at),
        "created_at": _said(course.created_at),
        "updated_at": _said(course.updated_at),
    }


def rating(tally: Tally | None) -> float | None:
    """Stars with two decimals; none before the first."""
    return round(float(tally.rating_sum) / float(tally.rating_count), 2) if tally and tally.rating_count else None


def _page(about: About, lessons: list[Document]) -> Document:
    course = about.course
    by_ordinal = {each["ordinal"]: each for each in lessons}
    return {
        "description": course.description,
        "outcomes": list(course.outcomes),
        "requirements": list(course.requirements),
        "capacity": None if course.capacity is None else int(course.capacity),
        "forced_order": bool(course.forced_order),
        "prerequisites": list(course.prerequisites),
        "access_days": None if course.access_days is None else int(course.access_days),
        "certified": bool(course.certified),
        "sections": [
            {
                "id": section["id"],
                "title": section["title"],
                "lessons": [_on_page(by_ordinal[int(each["ordinal"])]) for each in section["lessons"]],
            }
            for section in _sections(about)
        ],
    }


def _on_page(lesson: Document) -> Document:
    shown = {name: value for name, value in lesson.items() if name not in ("ordinal", "kg_class")}
    return {**shown, "unlocks_at": said_shortly(lesson["unlocks_at"])}


def _sections(about: About) -> list[Document]:
    return list(about.curriculum.sections) if about.curriculum else []


def _lessons(about: About, now: datetime) -> list[Document]:
    return [
        _lesson(about.course, each, now)
        for section in _sections(about)
        for each in section["lessons"]
    ]  # fmt: skip


def _lesson(course: Course, said: Document, now: datetime) -> Document:
    judged = openness.of_lesson(course, said, now)
    return {
        "id": lesson_of(course.id, int(said["ordinal"])),
        "ordinal": int(said["ordinal"]),
        "title": said["title"],
        "kind": said.get("kind", "text"),
        "minutes": int(said.get("minutes") or 0),
        "preview": bool(said.get("preview")),
        "access": judged.access,
        "reason_code": judged.reason,
        # As long as every other, because lists compare it with the present moment.
        "unlocks_at": moment_text(judged.until) if judged.until else None,
        "missing": [],
        "kg_class": said.get("kg_class"),
    }


def _facts(about: About) -> Document:
    """By what it is filtered and sorted."""
    course, tally = about.course, about.tally
    return {
        "slug": course.slug,
        "title": course.title,
        "status": course.status,
        "category": course.category_id,
        "level": course.level,
        "language": course.language,
        "instructor": course.instructor_id,
        "price": int(course.price_minor),
        "rating": round((rating(tally) or 0) * 100),
        "students": int(tally.students) if tally else 0,
        "minutes": int(course.minutes),
        "lessons": int(course.lessons),
        "published": _order_of(course.published_at),
        "created": _order_of(course.created_at),
        "updated": _order_of(course.updated_at),
    }


def _until(about: About, now: datetime) -> float | None:
    """When the page says something else by itself: at the next date of a lesson."""
    dates = (each["opens_at"] for section in _sections(about) for each in section["lessons"] if each.get("opens_at"))
    return min(
        (moment for date in dates if (moment := datetime.fromisoformat(date).timestamp()) > now.timestamp()),
        default=None,
    )


def _words(about: About, lessons: list[Document]) -> list[str]:
    """In the order of the columns of the search: title, about, description, lessons, instructor, category."""
    course = about.course
    return [
        course.title,
        " ".join([course.subtitle, *course.outcomes]),
        course.description[:SEARCHED],
        " ".join(each["title"] for each in lessons[:TITLES]),
        about.instructor,
        about.category.title if about.category else "",
    ]


def _category(category: Any) -> Document | None:
    return {"id": category.id, "title": category.title, "slug": category.slug} if category else None


def _said(moment: datetime | None) -> str | None:
    return moment_said(moment) if moment else None


def _order_of(moment: datetime | None) -> int:
    """Microseconds: two courses of one second have an order too."""
    return round(moment.timestamp() * 1_000_000) if moment else 0


def _text(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def etag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
