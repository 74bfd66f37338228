"""Who learns what: enrolling and coming back. One row for a person and a course, whatever happens to it.

`enroll` is what both doors call; `leaving` is the way out. Whatever else lets somebody in, a paid order above all, puts
`granting` into its own transaction. Prerequisites keep nobody from enrolling: they say when lessons open, which
`release` judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.catalog import bitmaps, courses, money
from chalicelib.catalog.courses import CourseUnknown
from chalicelib.catalog.records import Gate, Seats
from chalicelib.errors import Conflict, Forbidden, NotFound, PaymentRequired, Stale
from chalicelib.learning import ids, looking, remembered, rosters, totals
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import Write, adjust, change, persistently, put_new, together

PRICE = (
    "This course costs {price}. Put it into the cart (POST /api/v1/cart/items) and pay the order, or ask its teacher."
)


class EnrollmentUnknown(NotFound):
    """There is no such enrollment, or none that you may see."""


class EnrollmentRequired(Forbidden):
    """This takes an enrollment in the course: POST /api/v1/enrollments"""


class CourseNotPublished(Conflict):
    """Nobody can enroll in a course that is not published."""


class SoldOut(Conflict):
    """Every seat of this course is taken."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that decides about one person and one course, read in one trip."""

    user_id: str
    course_id: str
    gate: Gate | None
    seats: Seats | None
    enrollment: Enrollment | None

    @property
    def is_enrolled(self) -> bool:
        return self.enrollment is not None and self.enrollment.status == "active"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`is_new` where this very request has done it; otherwise it was so before."""

    enrollment: Enrollment
    is_new: bool

    @property
    def ver(self) -> int:
        return int(self.enrollment.ver)


@dataclass(frozen=True, slots=True)
class Granted:
    """An enrollment as the transaction will leave it, what must be written for it, and its fact."""

    enrollment: Enrollment
    writes: list[Write]
    fact: Fact


def wanted(user_id: str, course_id: str) -> list[Key]:
    """What a case is made of; for the first read of whoever composes `granting`."""
    return [keys.gate(course_id), keys.seats(course_id), keys.enrollment(user_id, course_id)]


def case_of(found: Mapping[Key, Record], user_id: str, course_id: str) -> Case:
    gate, seats, enrollment = (found.get(key) for key in wanted(user_id, course_id))
    return Case(
        user_id,
        course_id,
        gate if isinstance(gate, Gate) else None,
        seats if isinstance(seats, Seats) else None,
        enrollment if isinstance(enrollment, Enrollment) else None,
    )


def enroll(act: Act, course_id: str) -> Enrolled:
    """Enroll the caller in a free course. Whoever is enrolled already gets the row there is."""
    try:
        return persistently(act, lambda: _enroll(act, course_id))
    except SoldOut:
        # The last seat may be the caller's own, taken by a request at the same moment that still held their row.
        enrollment = reads.one(Enrollment, keys.enrollment(act.actor, course_id))
        if enrollment is None or enrollment.status != "active":
            raise
        return Enrolled(enrollment, is_new=False)


def _enroll(act: Act, course_id: str) -> Enrolled:
    found = act.read([keys.standing(act.actor), *wanted(act.actor, course_id)])
    case = case_of(found, act.actor, course_id)
    if case.enrollment is not None and case.is_enrolled:
        return Enrolled(case.enrollment, is_new=False)
    _require_offered(case, knows_it=courses.is_admin(act, found))
    granted = granting(act, case, via="free")
    return together(act, *granted.writes, fact=granted.fact, result=Enrolled(granted.enrollment, is_new=True))


def _require_offered(case: Case, *, knows_it: bool) -> None:
    """A draft is told only to those who know of it, and nothing of whoever is suspended; others find nothing."""
    gate = case.gate
    if gate is None or gate.is_deleted:
        raise CourseUnknown
    if not gate.is_published:
        known = knows_it or gate.instructor_id == case.user_id or case.enrollment is not None
        raise CourseNotPublished if known else CourseUnknown
    if not (knows_it or looking.is_offered(case.course_id, gate.instructor_id)):
        raise CourseUnknown
    if gate.price_minor:
        raise PaymentRequired(PRICE.format(price=f"{money.decimal(int(gate.price_minor))} {gate.currency}"))


def granting(
    act: Act,
    case: Case,
    *,
    via: str = "grant",
    order_id: str | None = None,
    takes_seat: bool = True,
    counts: bool = True,
) -> Granted:
    """The pieces that let somebody in who is not in yet; the caller's rule has judged whether they may come.

    `takes_seat` is off where a seat was claimed before, as an order does; `counts` where the caller moves the totals of
    several courses at once. Raises `Stale` in the transaction where the
    row has changed since it was read, and `SoldOut` where no seat is left.
    """
    gate = case.gate
    if gate is None:
        raise CourseUnknown
    coming = {"status": "active", "via": via, "order_id": order_id, "cancelled_at": None}
    if case.enrollment is None:
        enrollment, write = _new(act, case, {**coming, **remembered.snapshot(gate)})
    else:
        enrollment, write = _revived(act, case.enrollment, {**coming, **remembered.snapshot_for(case.enrollment, gate)})
    seat = [seat_taken(case.course_id)] if gate.limited and takes_seat else []
    what = "enrollment.created" if case.enrollment is None else "enrollment.revived"
    counted = totals.moved(case.enrollment, enrollment) if counts else []
    pieces = [write, rosters.entered(enrollment), *counted, *seat]
    return Granted(enrollment, pieces, told(act, what, enrollment, via=via))


def _new(act: Act, case: Case, coming: Mapping[str, Any]) -> tuple[Enrollment, Write]:
    made: Enrollment = Enrollment.under(
        keys.enrollment(case.user_id, case.course_id),
        id=ids.enrollment_of(case.user_id, case.course_id),
        ver=1,
        user_id=case.user_id,
        course_id=case.course_id,
        created_at=act.now,
        updated_at=act.now,
        enrolled_at=act.now,
        done=bitmaps.of(()),
        lsi1sk=listed_under(act.now, case.course_id),
        **coming,
    )
    return made, put_new(made, otherwise=Stale())


def listed_under(moment: Any, course_id: str) -> str:
    """Where an enrollment stands in its learner's list."""
    return f"{moment_text(moment)}#{course_id}"


def _revived(act: Act, before: Enrollment, coming: Mapping[str, Any]) -> tuple[Enrollment, Write]:
    """What was learned is still there. Time of access goes on from where it began, unless nothing was begun."""
    changes = dict(coming)
    if before.started_at is None:
        changes |= {"enrolled_at": act.now, "lsi1sk": listed_under(act.now, before.course_id)}
    return changed(act, before, changes)


def changed(act: Act, before: Enrollment, changes: Mapping[str, Any]) -> tuple[Enrollment, Write]:
    """An enrollment after these changes, and the write that makes them.

    Guarded by the version, and by what moves without it: the snapshot, and that somebody begins to watch.
    """
    after = courses.copied(before, {**changes, "ver": int(before.ver) + 1, "updated_at": act.now})
    actions = [
        getattr(Enrollment, name).remove() if value is None else getattr(Enrollment, name).set(value)
        for name, value in changes.items()
    ]
    return after, change(before, *actions, now=act.now, where=_as_read(before))


def _as_read(before: Enrollment) -> Condition:
    same = Enrollment.course_ver == int(before.course_ver)
    return same & Enrollment.started_at.does_not_exist() if before.started_at is None else same


def seat_taken(course_id: str) -> Write:
    """Raises `SoldOut` in the transaction where none is left."""
    seats: Seats = Seats.under(keys.seats(course_id))
    return adjust(seats, Seats.taken.add(1), where=Seats.taken < Seats.capacity, otherwise=SoldOut())


def require(act: Act, user_id: str, course_id: str) -> Enrollment:
    """The living enrollment of this person in this course; refused where there is none."""
    return active(act.read([keys.enrollment(user_id, course_id)]).get(keys.enrollment(user_id, course_id)))


def active(found: Record | None) -> Enrollment:
    """The same from what was read already."""
    if not isinstance(found, Enrollment) or found.status != "active":
        raise EnrollmentRequired
    return found


def told(act: Act, name: str, enrollment: Enrollment, **payload: Any) -> Fact:
    """Told to the learner."""
    return act.fact(
        name,
        enrollment.id,
        audience=[enrollment.user_id],
        ver=int(enrollment.ver),
        course=enrollment.course_id,
        **payload,
    )
