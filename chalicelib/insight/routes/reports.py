"""The daily reports, for administrators."""

from chalicelib.insight import reports
from chalicelib.insight.records import Report
from chalicelib.insight.reports import ReportUnknown
from chalicelib.insight.schemas.reports import ReportOut
from chalicelib.table.pages import Page
from chalicelib.web.policies import admin
from chalicelib.web.reading import CursorPaged
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Administration")


@routes.get("/admin/reports", policy=admin, lists=ReportOut)
def list_reports(ask: Ask[None, CursorPaged]) -> Page[Report]:
    """The daily reports, newest first"""
    return reports.newest(ask.act, size=ask.query.size, after=ask.query.cursor)


@routes.get("/admin/reports/{day}", policy=admin, gives=ReportOut, errors=(ReportUnknown,))
def get_report(ask: Ask[None, None], day: str) -> Report:
    """What happened on a day of the platform"""
    return reports.named(day)
