"""Registering, signing in, sessions, changed passwords."""

import json
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from chalicelib.accounts import cookies
from chalicelib.accounts.records import Session
from chalicelib.accounts.registering import Registration
from chalicelib.accounts.schemas.fields import (
    EmailAddress,
    Language,
    Name,
    Password,
    RefreshToken,
    TimeZone,
    Username,
    example,
)
from chalicelib.accounts.schemas.person import UserFields, UserOut, user_fields
from chalicelib.accounts.sessions import Grant, SignedIn
from chalicelib.accounts.tokens import TokenFacts
from chalicelib.settings import settings
from chalicelib.web.reading import In, Out

Transport = Literal["body", "cookie"]


class RegisterIn(In):
    model_config = ConfigDict(
        json_schema_extra=example(
            username="asha",
            email="asha@example.org",
            password="seven-lean-otters",
            first_name="Asha",
            last_name="Rao",
        )
    )

    username: Username | None = None
    email: EmailAddress
    password: Password
    first_name: Name = ""
    last_name: Name = ""
    role: Literal["student", "instructor", "teacher", "child", "admin"] = "student"
    tier: Literal["free", "premium"] = "free"
    time_zone: TimeZone = settings.default_zone
    language: Language = "en"
    transport: Transport = "body"

    def registration(self) -> Registration:
        return Registration(**self.model_dump(exclude={"transport"}))


class LoginIn(In):
    """One of `identifier`, `username` and `email`, and the password."""

    model_config = ConfigDict(json_schema_extra=example(identifier="student", password="learn-by-doing-2026"))

    identifier: Annotated[str, Field(max_length=254)] | None = None
    username: Annotated[str, Field(max_length=254)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    password: Password
    transport: Transport = "body"

    @model_validator(mode="after")
    def _one_name(self) -> "LoginIn":
        given = [name for name in (self.identifier, self.username, self.email) if name and name.strip()]
        if len(given) != 1:
            raise ValueError("send one of identifier, username and email")
        return self

    @property
    def name(self) -> str:
        return (self.identifier or self.username or self.email or "").strip()


class RefreshIn(In):
    """The refresh token under either name; nothing where it travels in the cookie."""

    model_config = ConfigDict(json_schema_extra=example(refresh="<refresh token>"))

    refresh: RefreshToken | None = None
    refresh_token: RefreshToken | None = None

    @model_validator(mode="after")
    def _one(self) -> "RefreshIn":
        if self.refresh and self.refresh_token and self.refresh != self.refresh_token:
            raise ValueError("refresh and refresh_token must not differ")
        return self

    @property
    def token(self) -> str | None:
        return self.refresh or self.refresh_token


class VerifyIn(In):
    model_config = ConfigDict(json_schema_extra=example(token="<access or refresh token>"))

    token: Annotated[str, Field(max_length=4096)]


class TokenFactsOut(Out):
    """A token that is alive: whose it is and how long it lives."""

    valid: bool
    token_type: str
    user_id: str
    expires_at: datetime

    @classmethod
    def of(cls, result: Any) -> "TokenFactsOut":
        facts: TokenFacts = result
        return cls(valid=True, token_type=facts.token_type, user_id=facts.user_id, expires_at=facts.expires_at)


class SessionTokensOut(UserFields):
    """The two tokens under both customary names, and the person, nested and at top level."""

    secrets: ClassVar[frozenset[str]] = frozenset(
        {"access", "refresh", "access_token", "refresh_token", "csrf_token", "token_type", "expires_in"}
    )

    user: UserOut
    access: str = ""
    refresh: str | None = None
    access_token: str = ""
    refresh_token: str | None = None
    token_type: str = "Bearer"
    expires_in: int = settings.access_seconds
    csrf_token: Annotated[str, Field(description="Only with the cookie transport.")] | None = None
    _grant: Grant = PrivateAttr()

    @classmethod
    def of(cls, result: Any) -> "SessionTokensOut":
        signed_in: SignedIn = result
        fields = user_fields(signed_in.user)
        out = cls(**fields, user=UserOut(**fields))
        out._grant = signed_in.grant
        return out

    def seed(self) -> dict[str, Any]:
        return self._grant.seed()

    @classmethod
    def reissued(cls, body: str, seed: dict[str, Any], ask: Any) -> tuple[str, dict[str, Any]]:
        """The same body with the same tokens, as often as it is asked for."""
        grant = Grant(**seed)
        access, refresh = grant.access_token(), grant.refresh_token()
        tokens: dict[str, Any] = {"access": access, "access_token": access}
        headers: dict[str, Any] = {}
        if cookies.wanted(ask):
            headers = cookies.setting(refresh)
            tokens["csrf_token"] = cookies.csrf_token(grant.session_id)
        else:
            tokens |= {"refresh": refresh, "refresh_token": refresh}
        tokens |= {"token_type": "Bearer", "expires_in": settings.access_seconds}
        return json.dumps(tokens | json.loads(body), ensure_ascii=False, separators=(",", ":")), headers


class SessionOut(Out):
    id: str
    device: str
    place: str
    created_at: datetime | None
    last_used_at: datetime
    expires_at: datetime
    current: bool

    @classmethod
    def of(cls, result: Any) -> "SessionOut":
        session: Session
        session, current = result
        return cls(
            id=session.id,
            device=session.device,
            place=session.place,
            created_at=session.created_at,
            last_used_at=session.rotated_at,
            expires_at=min(session.expires_at, session.ends_at),
            current=current,
        )


class ChangePasswordIn(In):
    """The present password under one of its customary names, and the new one."""

    model_config = ConfigDict(
        json_schema_extra=example(current_password="learn-by-doing-2026", new_password="nine-quiet-herons")
    )

    current_password: Password | None = None
    old_password: Password | None = None
    new_password: Password
    transport: Transport = "body"

    @model_validator(mode="after")
    def _current(self) -> "ChangePasswordIn":
        if (self.current_password is None) == (self.old_password is None):
            raise ValueError("send the present password as current_password")
        return self

    @property
    def current(self) -> str:
        return self.current_password or self.old_password or ""


class AddressIn(In):
    model_config = ConfigDict(json_schema_extra=example(email="student@learnflow.example"))

    email: EmailAddress


class MaybeAddressIn(In):
    """Signed in, nothing need be said; otherwise the address."""

    model_config = ConfigDict(json_schema_extra=example(email="student@learnflow.example"))

    email: EmailAddress | None = None


class AcceptedOut(Out):
    """The request is taken; what follows comes by mail."""

    detail: str
