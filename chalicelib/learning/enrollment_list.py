"""Lists of enrollments: one's own, those of whoever one teaches, and any for administrators. `GET /enrollments` asks.

One's own are read consistently in one query. Others' come from a roster or from the index of a teacher, and the
enrollments, the names and the standing of the one who asks in one more trip.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from chalicelib.accounts.records import User
from chalicelib.catalog import courses
from chalicelib.catalog.courses import CourseNotYours, CourseUnknown
from chalicelib.catalog.records import Gate
from chalicelib.errors import Forbidden, invalid
from chalicelib.learning import ids
from chalicelib.learning.enrollments import EnrollmentUnknown
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.pages import Page, Scope, cursor, position
from chalicelib.table.record import Record

Whose = Literal["own", "taught", "all"]
Status = Literal["active", "completed", "cancelled", "all"]
LAST = "~"
#: So many are looked at for one page: where a filter leaves few, a page may be short and say where to go on.
MOST_LOOKED_AT = 500
AT_ONCE = 25


class NotForYou(Forbidden):
    """Only administrators see the enrollments of everybody."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An enrollment, with the name of its learner where somebody else looks at it."""

    enrollment: Enrollment
    learner: str | None = None

    @property
    def ver(self) -> int:
        return int(self.enrollment.ver)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`whose` is what the role says where nothing is said."""

    whose: Whose
    status: Status = "active"
    course: str | None = None
    user: str | None = None

    def admits(self, enrollment: Enrollment) -> bool:
        return (
            STATUSES[self.status](enrollment)
            and self.course in (None, enrollment.course_id)
            and self.user in (None, enrollment.user_id)
        )


STATUSES: Mapping[Status, Callable[[Enrollment], bool]] = {
    "active": lambda each: each.status == "active",
    "completed": lambda each: each.completed_at is not None and each.status == "active",
    "cancelled": lambda each: each.status == "cancelled",
    "all": lambda each: bool(each.status),
}


def whose_of(asked: Whose | None, role: str) -> Whose:
    """Administrators see all, teachers whom they teach, learners themselves, unless they say otherwise."""
    by_role: dict[str, Whose] = {"admin": "all", "instructor": "taught"}
    return asked or by_role.get(role, "own")


def listed(act: Act, wanted: Wanted, *, size: int, after: str | None) -> Page[Listed]:
    scope = Scope(
        "enrollments", act.actor, "|".join(map(str, (wanted.whose, wanted.status, wanted.course, wanted.user)))
    )
    mark: str | None = position(scope, after, act.now) if after else None
    found: list[Listed] = []
    for looked, (place, each) in enumerate(_newest_first(act, wanted, mark, max(size + 1, AT_ONCE))):
        if len(found) == size or looked == MOST_LOOKED_AT:
            return Page(found, cursor(scope, mark, act.now))
        if wanted.admits(each.enrollment):
            found.append(each)
        mark = place
    return Page(found)


#: Where a list stands after an enrollment, and the enrollment.
Row = tuple[str, Listed]


def _newest_first(act: Act, wanted: Wanted, mark: str | None, batch: int) -> Iterator[Row]:
    if wanted.whose == "own":
        return _of_learner(act.actor, wanted.course, mark, batch)
    if wanted.whose == "taught":
        return _taught(act, wanted, mark, batch)
    return _anybodys(act, wanted, mark, batch)


def _of_learner(user_id: str, course_id: str | None, mark: str | None, batch: int) -> Iterator[Row]:
    if course_id is not None:
        only = reads.one(Enrollment, keys.enrollment(user_id, course_id))
        if only is not None and mark is None:
            yield only.lsi1sk, Listed(only)
        return
    bounds = ("0", mark or LAST)
    for each in reads.all_of(keys.learner(user_id), index="lsi1", between=bounds, newest_first=True, limit=batch):
        if isinstance(each, Enrollment) and each.lsi1sk != mark:
            yield each.lsi1sk, Listed(each)


def _taught(act: Act, wanted: Wanted, mark: str | None, batch: int) -> Iterator[Row]:
    if wanted.course is not None:
        entries = _of_course(wanted.course, mark, batch) if wanted.user is None else _only(wanted, mark)
        return _looked_up(act, entries, keys.gate(wanted.course), _require_teacher)
    entries = _entries(keys.teaches(act.actor), "gsi1", mark, batch)
    return _looked_up(act, entries, keys.standing(act.actor), _require_nothing)


def _anybodys(act: Act, wanted: Wanted, mark: str | None, batch: int) -> Iterator[Row]:
    if wanted.user is None and wanted.course is None:
        raise invalid("course", "required", "Say whose enrollments: name a course or a user, or send scope=own.")
    me = keys.standing(act.actor)
    if wanted.course is not None and wanted.user is None:
        return _looked_up(act, _of_course(wanted.course, mark, batch), me, _require_admin)
    _require_admin(act, act.read([me]), me)
    return _of_learner(wanted.user or "", wanted.course, mark, batch)


#: Where a list stands after an entry of a roster, and the entry.
Entries = Iterator[tuple[str, Roster]]
Right = Callable[[Act, Mapping[Key, Record], Key], None]


def _of_course(course_id: str, mark: str | None, batch: int) -> Entries:
    return _entries(keys.roster_of(course_id), "", mark, batch)


def _only(wanted: Wanted, mark: str | None) -> Entries:
    """One learner of a course is found by what an enrollment is called, without its roster."""
    if mark is None:
        yield LAST, Roster(user_id=wanted.user, course_id=wanted.course)


def _entries(pk: str, index: str, mark: str | None, batch: int) -> Entries:
    for each in reads.all_of(pk, index=index, between=("0", mark or LAST), newest_first=True, limit=batch):
        if isinstance(each, Roster):
            place = each.gsi1sk if index else each.sk
            if place != mark:
                yield place, each


def _looked_up(act: Act, entries: Entries, right: Key, require: Right, batch: int = AT_ONCE) -> Iterator[Row]:
    """The enrollments of these entries. Whether the caller may see them is read with the first of them."""
    chunk = list(islice(entries, batch))
    while True:
        found = act.read([keys.standing(act.actor), right, *(key for _, each in chunk for key in _items(each))])
        require(act, found, right)
        for place, each in chunk:
            enrollment, user = (found.get(key) for key in _items(each))
            if isinstance(enrollment, Enrollment):
                yield place, Listed(enrollment, user.name if isinstance(user, User) else None)
        chunk = list(islice(entries, batch))
        if not chunk:
            return


def _items(entry: Roster) -> tuple[Key, Key]:
    return keys.enrollment(entry.user_id, entry.course_id), keys.user(entry.user_id)


def _require_nothing(_: Act, __: Mapping[Key, Record], ___: Key) -> None:
    """What one teaches oneself is found under one's own name."""


def _require_teacher(act: Act, found: Mapping[Key, Record], right: Key) -> None:
    gate = found.get(right)
    if not isinstance(gate, Gate) or gate.is_deleted:
        raise CourseUnknown
    if gate.instructor_id != act.actor:
        raise CourseNotYours if gate.is_published else CourseUnknown


def _require_admin(act: Act, found: Mapping[Key, Record], _: Key) -> None:
    if not courses.is_admin(act, found):
        raise NotForYou


def one(act: Act, enrollment_id: str) -> Listed:
    """One's own in one small read; somebody else's for their teacher and for administrators."""
    place = ids.enrolled(enrollment_id)
    if place is None:
        raise EnrollmentUnknown
    if place.user == act.actor:
        own = reads.one(Enrollment, keys.enrollment(*place))
        if own is None:
            raise EnrollmentUnknown
        return Listed(own)
    found = act.read([keys.standing(act.actor), keys.enrollment(*place), keys.user(place.user)])
    enrollment, user = found.get(keys.enrollment(*place)), found.get(keys.user(place.user))
    return Listed(seen_by(act, found, enrollment), user.name if isinstance(user, User) else None)


def seen_by(act: Act, found: Mapping[Key, Record], enrollment: Record | None) -> Enrollment:
    """The enrollment, if the caller is its learner, its teacher or an administrator; others find nothing."""
    if not isinstance(enrollment, Enrollment):
        raise EnrollmentUnknown
    if act.actor not in (enrollment.user_id, enrollment.instructor_id) and not courses.is_admin(act, found):
        raise EnrollmentUnknown
    return enrollment
