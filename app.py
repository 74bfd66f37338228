"""The API: Chalice on Lambda behind API Gateway. This file configures it and lists its domains, and cannot grow."""

from chalicelib import starting  # first, before there is much to collect
from chalicelib.accounts import routes as accounts
from chalicelib.web import system
from chalicelib.web.aliases import ALIASES
from chalicelib.web.application import LearnFlow

app = LearnFlow("learnflow")
app.open([system.routes, *accounts.ROUTES], ALIASES)
starting.done()
