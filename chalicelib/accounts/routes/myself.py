"""Who am I: what clients ask first and most, so this module needs little."""

from chalicelib.accounts import people
from chalicelib.accounts.records import User
from chalicelib.accounts.schemas.person import UserOut
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="People")


@routes.get("/auth/me", policy=signed_in, gives=UserOut, standing="joined")
def me(ask: Ask[None, None]) -> User:
    """Who am I"""
    return people.me(ask.act)


@routes.get("/users/profile", policy=signed_in, gives=UserOut, standing="joined")
def get_profile(ask: Ask[None, None]) -> User:
    """Your profile"""
    return people.me(ask.act)


@routes.get("/users/me", policy=signed_in, gives=UserOut, standing="joined")
def get_myself(ask: Ask[None, None]) -> User:
    """Your profile, under the name under which it was created"""
    return people.me(ask.act)
