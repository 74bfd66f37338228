"""The report of sales, for teachers and administrators."""

from chalicelib.insight import sales_reports
from chalicelib.insight.sales_reports import SalesNotYours
from chalicelib.insight.schemas.sales import SalesOut, SalesQuery, Shown
from chalicelib.web.answering import next_page
from chalicelib.web.policies import teacher
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Earnings")


@routes.get("/reports/sales", policy=teacher, gives=SalesOut, errors=(SalesNotYours,))
def report_sales(ask: Ask[None, SalesQuery]) -> Shown:
    """What was sold: orders, conversion, average order, revenue by day and by course

    Of your own courses; administrators see everything, or one teacher. Conversion is of the orders in which your
    courses are. The numbers are kept from facts, and may be some seconds behind.
    """
    report = sales_reports.of(ask.act, ask.query.wish(), is_admin="admin" in ask.caller.roles)
    return Shown(report, next_page(ask.exchange, report.next_cursor))
