"""Having oneself erased. What is held of oneself is exported by `insight/routes/export.py`, which sees all domains."""

from chalicelib.accounts import privacy
from chalicelib.accounts.privacy import ErasureNotAsked
from chalicelib.accounts.records import User
from chalicelib.accounts.schemas.person import UserOut
from chalicelib.accounts.schemas.privacy import ErasureIn
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="People")


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
