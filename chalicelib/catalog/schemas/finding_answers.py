"""Lists of courses and lessons: what a row says. `finding_questions` says what may be asked."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.schemas.courses import MoneyOut
from chalicelib.catalog.schemas.fields import CATEGORY, COURSE, LESSON, PERSON
from chalicelib.web.reading import Out


class NamedOut(Out):
    id: str
    name: str


class ShelfOut(Out):
    id: str
    title: str
    slug: str


_CARD: Any = {
    "id": COURSE,
    "slug": "counting-with-animals",
    "title": "Counting with animals",
    "subtitle": "Numbers from one to ten",
    "instructor": {"id": PERSON, "name": "Meera Rao"},
    "instructor_id": PERSON,
    "owner": PERSON,
    "category": {"id": CATEGORY, "title": "Mathematics", "slug": "mathematics"},
    "level": "beginner",
    "language": "en",
    "price": "19.99",
    "price_minor": 1999,
    "currency": "USD",
    "money": {"amount_minor": 1999, "currency": "USD"},
    "cover_url": None,
    "lessons": 12,
    "minutes": 95,
    "students": 240,
    "rating": 4.5,
    "ratings": 18,
    "status": "published",
    "is_published": True,
    "published_at": "2026-11-21T08:00:00Z",
    "created_at": "2026-11-20T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z",
    "access": "preview",
    "reason_code": "payment_required",
}


class CourseCardOut(Out):
    """A course in a list. `access` is full, preview or locked, as a stranger finds it, and `reason_code` says why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CARD]})

    id: str
    slug: str
    title: str
    subtitle: str
    instructor: NamedOut
    instructor_id: str
    owner: str
    category: ShelfOut | None
    level: str
    language: str
    price: str
    price_minor: int
    currency: str
    money: MoneyOut
    cover_url: str | None
    lessons: int
    minutes: int
    students: int
    rating: float | None
    ratings: int
    status: str
    is_published: bool
    published_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    access: str
    reason_code: str


class FacetValueOut(Out):
    value: str
    count: int


class StarsOut(Out):
    """At least so many stars."""

    value: float
    count: int


class FacetShelfOut(FacetValueOut):
    slug: str
    title: str
    parent: str | None


class FacetsOut(Out):
    """How many courses each value would leave, all other filters kept; a facet ignores its own."""

    category: list[FacetShelfOut]
    level: list[FacetValueOut]
    language: list[FacetValueOut]
    price: list[FacetValueOut]
    rating: list[StarsOut]


class CourseListOut(Out):
    """`results` have all fields, or those that `fields` names; `facets` are there if asked for."""

    model_config = ConfigDict(json_schema_extra=example(count=1, next=None, previous=None, results=[_CARD]))

    count: int
    next: str | None
    previous: str | None
    results: list[CourseCardOut]
    facets: FacetsOut | None = None


class LessonRowOut(Out):
    """A lesson in a list: its title, never its words."""

    id: str
    title: str
    kind: str
    minutes: int
    preview: bool
    kg_class: str | None
    course_id: str | None
    course: str | None
    course_title: str | None
    instructor_id: str
    owner: str
    is_published: bool
    access: str
    reason_code: str
    unlocks_at: datetime | None


class LessonListOut(Out):
    model_config = ConfigDict(
        json_schema_extra=example(
            count=1,
            next=None,
            previous=None,
            results=[
                {
                    "id": LESSON,
                    "title": "Four ducks",
                    "kind": "video",
                    "minutes": 8,
                    "preview": True,
                    "kg_class": None,
                    "course_id": COURSE,
                    "course": COURSE,
                    "course_title": "Counting with animals",
                    "instructor_id": PERSON,
                    "owner": PERSON,
                    "is_published": True,
                    "access": "preview",
                    "reason_code": "preview",
                    "unlocks_at": None,
                }
            ],
        )
    )

    count: int
    next: str | None
    previous: str | None
    results: list[LessonRowOut]
