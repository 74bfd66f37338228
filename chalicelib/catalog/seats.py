"""How many may learn at the same time. Whether seats are counted at all is settled with the first publication.

From then on people enroll, and those who came while nobody counted could not be counted exactly any more. The number
itself may change at any time, though not below the seats that are taken.
"""

from chalicelib.catalog.records import Course, Seats
from chalicelib.errors import Conflict, FieldError
from chalicelib.table import keys
from chalicelib.table.writes import Write, adjust, delete, put

FIELD = "capacity"


class CapacitySettled(Conflict):
    """Whether a course has a limit of seats is settled when it is first published."""


class SeatsTaken(Conflict):
    """More people than that are enrolled."""


def opened(course: Course) -> list[Write]:
    """The seats of a new course."""
    return [] if course.capacity is None else [_counted_from_now(course.id, int(course.capacity))]


def changed(course: Course, capacity: int | None) -> list[Write]:
    seats = Seats.under(keys.seats(course.id))
    if course.published_at is None:
        return [delete(seats)] if capacity is None else [_counted_from_now(course.id, capacity)]
    if capacity is None or course.capacity is None:
        raise CapacitySettled(errors=[FieldError(FIELD, "settled", _settled())])
    taken = SeatsTaken(errors=[FieldError(FIELD, "seats_taken", SeatsTaken.__doc__ or "")])
    return [adjust(seats, Seats.capacity.set(capacity), where=Seats.taken <= capacity, otherwise=taken)]


def _counted_from_now(course_id: str, capacity: int) -> Write:
    return put(Seats.under(keys.seats(course_id), capacity=capacity, taken=0))


def _settled() -> str:
    return CapacitySettled.__doc__ or ""
