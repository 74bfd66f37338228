"""People as administrators see and change them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.schemas.fields import example
from chalicelib.accounts.schemas.people import DirectoryQuery
from chalicelib.accounts.schemas.person import UserFields, user_fields
from chalicelib.web.reading import In, Line, Text

Role = Literal["student", "instructor", "admin"]
Tier = Literal["free", "premium"]


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
