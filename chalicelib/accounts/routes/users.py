"""The directory, and changing one's own profile and roles."""

from chalicelib.accounts import people, rights
from chalicelib.accounts.names import usernames
from chalicelib.accounts.people import ProfileChanged
from chalicelib.accounts.records import User, UsernameClaim
from chalicelib.accounts.schemas.people import DirectoryQuery, ProfilePatch, ProfilePut, RoleIn, UsernameOut
from chalicelib.accounts.schemas.person import UserOut
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


@routes.post("/users/me/roles", policy=signed_in, gives=UserOut, standing="joined")
def add_role(ask: Ask[RoleIn, None]) -> User:
    """Take another role

    Instructors become students too, and the other way round. Having the role already is no error.
    """
    return rights.add_role(ask.act, ask.body.role)
