"""What learning holds of a person, for their export and their erasure: see `accounts/privacy.py`."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.catalog.records import Seats
from chalicelib.learning import leaving, rosters
from chalicelib.learning.certificates import erasing
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.record import Record
from chalicelib.table.writes import alone, delete, persistently, together


def held(user_id: str) -> Iterator[Record]:
    """All that lies in the learner's partition, and their entries in the rosters of courses."""
    own = list(reads.all_of(keys.learner(user_id)))
    yield from own
    yield from reads.many(rosters.key(each) for each in own if isinstance(each, Enrollment)).values()


def erase(act: Act, user_id: str) -> None:
    """Certificates lose their names, seats are free again, and nothing else is left. What somebody taught others stays
    with them, without the name. Repeatable at any point.
    """
    erasing.erase(act, user_id)
    erasing.forget_teacher(act, user_id)
    for enrollment in reads.all_of(keys.learner(user_id), prefix="ENROLLED#"):
        if isinstance(enrollment, Enrollment):
            _leave(act, enrollment)
            alone(delete(Roster.under(rosters.key(enrollment))))
            alone(delete(enrollment))
    for record in reads.all_of(keys.learner(user_id)):
        alone(delete(record))


def _leave(act: Act, enrollment: Enrollment) -> None:
    """As if the person had left, so that seats and numbers are right; nobody is told of it any more."""

    def attempt() -> None:
        place = enrollment.user_id, enrollment.course_id
        present = reads.one(Enrollment, keys.enrollment(*place))
        if present is None or present.status != "active":
            return
        has_seat = reads.one(Seats, keys.seats(enrollment.course_id)) is not None
        ended = leaving.cancelling(act, present, has_seat=has_seat)
        together(act, *ended.writes, fact=replace(ended.fact, audience=()), result=None)

    persistently(act, attempt)
