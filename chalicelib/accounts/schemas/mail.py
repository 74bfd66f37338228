"""Mail preferences, and the tokens that travel by mail."""

from typing import Any

from pydantic import ConfigDict, model_validator

from chalicelib.accounts.preferences import KINDS
from chalicelib.accounts.schemas.fields import MailedToken, Password, example
from chalicelib.web.reading import Flag, In, Out


class MailPreferencesOut(Out):
    """Which kinds of mail are sent. Mail about the account itself always is."""

    tips: bool
    reminders: bool
    digests: bool
    milestones: bool
    news: bool

    @classmethod
    def of(cls, result: Any) -> "MailPreferencesOut":
        return cls(**{kind: kind not in result.refused_mail for kind in KINDS})


class MailPreferencesIn(In):
    model_config = ConfigDict(json_schema_extra=example(news=False))

    tips: Flag = True
    reminders: Flag = True
    digests: Flag = True
    milestones: Flag = True
    news: Flag = True

    def refused(self) -> list[str]:
        return [kind for kind in KINDS if not getattr(self, kind)]


class MailedTokenIn(In):
    model_config = ConfigDict(json_schema_extra=example(token="<token from the mail>"))

    token: MailedToken


class ResetIn(MailedTokenIn):
    model_config = ConfigDict(
        json_schema_extra=example(token="<token from the mail>", new_password="nine-quiet-herons")
    )

    new_password: Password | None = None
    password: Password | None = None

    @model_validator(mode="after")
    def _one(self) -> "ResetIn":
        if (self.new_password is None) == (self.password is None):
            raise ValueError("send the new password as new_password")
        return self

    @property
    def chosen(self) -> str:
        return self.new_password or self.password or ""


class OneClickIn(In):
    """What mail programs send when their unsubscribe button is pressed; our own page sends nothing."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [{"List-Unsubscribe": "One-Click"}]})


class TokenQuery(In):
    token: MailedToken


class DoneOut(Out):
    detail: str
