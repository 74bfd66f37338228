"""Everything that is held of oneself, in all domains."""

from chalicelib.accounts import privacy
from chalicelib.accounts.privacy import Export
from chalicelib.accounts.schemas.privacy import ExportOut
from chalicelib.insight.holders import HOLDERS
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="People")


@routes.get("/users/me/export", policy=signed_in, gives=ExportOut, standing="joined", cache="no-store")
def export_my_data(ask: Ask[None, None]) -> Export:
    """Everything that is held of you"""
    return privacy.export(ask.act, HOLDERS)
