"""Reports: of a learner's progress, of a course's performance, of a day of the platform."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from chalicelib.catalog import money
from chalicelib.insight import figures
from chalicelib.insight.performance import Performance
from chalicelib.insight.progress_reports import ProgressReport
from chalicelib.insight.records import Report
from chalicelib.web.reading import LARGEST_PAGE, In, Out

#: In one answer.
MOST_COURSES = {"json": LARGEST_PAGE, "csv": 1000}


class ProgressQuery(In):
    format: Annotated[Literal["json", "csv"], Field(description="`csv` is a file for a spreadsheet.")] = "json"
    page_size: Annotated[int, Field(ge=1, description="Courses; at most 100, in a file 1,000.")] | None = None
    cursor: Annotated[str, Field(max_length=2048)] | None = None

    @property
    def size(self) -> int:
        largest = MOST_COURSES[self.format]
        return min(self.page_size or largest, largest)


class ProgressLineOut(Out):
    course_id: str
    course_title: str
    status: Annotated[str, Field(description="not_started, in_progress, completed or cancelled.")]
    completion_percentage: float
    completed_lessons: int
    total_lessons: int
    enrolled_at: datetime
    started_at: datetime | None
    last_activity_at: datetime | None
    completed_at: datetime | None
    certificate_code: str | None


class Shown(NamedTuple):
    """A report, and the address of the one that follows."""

    report: ProgressReport
    next: str | None


class ProgressReportOut(Out):
    """The numbers are of all courses, on each page."""

    made_at: datetime
    courses: list[ProgressLineOut]
    lessons_completed: int
    minutes: int
    active_days: int
    next: Annotated[str | None, Field(description="Where the courses are that follow.")]

    @classmethod
    def of(cls, result: Any) -> "ProgressReportOut":
        shown: Shown = result
        said = asdict(shown.report)
        del said["next_cursor"]
        return cls(**said, next=shown.next)


class StepOut(Out):
    lesson_id: str
    position: int
    title: str
    completions: int
    share: Annotated[float, Field(description="Percent of everybody who ever enrolled.")]
    lost: Annotated[int, Field(description="How many did the lesson before and not this one.")]


class PerformanceOut(Out):
    course_id: str
    title: str
    students: Annotated[int, Field(description="Who learns in it now.")]
    enrolled: Annotated[int, Field(description="Everybody who ever enrolled.")]
    completions: int
    completion_rate: Annotated[float, Field(description="Percent of everybody who ever enrolled.")]
    lessons: list[StepOut]

    @classmethod
    def of(cls, result: Any) -> "PerformanceOut":
        performance: Performance = result
        return cls(**asdict(performance))


class ReportOut(Out):
    """A day of the platform, in its own time zone."""

    day: date
    made_at: datetime
    happened: Annotated[dict[str, int], Field(description="How often, by the name of the fact.")]
    revenue: Annotated[dict[str, str], Field(description="What was paid, by currency.")]
    returned: Annotated[dict[str, str], Field(description="What went back to buyers, by currency.")]
    totals: Annotated[dict[str, int], Field(description="How many there were when the report was made.")]

    @classmethod
    def of(cls, result: Any) -> "ReportOut":
        report: Report = result
        return cls(
            day=date.fromisoformat(report.day),
            made_at=report.made_at,
            happened={name: int(report.counts.get(name, 0)) for name in figures.COUNTED},
            revenue=_amounts(report, "revenue"),
            returned=_amounts(report, "returned"),
            totals={name: int(number) for name, number in report.totals.items()},
        )


def _amounts(report: Report, what: str) -> dict[str, str]:
    return {currency: money.decimal(minor) for currency, minor in figures.money_of(report.counts, what).items()}
