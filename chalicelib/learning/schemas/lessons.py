"""A lesson as its readers see it, and the lessons of a course."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib.learning.reading import LessonPage
from chalicelib.web.reading import CursorPaged, Out


class AccessFields(Out):
    """Whether something is open to the one who asks, and if not, why, until when, and what to do before."""

    access: Annotated[str, Field(description="full, preview or locked")]
    reason_code: str
    unlocks_at: datetime | None
    missing: list[str]


class PlaybackOut(Out):
    url: str
    expires_at: datetime


class LessonPageOut(AccessFields):
    """`content`, `media_url` and `playback` are null where `access` is `locked`."""

    id: str
    course_id: str | None
    course: str | None
    instructor_id: str
    owner: str
    title: str
    kind: str
    order: int | None
    minutes: int
    preview: bool
    kg_class: str | None
    is_published: bool
    content: str | None
    media_id: str | None
    media_url: str | None
    playback: PlaybackOut | None
    is_completed: bool
    previous_lesson_id: str | None
    next_lesson_id: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, result: Any) -> "LessonPageOut":
        page: LessonPage = result
        lesson, access = page.lesson, page.access
        return cls(
            id=lesson.id,
            course_id=lesson.course_id,
            course=lesson.course_id,
            instructor_id=lesson.instructor_id,
            owner=lesson.instructor_id,
            title=lesson.title,
            kind=lesson.what,
            order=page.order,
            minutes=int(lesson.minutes),
            preview=bool(lesson.preview),
            kg_class=lesson.kg_class,
            is_published=page.is_published,
            content=lesson.content if access.is_open else None,
            media_id=lesson.media_id if access.is_open else None,
            media_url=lesson.media_url if access.is_open else None,
            playback=_playback(page),
            is_completed=page.is_completed,
            previous_lesson_id=page.previous,
            next_lesson_id=page.next,
            created_at=lesson.created_at,
            updated_at=lesson.updated_at,
            access=access.access,
            reason_code=access.reason,
            unlocks_at=access.unlocks_at,
            missing=list(access.missing),
        )


def _playback(page: LessonPage) -> PlaybackOut | None:
    link = page.playback
    return None if link is None else PlaybackOut(url=link.url, expires_at=link.expires_at)


class CourseLessonOut(AccessFields):
    """A lesson as a course lists it."""

    id: str
    title: str
    kind: str
    minutes: int
    preview: bool
    is_completed: bool = False


class ListedLessonOut(CourseLessonOut):
    """The same by itself, with its section and its number in the whole course."""

    course_id: str
    section_id: str
    section: str
    order: int

    @classmethod
    def of(cls, result: Any) -> "ListedLessonOut":
        return cls(**result)


class CourseLessonsQuery(CursorPaged):
    page_size: Annotated[int, Field(ge=1, description="At most 100; more is read as 100.")] = 100
