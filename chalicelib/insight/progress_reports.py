"""How far a learner is in all of their courses, as a report: for the screen, or as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.insight import dashboards
from chalicelib.learning import activity, completion
from chalicelib.learning.records import Certificate, Days, Enrollment
from chalicelib.table.acts import Act

#: A cell that begins with one of these is a formula to a spreadsheet, whoever wrote it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
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


def report(act: Act) -> ProgressReport:
    """Of the caller: each course they ever enrolled in, the newest first. One trip."""
    records = dashboards.learned(act.actor)
    codes = {each.course_id: each.code for each in records if isinstance(each, Certificate) and each.status == "issued"}
    enrollments = sorted(
        (each for each in records if isinstance(each, Enrollment)), key=lambda each: each.enrolled_at, reverse=True
    )
    days = activity.by_day(each for each in records if isinstance(each, Days))
    return ProgressReport(
        made_at=act.now,
        courses=[_line(each, codes.get(each.course_id)) for each in enrollments],
        lessons_completed=sum(day.lessons for day in days.values()),
        minutes=sum(day.seconds for day in days.values()) // 60,
        active_days=len(days),
    )


def _line(enrollment: Enrollment, code: str | None) -> Line:
    progress = completion.of(enrollment)
    return Line(
        course_id=enrollment.course_id,
        course_title=enrollment.course_title,
        status=_status(enrollment),
        completion_percentage=progress.percentage,
        completed_lessons=progress.completed,
        total_lessons=progress.total,
        enrolled_at=enrollment.enrolled_at,
        started_at=enrollment.started_at,
        last_activity_at=enrollment.last_at,
        completed_at=enrollment.completed_at,
        certificate_code=code,
    )


def _status(enrollment: Enrollment) -> str:
    if enrollment.status != "active":
        return str(enrollment.status)
    if enrollment.completed_at:
        return "completed"
    return "in_progress" if enrollment.started_at else "not_started"


def as_csv(report: ProgressReport) -> str:
    """With a mark at the beginning by which spreadsheets know that it is UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for line in report.courses:
        writer.writerow(cells(getattr(line, name) for name in COLUMNS))
    return "\ufeff" + written.getvalue()


def cells(values: Iterable[object]) -> list[str]:
    return [cell(value) for value in values]


def cell(value: object) -> str:
    """As text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
