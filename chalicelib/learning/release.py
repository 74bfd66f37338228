"""Who may open which lesson, and if not, why and until when. Everything that shows or records a lesson asks here.

Pure: what is known of course and learner comes in, a judgement goes out. Whatever a person is (anybody, enrolled,
owner, administrator) is judged by itself and the most open judgement holds, so nothing that is added closes anything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from chalicelib.catalog import bitmaps
from chalicelib.catalog.ids import lesson_of
from chalicelib.catalog.records import Gate, Lesson
from chalicelib.learning.access import Access, Viewer
from chalicelib.learning.records import Enrollment

#: How much of what is missing is named: the next that must be done, and a few after it.
NAMED = 5
_OPENNESS = {"locked": 0, "preview": 1, "full": 2}


class Wait(NamedTuple):
    """What one rule still asks for."""

    reason: str
    unlocks_at: datetime | None = None
    missing: tuple[str, ...] = ()


def lesson(
    gate: Gate,
    ordinal: int,
    enrollment: Enrollment | None,
    viewer: Viewer,
    now: datetime,
    finished: AbstractSet[str] = frozenset(),
) -> Access:
    """`finished` are the courses, out of those that `to_finish` names, that the learner has finished."""
    return Case(gate, enrollment, viewer, now, finished).lesson(ordinal)


def course(
    gate: Gate,
    enrollment: Enrollment | None,
    viewer: Viewer,
    now: datetime,
    finished: AbstractSet[str] = frozenset(),
) -> Access:
    """Of the course as a whole: full where at least its first lesson is open or opens by a date of its own."""
    return Case(gate, enrollment, viewer, now, finished).course()


def to_finish(gate: Gate, enrollment: Enrollment | None, viewer: Viewer) -> list[str]:
    """The courses of which one must know whether the learner has finished them: mostly none."""
    if enrollment is None or not _is_active(enrollment) or viewer.runs_it:
        return []
    return [] if enrollment.unlocked or enrollment.completed_at else list(gate.prerequisites)


def alone(lesson: Lesson, viewer: Viewer) -> Access:
    """Of a lesson that belongs to no course."""
    if lesson.deleted_at is not None:
        return Access("locked", "deleted")
    privileged = _by_privilege(viewer)
    if privileged is not None:
        return privileged
    return Access("full", "free") if lesson.is_published else Access("locked", "not_published")


@dataclass(frozen=True)
class Case:
    """One person and one course at one moment; several lessons may be asked for."""

    gate: Gate
    enrollment: Enrollment | None
    viewer: Viewer
    now: datetime
    finished: AbstractSet[str] = field(default_factory=frozenset)

    @property
    def has_part(self) -> bool:
        """Whoever teaches it, runs the place or learns in it keeps a course that is no longer offered."""
        return self.viewer.runs_it or (self.enrollment is not None and _is_active(self.enrollment))

    def lesson(self, ordinal: int) -> Access:
        if self.gate.is_deleted or ordinal not in self._place:
            return Access("locked", "deleted")
        return _by_privilege(self.viewer) or _most_open(
            each for each in (self._by_enrollment(ordinal), self._by_anybody(ordinal)) if each
        )

    def course(self) -> Access:
        if self.gate.is_deleted:
            return Access("locked", "deleted")
        return _by_privilege(self.viewer) or _most_open(
            each for each in (self._by_enrollment(None), self._by_anybody(None)) if each
        )

    def _by_anybody(self, ordinal: int | None) -> Access:
        """What somebody sees who is nobody in particular."""
        if not self.gate.is_published:
            return Access("locked", "not_published")
        shut = self._shut_to_anybody(ordinal)
        if shut is None:
            return Access("full", "free")
        if ordinal is None:
            return shut._replace(access="preview") if bitmaps.count(self.gate.previews) else shut
        return Access("preview", "preview") if bitmaps.has(self.gate.previews, ordinal) else shut

    def _shut_to_anybody(self, ordinal: int | None) -> Access | None:
        if self.gate.price_minor:
            return Access("locked", "payment_required")
        rule = {} if ordinal is None else self._rule(ordinal)
        if self._asks_for_enrollment or rule.get("after_days"):
            return Access("locked", "enrollment_required")
        return self._locked(_fixed_date(self, ordinal))

    @property
    def _asks_for_enrollment(self) -> bool:
        gate = self.gate
        return bool(gate.forced_order or gate.prerequisites or gate.access_days)

    def _by_enrollment(self, ordinal: int | None) -> Access | None:
        """What an enrollment gives; None without one, where the rules for anybody say all."""
        enrollment = self.enrollment
        if enrollment is None or not _is_active(enrollment):
            return None
        shut = self._locked(_ended(self)) or self._locked(*self._waits(enrollment, ordinal))
        if shut is None:
            return Access("full", "completed" if enrollment.completed_at else "enrolled")
        shown = ordinal is not None and self.gate.is_published and bitmaps.has(self.gate.previews, ordinal)
        return shut._replace(access="preview") if shown else shut

    def _waits(self, enrollment: Enrollment, ordinal: int | None) -> Iterator[Wait | None]:
        if not enrollment.unlocked:
            yield from (rule(self, ordinal) for rule in RULES)

    @staticmethod
    def _locked(*waits: Wait | None) -> Access | None:
        """All that is missing and the last of the dates; the reason is that of the first rule."""
        asked = [wait for wait in waits if wait]
        if not asked:
            return None
        dates = [wait.unlocks_at for wait in asked if wait.unlocks_at]
        missing = tuple(each for wait in asked for each in wait.missing)
        return Access("locked", asked[0].reason, max(dates, default=None), missing)

    def _rule(self, ordinal: int) -> Mapping[str, Any]:
        rule: Mapping[str, Any] = self.gate.rules.get(str(ordinal), {})
        return rule

    @cached_property
    def _place(self) -> dict[int, int]:
        return {ordinal: place for place, ordinal in enumerate(bitmaps.unpacked(self.gate.sequence))}

    @cached_property
    def _undone(self) -> list[int]:
        """The lessons that are not done, in their order."""
        done = set(bitmaps.numbers(self.enrollment.done)) if self.enrollment else set()
        return [ordinal for ordinal in self._place if ordinal not in done]


def _prerequisites(case: Case, _: int | None) -> Wait | None:
    """Courses to finish first. Whoever has finished this one needs them no more."""
    if case.enrollment is None or case.enrollment.completed_at:
        return None
    missing = [each for each in case.gate.prerequisites if each not in case.finished]
    return Wait("prerequisite", missing=tuple(missing)) if missing else None


def _fixed_date(case: Case, ordinal: int | None) -> Wait | None:
    opens_at = None if ordinal is None else case._rule(ordinal).get("opens_at")
    return _until(case, datetime.fromisoformat(opens_at)) if opens_at else None


def _after_days(case: Case, ordinal: int | None) -> Wait | None:
    days = None if ordinal is None else case._rule(ordinal).get("after_days")
    if not days or case.enrollment is None:
        return None
    return _until(case, case.enrollment.enrolled_at + timedelta(days=int(days)))


def _until(case: Case, moment: datetime) -> Wait | None:
    return Wait("not_yet", moment) if case.now < moment else None


def _order(case: Case, ordinal: int | None) -> Wait | None:
    """Every lesson before this one is done first. What was done stays open when the order changes."""
    if ordinal is None or not case.gate.forced_order or case.enrollment is None or case.enrollment.completed_at:
        return None
    if bitmaps.has(case.enrollment.done, ordinal):
        return None
    place = case._place[ordinal]
    before = [each for each in case._undone[:NAMED] if case._place[each] < place]
    return (
        Wait("lesson_order", missing=tuple(lesson_of(case.gate.course_id, each) for each in before)) if before else None
    )


#: What a learner may have to wait for; the first that asks for something gives the reason.
RULES: tuple[Callable[[Case, int | None], Wait | None], ...] = (_prerequisites, _fixed_date, _after_days, _order)


def _ended(case: Case) -> Wait | None:
    """No date at which it opens: it has been open. The end that the instructor has set for a learner goes first."""
    end = case.enrollment and access_end(case.gate, case.enrollment)
    return Wait("access_ended") if end and end <= case.now else None


def access_end(gate: Gate, enrollment: Enrollment) -> datetime | None:
    """When a learner's time is over; None where it never is."""
    if enrollment.access_until is not None:
        return enrollment.access_until
    return enrollment.enrolled_at + timedelta(days=int(gate.access_days)) if gate.access_days else None


def _most_open(judgements: Iterable[Access]) -> Access:
    """The first of the most open ones."""
    return max(judgements, key=lambda each: _OPENNESS[each.access])


def _by_privilege(viewer: Viewer) -> Access | None:
    if not viewer.runs_it:
        return None
    return Access("full", "owner" if viewer.is_owner else "admin")


def _is_active(enrollment: Enrollment) -> bool:
    return enrollment.status == "active"
