"""Mail: preferences, and the small pages behind the links in mails, which work without any client of ours."""

from typing import Any

from chalicelib.accounts import mail_pages, mail_tokens, people, preferences, recovery
from chalicelib.accounts.mail_pages import shown
from chalicelib.accounts.mail_tokens import MailedTokenInvalid
from chalicelib.accounts.records import User
from chalicelib.accounts.registering import PasswordWeak
from chalicelib.accounts.schemas.mail import (
    DoneOut,
    MailedTokenIn,
    MailPreferencesIn,
    MailPreferencesOut,
    OneClickIn,
    ResetIn,
    TokenQuery,
)
from chalicelib.accounts.schemas.person import UserOut
from chalicelib.web.policies import anyone, signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Mail")
HTML = "text/html"
USED = (MailedTokenInvalid,)


@routes.get("/users/me/mail-preferences", policy=signed_in, gives=MailPreferencesOut, standing="joined")
def get_mail_preferences(ask: Ask[None, None]) -> User:
    """Which mail you get"""
    return people.me(ask.act)


@routes.put("/users/me/mail-preferences", policy=signed_in, gives=MailPreferencesOut, standing="joined")
def put_mail_preferences(ask: Ask[MailPreferencesIn, None]) -> User:
    """Choose which mail you get"""
    return preferences.refuse(ask.act, ask.body.refused())


@routes.get("/auth/email/verify", policy=anyone, media=HTML)
def verification_page(ask: Ask[None, TokenQuery]) -> Reply:
    """The page that the link in the verification mail opens"""
    return mail_pages.verify(ask.query.token)


@routes.post("/auth/email/verify", policy=anyone, gives=UserOut, limits=("mailed_token",), form=True, errors=USED)
def verify_email(ask: Ask[MailedTokenIn, None]) -> Any:
    """Prove your mail address with the token that was mailed to it"""
    user = recovery.verify(ask.act, ask.body.token)
    return shown(ask, user, "Thank you", "Your mail address is confirmed.")


@routes.get("/auth/password/reset", policy=anyone, media=HTML)
def reset_page(ask: Ask[None, TokenQuery]) -> Reply:
    """The page that the link in the reset mail opens"""
    return mail_pages.reset(ask.query.token)


@routes.post(
    "/auth/password/reset",
    policy=anyone,
    gives=DoneOut,
    limits=("mailed_token",),
    form=True,
    errors=(*USED, PasswordWeak),
)
def reset_password(ask: Ask[ResetIn, None]) -> Any:
    """Choose a new password with the token from the mail

    Ends all sessions; sign in with the new password afterwards.
    """
    done = DoneOut(detail="Your password is changed. Sign in with it.")
    recovery.reset(ask.act.answered_with(done), ask.body.token, ask.body.chosen)
    return shown(ask, done, "Your password is changed", "Sign in with it.")


@routes.get("/mail/unsubscribe", policy=anyone, media=HTML, errors=USED)
def unsubscribe_page(ask: Ask[None, TokenQuery]) -> Reply:
    """The page that the unsubscribe link in a mail opens"""
    _, kind = mail_tokens.unsubscribe_claim(ask.query.token)
    return mail_pages.unsubscribe(ask.query.token, kind)


@routes.post("/mail/unsubscribe", policy=anyone, gives=DoneOut, limits=("mailed_token",), form=True, errors=USED)
def unsubscribe(ask: Ask[OneClickIn, TokenQuery]) -> Any:
    """Unsubscribe with one click (RFC 8058), without signing in"""
    _, kind = mail_tokens.unsubscribe_claim(ask.query.token)
    done = DoneOut(detail=f"You will not get this kind of mail any more: {kind}.")
    preferences.unsubscribe(ask.act.answered_with(done), ask.query.token)
    return shown(ask, done, "Unsubscribed", done.detail)
