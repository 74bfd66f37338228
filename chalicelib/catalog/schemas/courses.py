"""Courses: what their authors say of them, and how they see them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import Language, MediaAddress, example
from chalicelib.catalog import money
from chalicelib.catalog.records import Course
from chalicelib.catalog.schemas.fields import (
    CATEGORY,
    COURSE,
    PERSON,
    CategoryId,
    Courses,
    Currency,
    Description,
    Level,
    Lines,
    Price,
    PriceMinor,
    Slug,
    Status,
    Title,
    Whole,
    also,
    minor,
)
from chalicelib.web.reading import Flag, In, Line, Out

#: What a body says in two ways, and the record in one.
_TWOFOLD = frozenset({"price"})
#: What stays as it is where a whole course is sent without it.
_KEPT = frozenset({"slug", "status", "is_published"})


class CoursePatch(In):
    """Only the fields that are sent are changed; `null` clears what may be empty.

    A price is `price` ("19.99") or `price_minor` (1999). `is_published` is another way to set the status.
    """

    model_config = ConfigDict(json_schema_extra=example(subtitle="From one to ten", price="19.99"))

    title: Title = ""
    slug: Slug = ""
    subtitle: Annotated[Line, Field(max_length=200)] = ""
    description: Description = ""
    outcomes: Annotated[Lines, also("outcomes", "what_you_learn")] = Field(default_factory=list)
    requirements: Lines = Field(default_factory=list)
    level: Level = "all"
    language: Language = "en"
    category_id: Annotated[CategoryId | None, also("category_id", "category")] = None
    price: Price = "0"
    price_minor: PriceMinor = 0
    currency: Currency = "USD"
    cover_url: MediaAddress | None = None
    capacity: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = None
    forced_order: Flag = False
    prerequisites: Courses = Field(default_factory=list)
    access_days: Annotated[Whole, Field(ge=1, le=3650)] | None = None
    certified: Flag = True
    certificate_days: Annotated[Whole, Field(ge=1, le=36500)] | None = None
    status: Status = "draft"
    is_published: Flag = False

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> "CoursePatch":
        if {"price", "price_minor"} <= self.model_fields_set and minor(self.price) != self.price_minor:
            raise ValueError("price and price_minor say different things")
        if {"status", "is_published"} <= self.model_fields_set and self.is_published != (self.status == "published"):
            raise ValueError("status and is_published say different things")
        return self

    def wishes(self) -> dict[str, Any]:
        """By the record's names."""
        return self._said(self.model_fields_set)

    def _said(self, names: frozenset[str] | set[str]) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in names if name not in _TWOFOLD}
        if "price" in self.model_fields_set:
            said["price_minor"] = minor(self.price)
        return said


class CourseIn(CoursePatch):
    """A new course is a draft. Without a `slug` it gets one from its title."""

    model_config = ConfigDict(
        json_schema_extra=example(
            title="Counting with animals",
            subtitle="Numbers from one to ten",
            description="We count what flies, swims and crawls.",
            outcomes=["Count to ten", "Tell more from less"],
            level="beginner",
            language="en",
            price="19.99",
        )
    )

    title: Title


class CoursePut(CourseIn):
    """The whole course: what is left out becomes empty, except slug and status, which stay."""

    def wishes(self) -> dict[str, Any]:
        return self._said(set(type(self).model_fields) - (_KEPT - self.model_fields_set))


class MoneyOut(Out):
    amount_minor: int
    currency: str


class CourseOut(Out):
    """A course as its author sees it."""

    model_config = ConfigDict(
        json_schema_extra=example(
            id=COURSE,
            title="Counting with animals",
            slug="counting-with-animals",
            subtitle="Numbers from one to ten",
            description="We count what flies, swims and crawls.",
            outcomes=["Count to ten"],
            requirements=[],
            level="beginner",
            language="en",
            category_id=CATEGORY,
            price="19.99",
            price_minor=1999,
            currency="USD",
            money={"amount_minor": 1999, "currency": "USD"},
            cover_url=None,
            capacity=None,
            forced_order=False,
            prerequisites=[],
            access_days=None,
            certified=True,
            certificate_days=None,
            status="draft",
            is_published=False,
            published_at=None,
            instructor_id=PERSON,
            owner=PERSON,
            lessons=0,
            minutes=0,
            created_at="2026-11-21T08:00:00Z",
            updated_at="2026-11-21T08:00:00Z",
        )
    )

    id: str
    title: str
    slug: str
    subtitle: str
    description: str
    outcomes: list[str]
    requirements: list[str]
    level: str
    language: str
    category_id: str | None
    price: str
    price_minor: int
    currency: str
    money: MoneyOut
    cover_url: str | None
    capacity: int | None
    forced_order: bool
    prerequisites: list[str]
    access_days: int | None
    certified: bool
    certificate_days: int | None
    status: str
    is_published: bool
    published_at: datetime | None
    instructor_id: str
    owner: str
    lessons: int
    minutes: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, result: Any) -> "CourseOut":
        course: Course = result
        return cls(
            id=course.id,
            title=course.title,
            slug=course.slug,
            subtitle=course.subtitle,
            description=course.description,
            outcomes=list(course.outcomes),
            requirements=list(course.requirements),
            level=course.level,
            language=course.language,
            category_id=course.category_id,
            **money.told(int(course.price_minor), course.currency),
            cover_url=course.cover_url,
            capacity=_number(course.capacity),
            forced_order=course.forced_order,
            prerequisites=list(course.prerequisites),
            access_days=_number(course.access_days),
            certified=course.certified,
            certificate_days=_number(course.certificate_days),
            status=course.status,
            is_published=course.is_published,
            published_at=course.published_at,
            instructor_id=course.instructor_id,
            owner=course.instructor_id,
            lessons=int(course.lessons),
            minutes=int(course.minutes),
            created_at=course.created_at,
            updated_at=course.updated_at,
        )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
