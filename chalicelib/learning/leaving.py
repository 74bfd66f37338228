"""Leaving a course, by the learner or by an administrator. Progress stays, for the case that somebody comes back."""

from chalicelib.catalog import courses
from chalicelib.catalog.courses import Outdated
from chalicelib.catalog.records import Seats
from chalicelib.errors import Conflict, Forbidden
from chalicelib.learning import enrollments, ids, rosters, totals
from chalicelib.learning.enrollments import EnrollmentUnknown, Granted
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.acts import Act
from chalicelib.table.writes import Write, adjust, together

REFUND = "This course was paid for. Ask for the money back: POST /api/v1/orders/{order}/refunds"


class EnrollmentNotYours(Forbidden):
    """Only the learner and administrators end an enrollment."""


class EnrollmentPaid(Conflict):
    """A course that was paid for is left through the refund of its order."""


class EnrollmentChanged(Outdated):
    """The enrollment has changed since you read it; read it again."""


def cancel(act: Act, enrollment_id: str, expected: int | None = None) -> Enrollment:
    """Leave a course, or have an administrator end it. Progress stays; a seat is free again. Twice is no mistake."""
    return courses.edited(act, lambda: _cancel(act, _place(enrollment_id), expected))


def _place(enrollment_id: str) -> ids.Enrolled:
    place = ids.enrolled(enrollment_id)
    if place is None:
        raise EnrollmentUnknown
    return place


def _cancel(act: Act, place: ids.Enrolled, expected: int | None) -> Enrollment:
    found = act.read([keys.standing(act.actor), keys.enrollment(*place), keys.seats(place.course)])
    enrollment = found.get(keys.enrollment(*place))
    if not isinstance(enrollment, Enrollment):
        raise EnrollmentUnknown
    if act.actor != enrollment.user_id and not courses.is_admin(act, found):
        raise EnrollmentNotYours if act.actor == enrollment.instructor_id else EnrollmentUnknown
    if expected is not None and int(enrollment.ver) != expected:
        raise EnrollmentChanged
    if enrollment.status != "active":
        return enrollment
    if enrollment.via == "order":
        raise EnrollmentPaid(REFUND.format(order=enrollment.order_id or "{order_id}"))
    ended = cancelling(act, enrollment, has_seat=keys.seats(place.course) in found)
    return together(act, *ended.writes, fact=ended.fact, result=ended.enrollment)


def cancelling(act: Act, enrollment: Enrollment, *, has_seat: bool, counts: bool = True) -> Granted:
    """The pieces that end a living enrollment, for rules that end one among other things, as a refund does.

    `counts` is off where the caller moves the totals of several courses at once.
    """
    after, write = enrollments.changed(act, enrollment, {"status": "cancelled", "cancelled_at": act.now})
    seat = [seat_freed(enrollment.course_id)] if has_seat else []
    fact = enrollments.told(act, "enrollment.cancelled", after, via=enrollment.via)
    counted = totals.moved(enrollment, after) if counts else []
    return Granted(after, [write, rosters.begun(enrollment), *counted, *seat], fact)


def seat_freed(course_id: str) -> Write:
    seats: Seats = Seats.under(keys.seats(course_id))
    return adjust(seats, Seats.taken.add(-1), where=Seats.taken > 0)
