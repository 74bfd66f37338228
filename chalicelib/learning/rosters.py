"""The entries of an enrollment beside itself: in its course, with its instructor, among those who have not begun.

Pieces for the transactions that enroll, cancel and record progress; after enrolling none of them touches an index
again, except to take the learner off the list of those who have not begun.
"""

import hashlib
from datetime import datetime, timedelta

from chalicelib.learning.records import Enrollment, Roster
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.record import moment_text
from chalicelib.table.writes import Write, adjust, put

#: Everybody who enrolls writes to the list of those who have not begun, so it is cut into parts.
SHARDS = 16


def key(enrollment: Enrollment) -> Key:
    """For good, also where somebody leaves and comes back."""
    return keys.roster(enrollment.course_id, moment_text(_since(enrollment)), enrollment.user_id)


def entered(enrollment: Enrollment) -> Write:
    """For a new enrollment, or one that lives again."""
    entry: Roster = Roster.under(
        key(enrollment),
        user_id=enrollment.user_id,
        course_id=enrollment.course_id,
        created_at=enrollment.created_at,
        gsi1pk=keys.teaches(enrollment.instructor_id),
        gsi1sk=f"{moment_text(_since(enrollment))}#{enrollment.course_id}#{enrollment.user_id}",
    )
    if enrollment.via == "free" and enrollment.started_at is None:
        entry.gsi2pk = keys.unstarted(shard_of(enrollment.user_id))
        entry.gsi2sk = due(enrollment)
    return put(entry)


def begun(enrollment: Enrollment) -> Write:
    """Off the list of those who have not begun: because they have, or because they left."""
    entry: Roster = Roster.under(key(enrollment))
    return adjust(entry, Roster.gsi2pk.remove(), Roster.gsi2sk.remove(), where=Roster.pk.exists())


def due(enrollment: Enrollment) -> str:
    """When somebody who has not begun by then is looked at; sorts by time."""
    moment = enrollment.enrolled_at + timedelta(days=settings.abandoned_nudge_days)
    return f"{moment_text(moment)}#{enrollment.course_id}#{enrollment.user_id}"


def shard_of(user_id: str) -> str:
    return str(hashlib.sha256(user_id.encode()).digest()[0] % SHARDS)


def _since(enrollment: Enrollment) -> datetime:
    return enrollment.created_at or enrollment.enrolled_at
