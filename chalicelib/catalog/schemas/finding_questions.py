"""Lists of courses and lessons: what may be asked. `finding_answers` says what a row says."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from chalicelib.catalog.index.asking import Query
from chalicelib.catalog.index.columns import Order
from chalicelib.catalog.index.lessons import LessonQuery
from chalicelib.catalog.index.words import LONGEST
from chalicelib.catalog.schemas.fields import (
    KgClass,
    Level,
    Listed,
    Status,
    also,
    amount,
    both_ways,
    one_of,
)
from chalicelib.catalog.schemas.finding_answers import CourseCardOut
from chalicelib.errors import FieldError
from chalicelib.web.reading import FieldsInvalid, In, Line, Paged

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


SORT_WORDS, CARD_FIELDS = both_ways(SORTS), list(CourseCardOut.model_fields)
SortWord = Annotated[str, AfterValidator(one_of(SORT_WORDS)), WithJsonSchema({"type": "string", "enum": SORT_WORDS})]
CardField = Annotated[str, AfterValidator(one_of(CARD_FIELDS)), WithJsonSchema({"type": "string", "enum": CARD_FIELDS})]
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
    sort: Annotated[list[SortWord], also("sort", "ordering"), Listed] = Field(default_factory=list)
    facets: bool = False
    fields: Annotated[list[CardField], Listed] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> "CourseQuery":
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise FieldsInvalid(errors=[FieldError("min_price", "above_max_price", "Must not be more than max_price.")])
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
