"""Learners who enrolled for nothing and never began: one reminder, and later their seat is free again.

`schedules/clean_abandoned_enrollments` walks over the list of those who have not begun, which enrolling enters and
beginning leaves. Each step is a transaction whose conditions say that it was not taken before and that the learner has
still not begun, so it may be tried as often as one likes. Nobody loses a course without a reminder long before.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib.errors import Stale
from chalicelib.learning import leaving, rosters
from chalicelib.learning.records import Enrollment, Roster
from chalicelib.settings import settings
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.keys import Key
from chalicelib.table.record import Record, moment_text
from chalicelib.table.writes import adjust, alone, check, persistently, together

#: Why an enrollment has ended, in its fact.
REASON = "idle"
#: After so many learners the clock says how far it is.
PAGE = 20


def clean(act: Act, as_of: datetime, first_shard: int, done: Callable[[int], None]) -> int:
    """Remind or end all who are due by then, part after part of the list; returns how many were looked at.

    `done` is called now and then with the part that is being walked over, and with the next one at its end.
    """
    looked = 0
    for shard in range(first_shard, rosters.SHARDS):
        for entry in list(due(shard, as_of)):
            persistently(act, partial(_deal, act, entry.key, as_of))
            looked += 1
            if looked % PAGE == 0:
                done(shard)
        done(shard + 1)
    return looked


def due(shard: int, as_of: datetime) -> Iterator[Roster]:
    """Who stands in this part of the list for a moment that has come. It lags; each entry is read anew."""
    last = f"{moment_text(as_of)}~"
    for record in reads.all_of(keys.unstarted(str(shard)), index="gsi2", between=("0", last)):
        if isinstance(record, Roster):
            yield record


def _deal(act: Act, entry_key: Key, as_of: datetime) -> None:
    entry = reads.one(Roster, entry_key)
    if entry is None or entry.gsi2sk is None or _due_at(entry) > as_of:
        return
    place = (entry.user_id, entry.course_id)
    found = reads.many([keys.enrollment(*place), keys.seats(entry.course_id)])
    enrollment = found.get(keys.enrollment(*place))
    if not isinstance(enrollment, Enrollment) or not is_idle(enrollment):
        alone(adjust(entry, Roster.gsi2pk.remove(), Roster.gsi2sk.remove(), where=Roster.pk.exists()))
    elif entry.nudged_at is None:
        _nudge(act, entry, enrollment, as_of)
    else:
        _end(act, enrollment, found)


def is_idle(enrollment: Enrollment) -> bool:
    """In a course for nothing, and never began. What was paid for is never taken away."""
    return enrollment.status == "active" and enrollment.via == "free" and enrollment.started_at is None


def _due_at(entry: Roster) -> datetime:
    return datetime.fromisoformat(str(entry.gsi2sk).partition("#")[0])


def _nudge(act: Act, entry: Roster, enrollment: Enrollment, as_of: datetime) -> None:
    ends = end_of(enrollment, as_of)
    marked = adjust(
        entry,
        Roster.nudged_at.set(as_of),
        Roster.gsi2sk.set(f"{moment_text(ends)}#{entry.course_id}#{entry.user_id}"),
        where=Roster.nudged_at.does_not_exist() & Roster.gsi2sk.exists(),
        otherwise=Stale(),
    )
    unchanged = Enrollment.ver == int(enrollment.ver)
    idle = check(enrollment, unchanged & Enrollment.started_at.does_not_exist(), otherwise=Stale())
    fact = act.fact(
        "enrollment.nudged",
        enrollment.id,
        audience=[enrollment.user_id],
        course=enrollment.course_id,
        ends=moment_text(ends),
    )
    together(act, marked, idle, fact=fact, result=None)


def end_of(enrollment: Enrollment, nudged_at: datetime) -> datetime:
    """When the course is taken away: also where the clock came late, long enough after the reminder."""
    pause = timedelta(days=settings.abandoned_cancel_days - settings.abandoned_nudge_days)
    return max(enrollment.enrolled_at + timedelta(days=settings.abandoned_cancel_days), nudged_at + pause)


def _end(act: Act, enrollment: Enrollment, found: Mapping[Key, Record]) -> None:
    ended = leaving.cancelling(act, enrollment, has_seat=keys.seats(enrollment.course_id) in found)
    fact = replace(ended.fact, payload={**ended.fact.payload, "reason": REASON})
    together(act, *ended.writes, fact=fact, result=None)
