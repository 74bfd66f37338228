"""The lesson progress of a learner as a list: a row for each lesson of each course, newest course first.

Rows are made when they are asked for, so lessons that were added yesterday have one too. A page costs a query, the
gates of its courses, and where films stopped: three trips.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Gate
from chalicelib.errors import NotFound
from chalicelib.learning import ids, lesson_progress, lone_progress
from chalicelib.learning.lesson_progress import LessonProgress
from chalicelib.learning.records import Enrollment, Watched
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Page, Scope, cursor, position

LAST = "~"
#: How many courses are opened at a time: one mostly fills a page.
COURSES = 5
#: So many are opened for one page: where a filter leaves few, a page may be short and say where to go on.
MOST_COURSES = 50


class LessonProgressUnknown(NotFound):
    """There is no such lesson progress."""


@dataclass(frozen=True, slots=True)
class Wanted:
    course: str | None = None
    is_completed: bool | None = None


#: A lesson of a course that somebody learns; where a film stopped is read for those that are shown.
Row = tuple[Enrollment, Gate, int]


def listed(act: Act, wanted: Wanted, *, size: int, after: str | None) -> Page[LessonProgress]:
    scope = Scope("lesson-progress", act.actor, f"{wanted.course}|{wanted.is_completed}")
    mark: list[str | int] = position(scope, after, act.now) if after else ["", 0]
    found, opened = list[Row](), set[str]()
    before: Row | None = None
    for row in _rows(act, wanted, str(mark[0]), int(mark[1])):
        opened.add(row[0].course_id)
        if before and (len(found) == size or len(opened) > MOST_COURSES):
            return Page(_shown(found), cursor(scope, [before[0].lsi1sk, before[2]], act.now))
        if wanted.is_completed in (None, bitmaps.has(row[0].done, row[2])):
            found.append(row)
        before = row
    return Page(_shown(found))


def one(act: Act, progress_id: str) -> LessonProgress:
    """One row of the caller's own; others' are not there."""
    lone = ids.lone_step(progress_id)
    if lone is not None and lone.user == act.actor:
        return lone_progress.shown(act, lone.lesson)
    step = ids.step(progress_id)
    if step is None or step.user != act.actor:
        raise _nobodys(act)
    own, film, gated = keys.enrollment(step.user, step.course), keys.watched(*step), keys.gate(step.course)
    found = act.read([own, film, gated])
    enrollment, watched, gate = found.get(own), found.get(film), found.get(gated)
    if not isinstance(enrollment, Enrollment) or not isinstance(gate, Gate) or not bitmaps.has(gate.live, step.ordinal):
        raise LessonProgressUnknown
    return lesson_progress.in_course(enrollment, gate, step.ordinal, watched if isinstance(watched, Watched) else None)


def lesson_named(act: Act, progress_id: str) -> str:
    """The lesson of a row of the caller's own, for whoever writes to the row."""
    lone, step = ids.lone_step(progress_id), ids.step(progress_id)
    if lone is not None and lone.user == act.actor:
        return lone.lesson
    if step is not None and step.user == act.actor:
        return lesson_of(step.course, step.ordinal)
    raise _nobodys(act)


def _nobodys(act: Act) -> LessonProgressUnknown:
    """The id says enough, but whoever may not act any more is told that first."""
    act.read(())
    return LessonProgressUnknown()


def _rows(act: Act, wanted: Wanted, course_mark: str, ordinal_mark: int) -> Iterator[Row]:
    """From the mark on: the course that the last page ended in comes first, after the lesson it ended with."""
    for chunk in _chunks(act, wanted, course_mark):
        gates = reads.many(keys.gate(each.course_id) for each in chunk)
        for enrollment in chunk:
            gate = gates.get(keys.gate(enrollment.course_id))
            if isinstance(gate, Gate) and not gate.is_deleted:
                resumed = ordinal_mark if enrollment.lsi1sk == course_mark else 0
                yield from ((enrollment, gate, each) for each in _after(bitmaps.unpacked(gate.sequence), resumed))


def _after(order: list[int], ordinal: int) -> list[int]:
    """What follows; where the last one shown has been taken away meanwhile, all of them again."""
    return order[order.index(ordinal) + 1 :] if ordinal in order else order


def _chunks(act: Act, wanted: Wanted, mark: str) -> Iterator[list[Enrollment]]:
    if wanted.course is not None:
        only = reads.one(Enrollment, keys.enrollment(act.actor, wanted.course))
        if only is not None and only.status == "active":
            yield [only]
        return
    start, bounds = None, ("0", mark or LAST)
    while True:
        page = reads.span(
            keys.learner(act.actor), index="lsi1", between=bounds, newest_first=True, limit=COURSES, start=start
        )
        yield [each for each in page.records if isinstance(each, Enrollment) and each.status == "active"]
        start = page.more_after
        if start is None:
            return


def _shown(rows: list[Row]) -> list[LessonProgress]:
    films = [keys.watched(enrollment.user_id, enrollment.course_id, ordinal) for enrollment, _, ordinal in rows]
    found = reads.many(films)
    return [
        lesson_progress.in_course(*row, watched if isinstance(watched := found.get(film), Watched) else None)
        for row, film in zip(rows, films, strict=True)
    ]
