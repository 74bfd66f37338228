"""What a lesson consists of: its item, what a course lists of it, and how an author gets to see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.catalog.courses import Outdated
from chalicelib.catalog.curricula import Entry
from chalicelib.catalog.records import Lesson
from chalicelib.errors import Forbidden, NotFound, invalid
from chalicelib.table import keys
from chalicelib.table.acts import Act

#: What a course lists of a lesson: the item's name for it, and the entry's.
LISTED = {
    "title": "title",
    "what": "kind",
    "minutes": "minutes",
    "preview": "preview",
    "kg_class": "kg_class",
    "after_days": "after_days",
    "opens_at": "opens_at",
}
#: Where it stands: bodies say it, the curriculum keeps it.
PLACE = frozenset({"section_id", "position", "order"})


class LessonUnknown(NotFound):
    """There is no such lesson."""


class LessonNotYours(Forbidden):
    """Only its instructor and administrators change this lesson."""


class LessonChanged(Outdated):
    """The lesson has changed since you read it; read it again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A lesson with its section, its place there and in the whole course, from 1; none of it where it stands alone."""

    lesson: Lesson
    is_published: bool
    section_id: str | None = None
    position: int | None = None
    order: int | None = None

    @property
    def ver(self) -> int:
        return int(self.lesson.ver)


def made(act: Act, id: str, instructor_id: str, wishes: Mapping[str, Any]) -> Lesson:
    said = words_of(wishes)
    times = {"created_at": act.now, "updated_at": act.now}
    lesson: Lesson = Lesson.under(keys.lesson(id), id=id, ver=1, instructor_id=instructor_id, **times, **said)
    return lesson


def entry_of(lesson: Lesson) -> Entry:
    said = {entry: getattr(lesson, item) for item, entry in LISTED.items()}
    numbers = {name: None if said[name] is None else int(said[name]) for name in ("minutes", "after_days")}
    return Entry(ordinal=ordinal_of(lesson), **{**said, **numbers})


def ordinal_of(lesson: Lesson) -> int:
    """0 for one that stands alone, which is nobody's number."""
    return int(lesson.ordinal or 0)


def changes_of(lesson: Lesson, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """What of the wishes differs from the lesson as it is."""
    if wishes.get("course_id", lesson.course_id) != lesson.course_id:
        raise invalid("course_id", "fixed", "A lesson stays where it was made; make a new one in the other course.")
    return {name: value for name, value in words_of(wishes).items() if getattr(lesson, name) != value}


def words_of(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """What the lesson itself keeps of a wish."""
    unsaid = PLACE if wishes.get("is_published") is not None else PLACE | {"is_published"}
    return {name: value for name, value in wishes.items() if name not in unsaid}


def require_version(lesson: Lesson, expected: int | None) -> None:
    if expected is not None and int(lesson.ver) != expected:
        raise LessonChanged
