"""What somebody still has to do to finish a course, lesson by lesson. `GET /enrollments/{id}/completion` shows it."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.catalog import curricula
from chalicelib.catalog.courses import CourseUnknown
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Curriculum, Gate
from chalicelib.learning import completion, ids
from chalicelib.learning.enrollment_list import seen_by
from chalicelib.learning.enrollments import EnrollmentUnknown
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import Act


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson in the course's order, which counts from 1."""

    lesson_id: str
    title: str
    section: str
    order: int


@dataclass(frozen=True, slots=True)
class Missing:
    """`added` came after the course was finished: it may be done and is not needed."""

    enrollment: Enrollment
    missing: tuple[Step, ...]
    added: tuple[Step, ...]

    @property
    def ver(self) -> int:
        return int(self.enrollment.ver)


def of(act: Act, enrollment_id: str) -> Missing:
    """Judged by the lessons of this moment; a finished course by those it was finished with."""
    place = ids.enrolled(enrollment_id)
    if place is None:
        raise EnrollmentUnknown
    wanted = [keys.standing(act.actor), keys.enrollment(*place), keys.gate(place.course), keys.curriculum(place.course)]
    found = act.read(wanted)
    enrollment = seen_by(act, found, found.get(keys.enrollment(*place)))
    gate, curriculum = found.get(keys.gate(place.course)), found.get(keys.curriculum(place.course))
    if not isinstance(gate, Gate) or not isinstance(curriculum, Curriculum):
        raise CourseUnknown
    missing, added = completion.missing(gate, enrollment), completion.added_since(gate, enrollment)
    return Missing(enrollment, tuple(_steps(curriculum, missing)), tuple(_steps(curriculum, added)))


def _steps(curriculum: Curriculum, ordinals: Iterable[int]) -> Iterable[Step]:
    wanted = set(ordinals)
    listed = ((section, entry) for section in curricula.sections_of(curriculum) for entry in section.lessons)
    for order, (section, entry) in enumerate(listed, start=1):
        if entry.ordinal in wanted:
            yield Step(lesson_of(curriculum.course_id, entry.ordinal), entry.title, section.title, order)
