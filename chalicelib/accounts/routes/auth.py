"""Registering, signing in and out, sessions, passwords, verification."""

from chalicelib.accounts import cookies, people, recovery, refresh_tokens, refreshing, registering, sessions
from chalicelib.accounts.names import AddressTaken, NameTaken
from chalicelib.accounts.refresh_tokens import RefreshTokenInvalid
from chalicelib.accounts.refreshing import RefreshTokenReused
from chalicelib.accounts.registering import PasswordWeak
from chalicelib.accounts.schemas.auth import (
    AcceptedOut,
    AddressIn,
    ChangePasswordIn,
    LoginIn,
    MaybeAddressIn,
    RefreshIn,
    RegisterIn,
    SessionOut,
    SessionTokensOut,
    TokenFactsOut,
    VerifyIn,
)
from chalicelib.accounts.sessions import (
    CredentialsWrong,
    Device,
    SessionUnknown,
    SignedIn,
)
from chalicelib.accounts.tokens import TokenFacts, facts_of
from chalicelib.table.pages import Page
from chalicelib.web.exchange import Exchange
from chalicelib.web.identity import AccountBanned, TokenExpired, TokenInvalid, TokenMissing
from chalicelib.web.policies import anyone, signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Signing in")


@routes.post(
    "/auth/register",
    policy=anyone,
    gives=SessionTokensOut,
    status=201,
    location="/api/v1/users/me",
    limits=("register",),
    errors=(NameTaken, AddressTaken, PasswordWeak),
)
def register(ask: Ask[RegisterIn, None]) -> SignedIn:
    """Create an account

    Signs the person in at once and sends a mail that verifies the address. Nobody becomes an administrator or premium
    this way.
    """
    return registering.register(ask.act, ask.body.registration(), _device(ask.exchange))


@routes.post("/auth/login", policy=anyone, gives=SessionTokensOut, errors=(CredentialsWrong, AccountBanned))
def login(ask: Ask[LoginIn, None]) -> SignedIn:
    """Sign in with a username or a mail address

    Five attempts in 15 minutes per account and address; a success costs none. `transport: cookie` puts the refresh
    token into an HttpOnly cookie instead of the body.
    """
    return sessions.sign_in(ask.act, ask.body.name, ask.body.password, _device(ask.exchange))


@routes.post(
    "/auth/refresh",
    policy=anyone,
    gives=SessionTokensOut,
    errors=(RefreshTokenInvalid, RefreshTokenReused, AccountBanned),
)
def refresh(ask: Ask[RefreshIn, None]) -> SignedIn:
    """Exchange the refresh token for a new pair

    The presented token stays good until the new one is first used, and 20 seconds longer. An older one ends the
    session.
    """
    return refreshing.refresh(ask.act, _presented(ask))


@routes.post("/auth/logout", policy=anyone, errors=(TokenMissing, RefreshTokenInvalid))
def logout(ask: Ask[RefreshIn, None]) -> Reply:
    """Sign out of this session

    The session is the one of the access token, or of the refresh token in the body or cookie. Signing out twice is no
    error.
    """
    if ask.body.token or cookies.in_use(ask.exchange):
        user_id, session_id, _ = refresh_tokens.parsed(_presented(ask))
    elif ask.caller.is_anonymous:
        raise TokenMissing
    else:
        user_id, session_id = ask.caller.id, ask.caller.session
    sessions.sign_out(ask.act, user_id, session_id)
    return Reply(headers=cookies.clearing() if cookies.in_use(ask.exchange) else {})


@routes.post(
    "/auth/verify",
    policy=anyone,
    gives=TokenFactsOut,
    errors=(TokenInvalid, TokenExpired, RefreshTokenInvalid, AccountBanned),
)
def verify_token(ask: Ask[VerifyIn, None]) -> TokenFacts:
    """Ask whether a token is alive

    Answers 401 for one that is not. Takes access and refresh tokens.
    """
    return facts_of(ask.body.token, ask.now)


@routes.post(
    "/auth/change-password", policy=signed_in, gives=SessionTokensOut, standing="joined", errors=(PasswordWeak,)
)
def change_password(ask: Ask[ChangePasswordIn, None]) -> SignedIn:
    """Change your password

    Ends all sessions and answers with the tokens of a new one.
    """
    return _change_password(ask)


@routes.put(
    "/auth/change-password", policy=signed_in, gives=SessionTokensOut, standing="joined", errors=(PasswordWeak,)
)
def put_password(ask: Ask[ChangePasswordIn, None]) -> SignedIn:
    """Change your password (PUT)

    The same as POST, for clients that expect PUT.
    """
    return _change_password(ask)


def _change_password(ask: Ask[ChangePasswordIn, None]) -> SignedIn:
    return recovery.change_password(ask.act, ask.body.current, ask.body.new_password, _device(ask.exchange))


@routes.post("/auth/email/resend", policy=anyone, gives=AcceptedOut, status=202, errors=(TokenMissing,))
def resend_verification(ask: Ask[MaybeAddressIn, None]) -> AcceptedOut:
    """Have the verification mail sent again

    The answer is the same whether or not the address belongs to an account.
    """
    if ask.body.email is None and ask.caller.is_anonymous:
        raise TokenMissing("Sign in, or send the address.")
    answer = _on_its_way()
    recovery.ask(ask.act.answered_with(answer), "verify", ask.body.email or people.person(ask.caller.id).email)
    return answer


@routes.post("/auth/password/forgot", policy=anyone, gives=AcceptedOut, status=202)
def forgot_password(ask: Ask[AddressIn, None]) -> AcceptedOut:
    """Have a mail sent with which to choose a new password

    The answer is the same whether or not the address belongs to an account.
    """
    answer = _on_its_way()
    recovery.ask(ask.act.answered_with(answer), "reset", ask.body.email)
    return answer


@routes.get("/auth/sessions", policy=signed_in, lists=SessionOut, standing="joined")
def list_sessions(ask: Ask[None, None]) -> Page[tuple[object, bool]]:
    """Where you are signed in"""
    user_id = people.me(ask.act).id
    living = sessions.of(user_id, ask.caller.session_version, ask.now)
    return Page([(each, each.id == ask.caller.session) for each in living], count=len(living))


@routes.delete("/auth/sessions/{session_id}", policy=signed_in, errors=(SessionUnknown,))
def revoke_session(ask: Ask[None, None], session_id: str) -> None:
    """Sign out somewhere else"""
    sessions.revoke(ask.act, session_id)


def _presented(ask: Ask[RefreshIn, None]) -> str:
    """The refresh token of the body, or the one in the cookie where the request comes from our own page."""
    if ask.body.token:
        return ask.body.token
    token = cookies.in_use(ask.exchange)
    if token is None:
        raise RefreshTokenInvalid("Send the refresh token as `refresh`.")
    _, session_id, _ = refresh_tokens.parsed(token)
    cookies.require_same_site(ask.exchange, session_id)
    return token


def _device(exchange: Exchange) -> Device:
    return Device(exchange.address, exchange.headers.get("user-agent", ""))


def _on_its_way() -> AcceptedOut:
    return AcceptedOut(detail="If the address belongs to an account, a mail is on its way.")
