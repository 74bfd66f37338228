"""Sections, the curriculum of a course as its author sees it, and its order."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import curricula
from chalicelib.catalog.courses import Edition
from chalicelib.catalog.curricula import Entry, Section
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.schemas.fields import LESSON, SECTION, LessonId, Position, SectionId, Title, also
from chalicelib.catalog.sections import Placed
from chalicelib.web.reading import In, Out


class SectionIn(In):
    """A section comes last, unless `position` names a place from 1."""

    model_config = ConfigDict(json_schema_extra=example(title="First steps"))

    title: Title
    position: Annotated[Position | None, also("position", "order")] = None


class SectionPatch(In):
    model_config = ConfigDict(json_schema_extra=example(title="First steps", position=1))

    title: Title | None = None
    position: Annotated[Position | None, also("position", "order")] = None


class SectionOut(Out):
    id: str
    course_id: str
    title: str
    position: int
    order: int
    lessons: int

    @classmethod
    def of(cls, result: Any) -> "SectionOut":
        placed: Placed = result
        section = placed.section
        return cls(
            id=section.id,
            course_id=placed.course_id,
            title=section.title,
            position=placed.position,
            order=placed.position,
            lessons=len(section.lessons),
        )


class SectionOrder(In):
    section_id: Annotated[SectionId, also("section_id", "id")]
    lessons: Annotated[list[LessonId], Field(max_length=curricula.MOST_LESSONS)]


class OrderIn(In):
    """`sections` names all sections and in each its lessons; `lessons` all lessons, which stay in their sections."""

    model_config = ConfigDict(json_schema_extra=example(lessons=[LESSON]))

    sections: Annotated[list[SectionOrder], Field(max_length=curricula.MOST_SECTIONS)] | None = None
    lessons: Annotated[list[LessonId], Field(max_length=curricula.MOST_LESSONS)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "OrderIn":
        if (self.sections is None) == (self.lessons is None):
            raise ValueError("send sections or lessons")
        return self

    def arrangement(self) -> list[tuple[str, list[str]]] | None:
        return None if self.sections is None else [(each.section_id, each.lessons) for each in self.sections]


class SectionOrderOut(Out):
    section_id: str
    lessons: list[str]


class OrderOut(Out):
    """The order as it is now."""

    course_id: str
    sections: list[SectionOrderOut]

    @classmethod
    def of(cls, result: Any) -> "OrderOut":
        edition: Edition = result
        id = edition.course.id
        return cls(
            course_id=id,
            sections=[
                SectionOrderOut(section_id=each.id, lessons=[lesson_of(id, entry.ordinal) for entry in each.lessons])
                for each in edition.plan
            ],
        )


class EntryOut(Out):
    """A lesson as the curriculum lists it."""

    id: str
    position: int
    order: int
    title: str
    kind: str
    minutes: int
    preview: bool
    kg_class: str | None
    after_days: int | None
    opens_at: datetime | None


class CurriculumSectionOut(Out):
    id: str
    title: str
    position: int
    lessons: list[EntryOut]


class CurriculumOut(Out):
    """Sections and lessons of a course in their order, as its author sees them."""

    model_config = ConfigDict(
        json_schema_extra=example(
            course_id="crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F",
            status="draft",
            lessons=1,
            minutes=5,
            sections=[
                {
                    "id": SECTION,
                    "title": "First steps",
                    "position": 1,
                    "lessons": [
                        {
                            "id": LESSON,
                            "position": 1,
                            "order": 1,
                            "title": "Counting to ten",
                            "kind": "text",
                            "minutes": 5,
                            "preview": False,
                            "kg_class": None,
                            "after_days": None,
                            "opens_at": None,
                        }
                    ],
                }
            ],
        )
    )

    course_id: str
    status: str
    lessons: int
    minutes: int
    sections: list[CurriculumSectionOut]

    @classmethod
    def of(cls, result: Any) -> "CurriculumOut":
        edition: Edition = result
        course, sections, before = edition.course, list[CurriculumSectionOut](), 0
        for place, section in enumerate(edition.plan, 1):
            sections.append(_section(course.id, section, place, before))
            before += len(section.lessons)
        return cls(
            course_id=course.id,
            status=course.status,
            lessons=int(course.lessons),
            minutes=int(course.minutes),
            sections=sections,
        )


def _section(course_id: str, section: Section, place: int, before: int) -> CurriculumSectionOut:
    lessons = [_entry(course_id, entry, at, before + at) for at, entry in enumerate(section.lessons, 1)]
    return CurriculumSectionOut(id=section.id, title=section.title, position=place, lessons=lessons)


def _entry(course_id: str, entry: Entry, position: int, order: int) -> EntryOut:
    return EntryOut(
        id=lesson_of(course_id, entry.ordinal),
        position=position,
        order=order,
        title=entry.title,
        kind=entry.kind,
        minutes=entry.minutes,
        preview=entry.preview,
        kg_class=entry.kg_class,
        after_days=entry.after_days,
        opens_at=entry.opens_at,
    )
