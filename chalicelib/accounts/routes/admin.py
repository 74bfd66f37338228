"""What administrators do: accounts and the audit log."""

from chalicelib.accounts import administration
from chalicelib.accounts.administration import LastStand
from chalicelib.accounts.people import PersonUnknown
from chalicelib.accounts.records import User
from chalicelib.accounts.schemas.people import AdminUserOut, AdminUserPatch, AdminUsersQuery, BanIn
from chalicelib.table.pages import Page
from chalicelib.web.policies import admin
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Administration")


@routes.get("/admin/users", policy=admin, lists=AdminUserOut)
def search_users(ask: Ask[None, AdminUsersQuery]) -> Page[User]:
    """Find people by the beginning of their name or by their whole mail address"""
    query = ask.query
    return administration.found(
        ask.act, text=query.q, role=query.role or "", tier=query.tier or "", size=query.size, after=query.cursor
    )


@routes.get("/admin/users/{user_id}", policy=admin, gives=AdminUserOut, errors=(PersonUnknown,))
def get_user(ask: Ask[None, None], user_id: str) -> User:
    """One person as administrators see them"""
    return administration.shown(ask.act, user_id)


@routes.patch("/admin/users/{user_id}", policy=admin, gives=AdminUserOut, errors=(PersonUnknown, LastStand))
def patch_user(ask: Ask[AdminUserPatch, None], user_id: str) -> User:
    """Change somebody's roles or tier"""
    return administration.change_user(ask.act, user_id, ask.body.wanted_roles(), ask.body.tier)


@routes.post("/admin/users/{user_id}/ban", policy=admin, gives=AdminUserOut, errors=(PersonUnknown, LastStand))
def ban_user(ask: Ask[BanIn, None], user_id: str) -> User:
    """Suspend somebody

    All their sessions end at once, and nobody signs in as them until the suspension is lifted.
    """
    return administration.ban(ask.act, user_id, ask.body.reason)


@routes.delete("/admin/users/{user_id}/ban", policy=admin, gives=AdminUserOut, errors=(PersonUnknown,))
def unban_user(ask: Ask[None, None], user_id: str) -> User:
    """Lift a suspension"""
    return administration.unban(ask.act, user_id)
