"""Oneself and others: profile, directory, roles, export and erasure, event feed."""

from chalicelib.accounts import feed, people, privacy
from chalicelib.accounts.feed import Stretch
from chalicelib.accounts.names import usernames
from chalicelib.accounts.people import ProfileChanged
from chalicelib.accounts.privacy import ErasureNotAsked, Export
from chalicelib.accounts.records import User, UsernameClaim
from chalicelib.accounts.schemas.history import EventsOut, EventsQuery
from chalicelib.accounts.schemas.people import (
    DirectoryQuery,
    ErasureIn,
    ExportOut,
    ProfilePatch,
    ProfilePut,
    RoleIn,
    UsernameOut,
    UserOut,
)
from chalicelib.table.pages import Page
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="People")


@routes.get("/users", policy=signed_in, lists=UsernameOut)
def list_users(ask: Ask[None, DirectoryQuery]) -> Page[UsernameClaim]:
    """All usernames, in order

    People who do not want to be listed, and children, are left out.
    """
    query = ask.query
    return usernames(ask.caller.id, ask.now, prefix=query.q, size=query.size, after=query.cursor)


@routes.get("/users/profile", policy=signed_in, gives=UserOut, standing="joined")
def get_profile(ask: Ask[None, None]) -> User:
    """Your profile"""
    return people.me(ask.act)


@routes.put("/users/profile", policy=signed_in, gives=UserOut, standing="joined", errors=(ProfileChanged,))
def put_profile(ask: Ask[ProfilePut, None]) -> User:
    """Replace your profile

    What is left out becomes empty. Send `If-Match` with the ETag you read to be sure nobody changed it meanwhile.
    """
    return people.change_profile(ask.act, ask.body.changes(), ask.expected_version)


@routes.patch("/users/profile", policy=signed_in, gives=UserOut, standing="joined", errors=(ProfileChanged,))
def patch_profile(ask: Ask[ProfilePatch, None]) -> User:
    """Change parts of your profile"""
    return people.change_profile(ask.act, ask.body.changes(), ask.expected_version)


@routes.get("/users/me", policy=signed_in, gives=UserOut, standing="joined")
def get_myself(ask: Ask[None, None]) -> User:
    """Your profile, under the name under which it was created"""
    return people.me(ask.act)


@routes.post("/users/me/roles", policy=signed_in, gives=UserOut, standing="joined")
def add_role(ask: Ask[RoleIn, None]) -> User:
    """Take another role

    Instructors become students too, and the other way round. Having the role already is no error.
    """
    return people.add_role(ask.act, ask.body.role)


@routes.get("/users/me/export", policy=signed_in, gives=ExportOut, standing="joined", cache="no-store")
def export_my_data(ask: Ask[None, None]) -> Export:
    """Everything that is held of you"""
    return privacy.export(ask.act)


@routes.delete("/users/me", policy=signed_in, gives=UserOut, status=202, standing="joined")
def delete_my_account(ask: Ask[ErasureIn, None]) -> User:
    """Have your account erased

    Takes your password. All sessions end; until `erasure_due` you can sign in and change your mind.
    """
    return privacy.ask_erasure(ask.act, ask.body.password)


@routes.post("/users/me/restore", policy=signed_in, gives=UserOut, standing="joined", errors=(ErasureNotAsked,))
def restore_my_account(ask: Ask[None, None]) -> User:
    """Keep your account after all"""
    return privacy.cancel_erasure(ask.act)


@routes.get("/events", policy=signed_in, gives=EventsOut)
def list_events(ask: Ask[None, EventsQuery]) -> Stretch:
    """What happened to you since

    Numbers have no gaps: ask again with `since` set to `next_since`. Events are kept for 35 days.
    """
    return feed.stretch(ask.caller.id, ask.query.since, ask.query.size)
