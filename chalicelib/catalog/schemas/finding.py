"""Lists of courses and lessons: what may be asked, and what a row says."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog.index.asking import Query
from chalicelib.catalog.index.columns import Order
from chalicelib.catalog.index.lessons import LessonQuery
from chalicelib.catalog.index.words import LONGEST
from chalicelib.catalog.schemas.courses import MoneyOut
from chalicelib.catalog.schemas.fields import (
    CATEGORY,
    COURSE,
    LESSON,
    PERSON,
    KgClass,
    Level,
    Listed,
    Status,
    also,
    amount,
)
from chalicelib.web.reading import In, Line, Out, Paged

#: By what a list may be sorted -> the column.
SORTS = {
    "title": "title",
    "price": "price",
    "rating": "rating",
    "students": "students",
    "minutes": "minutes",
    "lessons": "lessons",
    "published_at": "published",
    "created_at": "created",
}
LARGEST_PAGE_NUMBER = 100_000
Scope = Literal["published", "own", "all"]


def _sortable(words: list[str]) -> list[str]:
    for word in words:
        if word.removeprefix("-") not in SORTS:
            raise ValueError(f"knows {', '.join(SORTS)}, each with a minus for the other direction")
    return words


def _card_fields(names: list[str]) -> list[str]:
    if not CourseCardOut.model_fields.keys() >= set(names):
        raise ValueError("must name fields of a course as a list shows it")
    return names


Name = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9_-]*$")]
Typed = Annotated[
    Line, Field(max_length=LONGEST, description="Words, beginnings of words; small mistakes are forgiven.")
]
Money = Annotated[
    Decimal, BeforeValidator(amount), WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}(\.\d{1,2})?$"})
]


class Numbered(Paged):
    """The query of a list by page numbers."""

    page: Annotated[int, Field(ge=1, le=LARGEST_PAGE_NUMBER)] = 1

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size


class CourseQuery(Numbered):
    """`category` is an id or a slug and includes the categories on it; `level`, `language` take several, with commas.

    `scope` is `published`, `own` or `all`. Those who teach see published and own courses unless they say otherwise,
    administrators all: of what is not published the newest 200 of `instructor`.
    """

    q: Annotated[Typed, also("q", "search")] = ""
    category: Annotated[Name, also("category", "category_id")] = ""
    level: Annotated[list[Level], Listed, Field(max_length=4)] = Field(default_factory=list)
    language: Annotated[list[Name], Listed, Field(max_length=20)] = Field(default_factory=list)
    min_price: Money | None = None
    max_price: Money | None = None
    min_rating: Annotated[float, Field(ge=0, le=5)] | None = None
    free: bool | None = None
    instructor: Annotated[Name, also("instructor", "instructor_id", "owner")] = ""
    status: Status | None = None
    scope: Scope | None = None
    sort: Annotated[list[str], also("sort", "ordering"), Listed] = Field(default_factory=list)
    facets: bool = False
    fields: Annotated[list[str], Listed] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> "CourseQuery":
        _sortable(self.sort)
        _card_fields(self.fields)
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise ValueError("min_price is more than max_price")
        return self

    def asked(self) -> Query:
        return Query(
            text=self.q,
            category=self.category,
            level=tuple(self.level),
            language=tuple(self.language),
            min_price=_minor(self.min_price),
            max_price=_minor(self.max_price),
            min_rating=self.min_rating,
            free=self.free,
            instructor=self.instructor,
            status=self.status or "",
            order=_order(self.sort),
            facets=self.facets,
            first=self.first,
            size=self.size,
        )


class RelatedQuery(In):
    page_size: Annotated[int, Field(ge=1, le=20)] = 6


class LessonsQuery(Numbered):
    """`scope=own` shows those who teach all their lessons, drafts included."""

    q: Annotated[Typed, also("q", "search")] = ""
    course: Annotated[Name, also("course", "course_id")] = ""
    kg_class: KgClass | None = None
    scope: Literal["published", "own"] | None = None

    def asked(self) -> LessonQuery:
        return LessonQuery(self.q, self.course, self.kg_class or "", self.first, self.size)


def _minor(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


def _order(words: Iterable[str]) -> Order | None:
    return tuple((SORTS[word.removeprefix("-")], word.startswith("-")) for word in words) or None


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
