"""Keeps what enrollments remember of their course in line with it: its name, and the lessons that count.

A change of a course leads through its roster, a page per message. A new enrollment looks once by itself: it may have
read the course just before a change whose walk has passed. Nothing here moves a version, except where taking lessons
away has finished a course for somebody, which is news. Finished courses keep the lessons they were finished with.

Everything is read anew and written over an older state only, so stages may come twice, late and out of order.
"""

from chalicelib.catalog.records import Gate
from chalicelib.errors import Stale
from chalicelib.learning import completion, enrollments, finishing, ids, remembered, totals
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.table import acts, keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import adjust, alone, persistently, together

PAGE = 50
SECONDS = 40.0
#: What of a course enrollments remember, beside its lessons.
REMEMBERED = frozenset({"title", "slug"})


def renew_snapshots(fact: Fact, after: str) -> str | None:
    """One page of the learners of a course that has changed; returns where to go on."""
    gate = reads.one(Gate, keys.gate(fact.subject))
    if gate is None or gate.is_deleted or _is_overtaken(fact, gate) or not _matters(fact):
        return None
    page = reads.span(keys.roster_of(fact.subject), after=after, limit=PAGE)
    entries = [each for each in page.records if isinstance(each, Roster)]
    found = reads.many(keys.enrollment(each.user_id, each.course_id) for each in entries)
    act = acts.by_system(fact.request_id, seconds=SECONDS)
    for enrollment in found.values():
        if isinstance(enrollment, Enrollment):
            _renew_surely(act, gate, enrollment)
    return None if page.more_after is None else str(entries[-1].sk)


def renew_own_snapshot(fact: Fact, _: str) -> None:
    """Of the enrollment that a fact is about."""
    place = ids.enrolled(fact.subject)
    if place is not None:
        _renew_now(acts.by_system(fact.request_id, seconds=SECONDS), *place)


def _is_overtaken(fact: Fact, gate: Gate) -> bool:
    """A later change of lessons has a walk of its own, which does what this one would."""
    return fact.subject_ver is not None and int(gate.curriculum_ver) > fact.subject_ver


def _matters(fact: Fact) -> bool:
    """Other changes of a course are nothing to those who learn in it."""
    return fact.name == "course.curriculum_changed" or not REMEMBERED.isdisjoint(fact.payload.get("fields", ()))


def _renew_surely(act: Act, gate: Gate, enrollment: Enrollment) -> None:
    try:
        _renew(act, gate, enrollment)
    except Stale:
        _renew_now(act, enrollment.user_id, enrollment.course_id)


def _renew_now(act: Act, user_id: str, course_id: str) -> None:
    def attempt() -> None:
        wanted = keys.gate(course_id), keys.enrollment(user_id, course_id)
        found = reads.many(wanted)
        gate, enrollment = (found.get(key) for key in wanted)
        if isinstance(gate, Gate) and not gate.is_deleted and isinstance(enrollment, Enrollment):
            _renew(act, gate, enrollment)

    persistently(act, attempt)


def _renew(act: Act, gate: Gate, enrollment: Enrollment) -> None:
    """Who has left is renewed on coming back."""
    if enrollment.status != "active" or int(enrollment.course_ver) >= int(gate.ver):
        return
    if enrollment.completed_at is None and completion.is_whole(enrollment.done, gate.live):
        _finish(act, gate, enrollment)
        return
    changes = remembered.snapshot_for(enrollment, gate)
    actions = [getattr(Enrollment, name).set(value) for name, value in changes.items()]
    older = (Enrollment.ver == int(enrollment.ver)) & (Enrollment.course_ver <= int(gate.ver))
    alone(adjust(enrollment, *actions, where=older, otherwise=Stale()))


def _finish(act: Act, gate: Gate, enrollment: Enrollment) -> None:
    """Nothing is missing any more, because what was missing is gone."""
    changes = {**remembered.snapshot(gate), "completed_at": act.now}
    after, write = enrollments.changed(act, enrollment, changes)
    fact = finishing.told(act, after, int(after.ver))
    together(act, write, *totals.moved(enrollment, after), finishing.still_counting(gate), fact=fact, result=None)
