"""Up to a hundred lessons at once, all or none, though a transaction has room for a hundred writes and no more.

The words are laid down first, under ordinals that are taken beforehand and so belong to nobody else; one transaction
then lists all of them. A lesson exists when it is listed, so what was laid down and never listed is nothing, and
expires. What was listed must not: `laid_words.keep_words` follows from its fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import clock
from chalicelib.catalog import attachments, courses, listed_lessons
from chalicelib.catalog.courses import Edition
from chalicelib.catalog.curricula import LAST_ORDINAL, MOST_LESSONS, CourseFull
from chalicelib.catalog.laid_words import EXPIRES, LAID
from chalicelib.catalog.lesson_items import Shown
from chalicelib.catalog.records import Curriculum, Lesson
from chalicelib.table.acts import Act
from chalicelib.table.writes import adjust, alone, commit, put, together

Wishes = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What is asked for, and where."""

    course_id: str
    section_id: str | None
    wishes: Wishes


def create(act: Act, course_id: str, section_id: str | None, wishes: Wishes) -> list[Shown]:
    batch = Batch(course_id, section_id, wishes)
    taken, first = courses.edited(act, lambda: _taken(act, batch))
    lessons = _laid(act, taken, first, wishes)
    return courses.edited(act, lambda: _listed(act, batch, lessons))


def _taken(act: Act, batch: Batch) -> tuple[Edition, int]:
    """Take the ordinals: they are never used again, whatever becomes of these lessons."""
    edition, found = courses.read_own(act, batch.course_id, *attachments.keys_of(act, batch.wishes))
    attachments.require_usable(act, found, batch.wishes, edition.course.instructor_id)
    _require_room(edition, batch)
    first = int(edition.curriculum.next_ordinal)
    after = Curriculum.next_ordinal.set(first + len(batch.wishes))
    alone(adjust(edition.curriculum, after, where=courses.nobody_took_numbers(edition.curriculum)))
    return edition, first


def _require_room(edition: Edition, batch: Batch) -> None:
    """Before anything is written. What happens in the meantime, the listing finds out."""
    if int(edition.course.lessons) + len(batch.wishes) > MOST_LESSONS:
        raise CourseFull(f"A course has at most {MOST_LESSONS} lessons.")
    if int(edition.curriculum.next_ordinal) + len(batch.wishes) > LAST_ORDINAL + 1:
        raise CourseFull(f"A course counts its lessons, deleted ones included, up to {LAST_ORDINAL}.")
    listed_lessons.section_in(edition.plan, batch.section_id)


def _laid(act: Act, edition: Edition, first: int, wishes: Wishes) -> list[Lesson]:
    lessons = [listed_lessons.new(act, edition, first + at, wish) for at, wish in enumerate(wishes)]
    for lesson in lessons:
        lesson.ttl = EXPIRES
    commit([put(lesson) for lesson in lessons], act.deadline, token=clock.new_id("bat"))
    return lessons


def _listed(act: Act, batch: Batch, lessons: Sequence[Lesson]) -> list[Shown]:
    before, _ = courses.read_own(act, batch.course_id)
    place = {"section_id": batch.section_id}
    after, writes = listed_lessons.listing(act, before, lessons, place, int(before.curriculum.next_ordinal))
    fact = listed_lessons.told(act, after, LAID, [lesson.id for lesson in lessons])
    return together(act, *writes, fact=fact, result=listed_lessons.all_shown(after, lessons))
