"""What administrators do: accounts and the audit log."""

from chalicelib.accounts import administration, audit_reading, chain
from chalicelib.accounts.administration import LastStand
from chalicelib.accounts.audit_reading import EntryUnknown, Shown
from chalicelib.accounts.chain import Verification
from chalicelib.accounts.people import PersonUnknown
from chalicelib.accounts.records import User
from chalicelib.accounts.schemas.admin import AdminUserOut, AdminUserPatch, AdminUsersQuery, BanIn
from chalicelib.accounts.schemas.history import AuditEntryOut, AuditQuery, VerificationOut, VerifyQuery
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


@routes.get("/admin/audit-logs", policy=admin, lists=AuditEntryOut)
def list_audit_log(ask: Ask[None, AuditQuery]) -> Page[Shown]:
    """What was done, newest first

    By actor and subject over all days; otherwise one day, today unless `day` says another.
    """
    return audit_reading.entries(ask.act, ask.query.filters(), size=ask.query.size, after=ask.query.cursor)


@routes.get("/admin/audit-logs/verify", policy=admin, gives=VerificationOut)
def verify_audit_log(ask: Ask[None, VerifyQuery]) -> Verification:
    """Prove that nobody rewrote a day of the audit log

    Names the first broken entry of each part of the chain.
    """
    return chain.verify(ask.query.day.isoformat())


@routes.get("/admin/audit-logs/{entry_id}", policy=admin, gives=AuditEntryOut, errors=(EntryUnknown,))
def get_audit_entry(ask: Ask[None, None], entry_id: str) -> Shown:
    """One entry, with what was replaced by what as long as the person has not been erased"""
    return audit_reading.one(entry_id)
