"""The API: Chalice on Lambda behind API Gateway. This file configures it and lists its domains, and cannot grow."""

from chalicelib import starting  # first, before there is much to collect
from chalicelib.web.aliases import ALIASES
from chalicelib.web.application import LearnFlow

#: Modules with routes, in the order of the documentation. The packaged API imports one when its path is first asked.
ROUTES = (
    "chalicelib.web.system",
    "chalicelib.accounts.routes.auth",
    "chalicelib.accounts.routes.myself",
    "chalicelib.accounts.routes.users",
    "chalicelib.accounts.routes.privacy",
    "chalicelib.insight.routes.export",
    "chalicelib.accounts.routes.events",
    "chalicelib.accounts.routes.mail",
    "chalicelib.accounts.routes.admin",
    "chalicelib.catalog.routes.categories",
    "chalicelib.catalog.routes.finding",
    "chalicelib.catalog.routes.courses",
    "chalicelib.catalog.routes.sections",
    "chalicelib.catalog.routes.lessons",
    "chalicelib.catalog.routes.media",
    "chalicelib.learning.routes.certificates",
    "chalicelib.learning.routes.reading",
    "chalicelib.learning.routes.enrollments",
    "chalicelib.learning.routes.lesson_progress",
    "chalicelib.commerce.routes.cart",
    "chalicelib.commerce.routes.coupons",
    "chalicelib.commerce.routes.orders",
    "chalicelib.commerce.routes.payments",
    "chalicelib.commerce.routes.refunds",
    "chalicelib.commerce.routes.receipts",
    "chalicelib.commerce.routes.earnings",
    "chalicelib.commerce.routes.overseeing",
    "chalicelib.goals.routes.goals",
    "chalicelib.goals.routes.pace",
    "chalicelib.goals.routes.entries",
    "chalicelib.goals.routes.summaries",
    "chalicelib.insight.routes.progress",
    "chalicelib.learning.routes.streak",
    "chalicelib.insight.routes.dashboards",
    "chalicelib.insight.routes.next_actions",
    "chalicelib.insight.routes.reports",
    "chalicelib.insight.routes.sales",
)
app = LearnFlow("learnflow", ROUTES, ALIASES)
starting.done()
