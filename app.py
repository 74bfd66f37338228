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
    "chalicelib.accounts.routes.events",
    "chalicelib.accounts.routes.mail",
    "chalicelib.accounts.routes.admin",
)
app = LearnFlow("learnflow", ROUTES, ALIASES)
starting.done()
