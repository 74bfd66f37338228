"""How a course does: who learns in it, how many finish, and where they stop. For its instructor and administrators."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from chalicelib import rounding
from chalicelib.catalog import courses, curricula, tallies
from chalicelib.catalog.courses import Edition
from chalicelib.catalog.curricula import Entry
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Tally
from chalicelib.table import keys
from chalicelib.table.acts import Act


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson in its place. `lost` are those who did the one before and not this one."""

    lesson_id: str
    position: int
    title: str
    completions: int
    share: Decimal
    lost: int


@dataclass(frozen=True, slots=True)
class Performance:
    """Shares are of everybody who ever enrolled: who has left counts among those who stopped."""

    course_id: str
    title: str
    students: int
    enrolled: int
    completions: int
    completion_rate: Decimal
    lessons: list[Step]


def of(act: Act, course_id: str) -> Performance:
    """From counters that are kept from facts, so it may be some seconds behind. One trip."""
    edition, found = courses.read_own(act, course_id, keys.tally(course_id))
    counted = found.get(keys.tally(course_id))
    tally = counted if isinstance(counted, Tally) else tallies.empty(course_id)
    return Performance(
        course_id=course_id,
        title=edition.course.title,
        students=int(tally.students),
        enrolled=int(tally.enrolled),
        completions=int(tally.completions),
        completion_rate=rounding.percent(int(tally.completions), int(tally.enrolled)),
        lessons=list(_steps(edition, tally)),
    )


def _steps(edition: Edition, tally: Tally) -> Iterator[Step]:
    entries: list[Entry] = list(curricula.entries(edition.plan))
    done = tallies.done_of(tally, [entry.ordinal for entry in entries])
    lost = [0, *(max(0, before - after) for before, after in pairwise(done))]
    for position, (entry, times, gone) in enumerate(zip(entries, done, lost, strict=False), start=1):
        share = rounding.percent(times, int(tally.enrolled))
        yield Step(lesson_of(edition.course.id, entry.ordinal), position, entry.title, times, share, gone)
