"""Profiles, roles and the directory."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.accounts.records import UsernameClaim
from chalicelib.accounts.schemas.fields import Language, MediaAddress, Name, TimeZone, WebAddress, example
from chalicelib.web.reading import CursorPaged, Flag, In, Line, Out, Text


class ProfilePatch(In):
    """Only the fields that are sent are changed; `null` clears an address."""

    model_config = ConfigDict(json_schema_extra=example(first_name="Asha", headline="Learning a little every day"))

    first_name: Name = ""
    last_name: Name = ""
    headline: Annotated[Line, Field(max_length=120)] = ""
    bio: Annotated[Text, Field(max_length=2000)] = ""
    avatar_url: MediaAddress | None = None
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
