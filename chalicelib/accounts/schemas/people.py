"""Profiles, the directory, and what administrators see."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.preferences import KINDS
from chalicelib.accounts.privacy import Export
from chalicelib.accounts.records import User, UsernameClaim
from chalicelib.accounts.schemas.fields import (
    Language,
    Name,
    Password,
    PictureAddress,
    TimeZone,
    WebAddress,
    example,
)
from chalicelib.web.reading import CursorPaged, Flag, In, Line, Out, Text

Role = Literal["student", "instructor", "admin"]
Tier = Literal["free", "premium"]
MailKind = Literal["tips", "reminders", "digests", "news"]


def role_of(roles: list[str]) -> str:
    """The one role that systems with one role per person would show."""
    return next((role for role in ("admin", "instructor", "student") if role in roles), "student")


class UserFields(Out):
    """A person as they see themselves."""

    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    role: str
    roles: list[str]
    account_kind: str
    tier: str
    is_verified: bool
    headline: str
    bio: str
    avatar_url: str | None
    website: str | None
    language: str
    time_zone: str
    listed: bool
    created_at: datetime
    updated_at: datetime
    erasure_due: datetime | None


class UserOut(UserFields):
    @classmethod
    def of(cls, result: Any) -> "UserOut":
        return cls(**user_fields(result))


def user_fields(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": role_of(list(user.roles)),
        "roles": list(user.roles),
        "account_kind": user.account_kind,
        "tier": user.tier,
        "is_verified": user.verified_at is not None,
        "headline": user.headline,
        "bio": user.bio,
        "avatar_url": user.avatar_url,
        "website": user.website,
        "language": user.language,
        "time_zone": user.time_zone,
        "listed": user.listed,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "erasure_due": user.erasure_due,
    }


class ProfilePatch(In):
    """Only the fields that are sent are changed; `null` clears an address."""

    model_config = ConfigDict(json_schema_extra=example(first_name="Asha", headline="Learning a little every day"))

    first_name: Name = ""
    last_name: Name = ""
    headline: Annotated[Line, Field(max_length=120)] = ""
    bio: Annotated[Text, Field(max_length=2000)] = ""
    avatar_url: PictureAddress | None = None
    website: WebAddress | None = None
    language: Language = "en"
    time_zone: TimeZone = "Asia/Kolkata"
    listed: Flag = True

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class ProfilePut(ProfilePatch):
    """The whole profile: what is left out becomes empty, except language, time zone and listing, which stay."""

    model_config = ConfigDict(
        json_schema_extra=example(
            first_name="Asha", last_name="Rao", bio="I teach mathematics.", time_zone="Asia/Kolkata"
        )
    )

    def changes(self) -> dict[str, Any]:
        kept = {"language", "time_zone", "listed"} - self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name not in kept}


class RoleIn(In):
    model_config = ConfigDict(json_schema_extra=example(role="student"))

    role: Literal["student", "instructor"]


class UsernameOut(Out):
    username: str

    @classmethod
    def of(cls, result: Any) -> "UsernameOut":
        claim: UsernameClaim = result
        return cls(username=claim.username)


class DirectoryQuery(CursorPaged):
    q: Annotated[Line, Field(max_length=60, description="The beginning of the username.")] = ""


class AdminUsersQuery(DirectoryQuery):
    q: Annotated[Line, Field(max_length=254, description="The beginning of a username, or a whole address.")] = ""
    role: Role | None = None
    tier: Tier | None = None


class AdminUserOut(UserFields):
    """A person as administrators see them."""

    is_banned: bool
    banned_at: datetime | None

    @classmethod
    def of(cls, result: Any) -> "AdminUserOut":
        return cls(**user_fields(result), is_banned=result.banned_at is not None, banned_at=result.banned_at)


class AdminUserPatch(In):
    """Roles are set as a whole; a tier counts from the next request on."""

    model_config = ConfigDict(json_schema_extra=example(tier="premium"))

    roles: Annotated[list[Role], Field(min_length=1, max_length=3)] | None = None
    role: Role | None = None
    tier: Tier | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "AdminUserPatch":
        if self.role is not None and self.roles is not None:
            raise ValueError("send role or roles, not both")
        return self

    def wanted_roles(self) -> list[str] | None:
        if self.roles is not None:
            return list(self.roles)
        return None if self.role is None else [self.role]


class BanIn(In):
    model_config = ConfigDict(json_schema_extra=example(reason="Spam in reviews"))

    reason: Annotated[Text, Field(max_length=500)] = ""


class MailPreferencesOut(Out):
    """Which kinds of mail are sent. Mail about the account itself always is."""

    tips: bool
    reminders: bool
    digests: bool
    news: bool

    @classmethod
    def of(cls, result: Any) -> "MailPreferencesOut":
        return cls(**{kind: kind not in result.refused_mail for kind in KINDS})


class MailPreferencesIn(In):
    model_config = ConfigDict(json_schema_extra=example(news=False))

    tips: Flag = True
    reminders: Flag = True
    digests: Flag = True
    news: Flag = True

    def refused(self) -> list[str]:
        return [kind for kind in KINDS if not getattr(self, kind)]


class ExportOut(Out):
    user_id: str
    made_at: datetime
    items: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, result: Any) -> "ExportOut":
        export: Export = result
        return cls(user_id=export.user_id, made_at=export.made_at, items=export.items)


class ErasureIn(In):
    model_config = ConfigDict(json_schema_extra=example(password="learn-by-doing-2026"))

    password: Password
