"""A person as they see themselves: in most answers of accounts, so it stands alone."""

from datetime import datetime
from typing import Any

from chalicelib.accounts.records import User
from chalicelib.web.reading import Out


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
