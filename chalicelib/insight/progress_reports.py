"""How far a learner is in all of their courses, as a report: for the screen, or as a file for a spreadsheet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib import spreadsheets
from chalicelib.learning import activity, completion, totals
from chalicelib.learning.records import Certificate, Enrollment
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.pages import Scope, cursor, position

#: Sorts behind every moment.
LAST = "~"
COLUMNS = (
    "course_id",
    "course_title",
    "status",
    "completion_percentage",
    "completed_lessons",
    "total_lessons",
    "enrolled_at",
    "started_at",
    "last_activity_at",
    "completed_at",
    "certificate_code",
)


@dataclass(frozen=True, slots=True)
class Line:
    course_id: str
    course_title: str
    status: str
    completion_percentage: Decimal
    completed_lessons: int
    total_lessons: int
    enrolled_at: datetime
    started_at: datetime | None
    last_activity_at: datetime | None
    completed_at: datetime | None
    certificate_code: str | None


@dataclass(frozen=True, slots=True)
class ProgressReport:
    made_at: datetime
    courses: list[Line]
    lessons_completed: int
    minutes: int
    active_days: int
    next_cursor: str | None = None


def report(act: Act, size: int, after: str | None = None) -> ProgressReport:
    """Of the caller: the courses they ever enrolled in, the newest first, so many at a time; and numbers over all.

    Three trips at most: the courses, the certificates of those that are finished, the days.
    """
    scope = Scope("progress report", act.actor)
    bounds = ("0", str(position(scope, after, act.now)) if after else LAST)
    own = keys.learner(act.actor)
    span = reads.span(own, index="lsi1", between=bounds, newest_first=True, limit=size + 1)
    found = [each for each in span.records if isinstance(each, Enrollment) and each.lsi1sk != bounds[1]]
    more = len(found) > size or span.more_after is not None
    shown, days = found[:size], activity.by_day(reads.all_of(own, prefix="DAYS#"))
    codes = _codes(act.actor, shown)
    return ProgressReport(
        made_at=act.now,
        courses=[_line(each, codes.get(each.course_id)) for each in shown],
        lessons_completed=sum(day.lessons for day in days.values()),
        minutes=sum(day.seconds for day in days.values()) // 60,
        active_days=len(days),
        next_cursor=cursor(scope, shown[-1].lsi1sk, act.now) if more and shown else None,
    )


def _codes(user_id: str, enrollments: Iterable[Enrollment]) -> Mapping[str, str]:
    """Of certificates that hold, by course."""
    finished = [keys.certificate(user_id, each.course_id) for each in enrollments if each.completed_at]
    found = reads.many(finished).values() if finished else ()
    return {each.course_id: each.code for each in found if isinstance(each, Certificate) and each.status == "issued"}


def _line(enrollment: Enrollment, code: str | None) -> Line:
    progress = completion.of(enrollment)
    return Line(
        course_id=enrollment.course_id,
        course_title=enrollment.course_title,
        status=totals.stage_of(enrollment) or str(enrollment.status),
        completion_percentage=progress.percentage,
        completed_lessons=progress.completed,
        total_lessons=progress.total,
        enrolled_at=enrollment.enrolled_at,
        started_at=enrollment.started_at,
        last_activity_at=enrollment.last_at,
        completed_at=enrollment.completed_at,
        certificate_code=code,
    )


def as_csv(report: ProgressReport) -> str:
    return spreadsheets.text(COLUMNS, ([getattr(line, name) for name in COLUMNS] for line in report.courses))
