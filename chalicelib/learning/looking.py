"""One read about a course, with all that tells what the one who asks is to it, in the same trip."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.accounts.records import User
from chalicelib.catalog import courses
from chalicelib.catalog.index import gathering
from chalicelib.catalog.index import reading as catalogue
from chalicelib.catalog.records import Gate
from chalicelib.learning import prerequisites
from chalicelib.learning.access import STRANGER, Viewer
from chalicelib.learning.records import Enrollment
from chalicelib.learning.release import Case
from chalicelib.table import keys, reads
from chalicelib.table.acts import ANONYMOUS, Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record


@dataclass(frozen=True, slots=True)
class Look:
    """`found` is what was read, `personal` that part of what was asked for that tells who this is."""

    act: Act
    course_id: str
    found: Mapping[Key, Record]
    personal: tuple[Key, ...]

    @property
    def enrollment(self) -> Enrollment | None:
        key = keys.enrollment(self.act.actor, self.course_id)
        enrollment = self.found.get(key) if key in self.personal else None
        return enrollment if isinstance(enrollment, Enrollment) else None

    def viewer(self, instructor_id: str) -> Viewer:
        return viewer(self.act, self.found, instructor_id)

    def case(self, gate: Gate) -> Case:
        """The case that `release` judges. Prerequisites that nobody expected take another trip."""
        viewer = self.viewer(gate.instructor_id)
        read = {key: self.found.get(key) for key in self.personal}
        finished = prerequisites.finished(gate, self.enrollment, viewer, read)
        return Case(gate, self.enrollment, viewer, self.act.now, finished)


def look(act: Act, course_id: str, wanted: Iterable[Key], expected: Iterable[str] = ()) -> Look:
    """`expected` are courses that this one probably asks for."""
    personal = () if is_stranger(act) else tuple(_personal(act, course_id, expected))
    return Look(act, course_id, act.read([*wanted, *personal]), personal)


def _personal(act: Act, course_id: str, expected: Iterable[str]) -> list[Key]:
    return [
        keys.standing(act.actor),
        keys.enrollment(act.actor, course_id),
        *(keys.enrollment(act.actor, each) for each in expected),
        *prerequisites.guessed(act.actor, course_id),
    ]


def viewer(act: Act, found: Mapping[Key, Record], instructor_id: str) -> Viewer:
    if is_stranger(act):
        return STRANGER
    return Viewer(act.actor, is_owner=act.actor == instructor_id, is_admin=courses.is_admin(act, found))


def is_offered(thing: str, teacher_id: str) -> bool:
    """Whether a published course or lesson is for those who have no part in it: nothing is of whoever is suspended.

    What the catalogue shows is; what it does not show yet takes a look at the teacher.
    """
    return catalogue.offers(thing) or gathering.offers(reads.one(User, keys.user(teacher_id)))


def is_stranger(act: Act) -> bool:
    return act.actor == ANONYMOUS
