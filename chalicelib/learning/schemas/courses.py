"""The page of a course. Its text comes from the catalogue or is made in its shape; these models say what is in it."""

from datetime import datetime

from chalicelib.catalog.index.reading import Page
from chalicelib.catalog.schemas.courses import MoneyOut
from chalicelib.learning.course_pages import CoursePage
from chalicelib.learning.schemas.lessons import AccessFields, CourseLessonOut
from chalicelib.web.reading import Out
from chalicelib.web.routes import Prepared, Reply


class TeacherOut(Out):
    id: str
    name: str


class CategoryOut(Out):
    id: str
    slug: str
    title: str


class SectionOut(Out):
    id: str
    title: str
    lessons: list[CourseLessonOut]


class OwnEnrollmentOut(Out):
    """Your enrollment, also one that was cancelled. `access_ends_at` is null where your time has no end."""

    id: str
    status: str
    enrolled_at: datetime
    completed_at: datetime | None
    total_lessons: int
    completed_lessons: int
    completion_percentage: float
    is_completed: bool
    unlocked: bool
    access_ends_at: datetime | None


class CoursePageOut(AccessFields):
    """A course. `enrollment`, and `is_completed` of its lessons, are there for those who have signed in."""

    id: str
    slug: str
    title: str
    subtitle: str
    description: str
    instructor: TeacherOut
    instructor_id: str
    owner: str
    category: CategoryOut | None
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
    created_at: datetime
    updated_at: datetime
    outcomes: list[str]
    requirements: list[str]
    capacity: int | None
    forced_order: bool
    prerequisites: list[str]
    access_days: int | None
    certified: bool
    sections: list[SectionOut]
    enrollment: OwnEnrollmentOut | None = None


def reply(page: CoursePage | Page) -> Reply:
    """The text of a page, which the catalogue has ready with its ETag."""
    if isinstance(page, CoursePage):
        return Reply(page, prepared=Prepared(page.text()))
    return Reply(prepared=Prepared(page.body, page.etag))
