"""What an instructor allows one learner in spite of the rules of a course: everything at once, or another end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.catalog import courses
from chalicelib.catalog.courses import Outdated
from chalicelib.catalog.records import Gate
from chalicelib.errors import Conflict
from chalicelib.learning import ids, release
from chalicelib.learning.enrollments import EnrollmentUnknown
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.writes import change, together


class EnrollmentEnded(Conflict):
    """This enrollment has been cancelled; it comes back when the learner enrolls again."""


class OverrideChanged(Outdated):
    """The enrollment has changed since you read it; read it again."""


class Override(NamedTuple):
    """An enrollment with what is allowed, and when it ends for this learner."""

    enrollment: Enrollment
    ends_at: datetime | None

    @property
    def ver(self) -> int:
        return int(self.enrollment.ver)


def override(
    act: Act, enrollment_id: str, unlocked: bool, access_until: datetime | None, expected: int | None
) -> Override:
    """Set both; the same again changes nothing. For the instructor of the course and administrators."""
    wishes = {"unlocked": unlocked, "access_until": access_until}
    return courses.edited(act, lambda: _override(act, enrollment_id, wishes, expected))


def _override(act: Act, enrollment_id: str, wishes: Mapping[str, Any], expected: int | None) -> Override:
    gate, before = _read(act, enrollment_id)
    if expected is not None and int(before.ver) != expected:
        raise OverrideChanged
    if before.status != "active":
        raise EnrollmentEnded
    changes = {name: value for name, value in wishes.items() if getattr(before, name) != value}
    if not changes:
        return Override(before, release.access_end(gate, before))
    after = courses.copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": act.now})
    fact = act.fact(
        "enrollment.overridden",
        enrollment_id,
        audience=[before.user_id],
        ver=int(after.ver),
        course=before.course_id,
        fields=sorted(changes),
    )
    write = change(before, *courses.actions(before, changes), now=act.now)
    return together(act, write, fact=fact, result=Override(after, release.access_end(gate, after)))


def _read(act: Act, enrollment_id: str) -> tuple[Gate, Enrollment]:
    """The enrollment and the gate of its course. Somebody else's course is as if it were not there."""
    named = ids.enrolled(enrollment_id)
    if named is None:
        raise EnrollmentUnknown
    wanted = [keys.gate(named.course), keys.enrollment(named.user, named.course)]
    found = act.read([keys.standing(act.actor), *wanted])
    gate, enrollment = (found.get(key) for key in wanted)
    if not isinstance(gate, Gate) or not isinstance(enrollment, Enrollment) or gate.is_deleted:
        raise EnrollmentUnknown
    if act.actor != gate.instructor_id and not courses.is_admin(act, found):
        raise EnrollmentUnknown
    return gate, enrollment
