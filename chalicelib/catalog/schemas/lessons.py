"""Lessons: what their authors say of them, and how they see them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import MediaAddress, example
from chalicelib.catalog.lesson_items import Shown
from chalicelib.catalog.records import Lesson
from chalicelib.catalog.schemas.fields import (
    COURSE,
    LESSON,
    PERSON,
    SECTION,
    CourseId,
    KgClass,
    Kind,
    MediaId,
    Moment,
    Position,
    SectionId,
    Title,
    Whole,
    also,
)
from chalicelib.web.reading import Flag, In, Out, Text

#: So much that with every letter at its widest a lesson still fits into an item of the table, and into its answer.
LONGEST = 60_000
#: Bodies call it kind, which to a record is what kind of record it is.
_RENAMED = {"kind": "what"}
#: Where it stands and whether it is seen: what stays as it is where a whole lesson is sent without it.
_KEPT = frozenset({"course_id", "section_id", "position", "order", "is_published"})


class LessonFields(In):
    """What a lesson is made of, wherever it stands."""

    title: Title = ""
    kind: Kind = "text"
    content: Annotated[Text, Field(max_length=LONGEST)] = ""
    media_id: MediaId | None = None
    media_url: MediaAddress | None = None
    minutes: Annotated[Annotated[Whole, Field(ge=0, le=1440)], also("minutes", "duration_minutes")] = 0
    preview: Annotated[Flag, also("preview", "is_preview")] = False
    kg_class: KgClass | None = None
    after_days: Annotated[Whole, Field(ge=1, le=3650)] | None = None
    opens_at: Moment | None = None

    def wishes(self) -> dict[str, Any]:
        """By the record's names."""
        return self._said(self.model_fields_set)

    def _said(self, names: set[str]) -> dict[str, Any]:
        return {_RENAMED.get(name, name): getattr(self, name) for name in names}


class LessonPatch(LessonFields):
    """Only the fields that are sent are changed; `null` clears what may be empty.

    `position` is the place in the section, `order` the place in the whole course, both from 1.
    """

    model_config = ConfigDict(json_schema_extra=example(title="Counting to twenty", minutes=7))

    course_id: Annotated[CourseId | None, also("course_id", "course")] = None
    section_id: Annotated[SectionId | None, also("section_id", "section")] = None
    position: Position | None = None
    order: Position | None = None
    is_published: Annotated[Flag, Field(description="Only of a lesson without a course.")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "LessonPatch":
        if self.position is not None and self.order is not None:
            raise ValueError("send position or order, not both")
        return self


class LessonIn(LessonPatch):
    """With `course_id` a lesson of that course, in its last section unless another is named; else one that stands by
    itself and names a `kg_class`.
    """

    model_config = ConfigDict(
        json_schema_extra=example(title="Counting to ten", content="One, two, three.", minutes=5, kg_class="KG2")
    )

    title: Title

    @model_validator(mode="after")
    def _somewhere(self) -> "LessonIn":
        if self.course_id is None and self.kg_class is None:
            raise ValueError("send course_id, kg_class, or both")
        return self


class LessonPut(LessonPatch):
    """The whole lesson: what is left out becomes empty, except its place and whether it is published, which stay."""

    model_config = ConfigDict(json_schema_extra=example(title="Counting to ten", content="One, two, three."))

    title: Title

    def wishes(self) -> dict[str, Any]:
        return self._said(set(type(self).model_fields) - (_KEPT - self.model_fields_set))


class BulkLesson(LessonFields):
    title: Title
    order: Annotated[
        Position | None,
        also("order", "position"),
        Field(description="Sorts these lessons among one another; without it they come as they are sent."),
    ] = None

    def wishes(self) -> dict[str, Any]:
        return self._said(self.model_fields_set - {"order"})


class LessonsIn(In):
    """Up to 100 lessons of one course, in their order: all of them are made, or none. The body may have 1 MB."""

    model_config = ConfigDict(
        json_schema_extra=example(
            course_id=COURSE,
            lessons=[{"title": "Birds", "content": "Two wings."}, {"title": "Fish", "content": "No wings."}],
        )
    )

    course_id: Annotated[CourseId, also("course_id", "course")]
    section_id: Annotated[SectionId | None, also("section_id", "section")] = None
    lessons: Annotated[list[BulkLesson], Field(min_length=1, max_length=100)]

    def each(self) -> list[dict[str, Any]]:
        return [lesson.wishes() for lesson in sorted(self.lessons, key=lambda each: each.order or 0)]


class LessonHead(Out):
    """A lesson without its words."""

    id: str
    course_id: str | None
    course: str | None
    section_id: str | None
    position: int | None
    order: int | None
    title: str
    kind: str
    media_id: str | None
    media_url: str | None
    minutes: int
    preview: bool
    kg_class: str | None
    after_days: int | None
    opens_at: datetime | None
    is_published: bool
    instructor_id: str
    owner: str
    created_at: datetime
    updated_at: datetime


class LessonOut(LessonHead):
    """A lesson as its author sees it."""

    model_config = ConfigDict(
        json_schema_extra=example(
            id=LESSON,
            course_id=COURSE,
            course=COURSE,
            section_id=SECTION,
            position=2,
            order=2,
            title="Counting to ten",
            kind="text",
            content="One, two, three.",
            media_id=None,
            media_url=None,
            minutes=5,
            preview=False,
            kg_class=None,
            after_days=None,
            opens_at=None,
            is_published=False,
            instructor_id=PERSON,
            owner=PERSON,
            created_at="2026-11-21T08:00:00Z",
            updated_at="2026-11-21T08:00:00Z",
        )
    )

    content: str

    @classmethod
    def of(cls, result: Any) -> "LessonOut":
        shown: Shown = result
        return cls(**_head(shown), content=shown.lesson.content)


class LessonsOut(Out):
    """The lessons that were made, without their words."""

    course_id: str
    count: int
    lessons: list[LessonHead]

    @classmethod
    def of(cls, result: Any) -> "LessonsOut":
        made: list[Shown] = result
        lessons = [LessonHead(**_head(each)) for each in made]
        return cls(course_id=made[0].lesson.course_id or "", count=len(lessons), lessons=lessons)


def _head(shown: Shown) -> dict[str, Any]:
    lesson: Lesson = shown.lesson
    return {
        "id": lesson.id,
        "course_id": lesson.course_id,
        "course": lesson.course_id,
        "section_id": shown.section_id,
        "position": shown.position,
        "order": shown.order,
        "title": lesson.title,
        "kind": lesson.what,
        "media_id": lesson.media_id,
        "media_url": lesson.media_url,
        "minutes": int(lesson.minutes),
        "preview": lesson.preview,
        "kg_class": lesson.kg_class,
        "after_days": None if lesson.after_days is None else int(lesson.after_days),
        "opens_at": lesson.opens_at,
        "is_published": shown.is_published,
        "instructor_id": lesson.instructor_id,
        "owner": lesson.instructor_id,
        "created_at": lesson.created_at,
        "updated_at": lesson.updated_at,
    }
