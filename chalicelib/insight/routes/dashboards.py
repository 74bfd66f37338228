"""One's own numbers: the dashboard, the report of one's progress, and how one's courses do."""

from collections.abc import Callable
from typing import Any

from chalicelib.catalog.courses import CourseNotYours, CourseUnknown
from chalicelib.insight import dashboards, performance, progress_reports
from chalicelib.insight.dashboards import Continued, Stats
from chalicelib.insight.performance import Performance
from chalicelib.insight.progress_reports import ProgressReport
from chalicelib.insight.schemas.dashboards import ContinueOut, ContinueQuery, StatsOut
from chalicelib.insight.schemas.reports import PerformanceOut, ProgressQuery, ProgressReportOut, Shown
from chalicelib.table.pages import Page
from chalicelib.web.answering import next_page
from chalicelib.web.policies import signed_in, teacher
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Dashboards and reports")


def _file(report: ProgressReport, _: str | None) -> Reply:
    headers = {
        "Content-Disposition": 'attachment; filename="progress.csv"',
        "Cache-Control": "private, no-cache",
    }
    return Reply(page=progress_reports.as_csv(report), content_type="text/csv; charset=utf-8", headers=headers)


FORMS: dict[str, Callable[[ProgressReport, str | None], Any]] = {"json": Shown, "csv": _file}


@routes.get("/dashboard/stats", policy=signed_in, gives=StatsOut)
def get_stats(ask: Ask[None, None]) -> Stats:
    """Your learning and teaching in numbers

    Learning is as fresh as it can be; numbers about your students may be some seconds behind.
    """
    return dashboards.stats(ask.act, ask.caller)


@routes.get("/dashboard/continue-learning", policy=signed_in, lists=ContinueOut, standing="joined")
def continue_learning(ask: Ask[None, ContinueQuery]) -> Page[Continued]:
    """Where to go on: your courses under way, the one you were last in first"""
    return Page(dashboards.continued(ask.act, ask.caller.zone, ask.query.size))


@routes.get("/reports/progress", policy=signed_in, gives=ProgressReportOut, also="text/csv")
def report_progress(ask: Ask[None, ProgressQuery]) -> Any:
    """How far you are in each of your courses

    As JSON, or with `format=csv` as a file for a spreadsheet. Where there are more courses than one answer holds,
    its header `Link` leads to the next.
    """
    report = progress_reports.report(ask.act, ask.query.size, ask.query.cursor)
    return FORMS[ask.query.format](report, next_page(ask.exchange, report.next_cursor))


@routes.get(
    "/courses/{course_id}/performance",
    policy=teacher,
    gives=PerformanceOut,
    standing="joined",
    errors=(CourseUnknown, CourseNotYours),
)
def course_performance(ask: Ask[None, None], course_id: str) -> Performance:
    """How a course of yours does: who learns, how many finish, and where they stop"""
    return performance.of(ask.act, course_id)
