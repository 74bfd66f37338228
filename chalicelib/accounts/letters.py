"""The letters accounts write; their words are in `messaging/templates`, one file each."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.messaging.letters import Letter


@dataclass(frozen=True, kw_only=True)
class VerifyAddress(Letter):
    subject: ClassVar[str] = "Please confirm your mail address"
    link: str
    hours: int


@dataclass(frozen=True, kw_only=True)
class Welcome(Letter):
    refusable_as: ClassVar[str] = "tips"
    subject: ClassVar[str] = "Welcome to LearnFlow"
    link: str
    unsubscribe: str


@dataclass(frozen=True, kw_only=True)
class ResetPassword(Letter):
    subject: ClassVar[str] = "Choose a new password"
    link: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Letter):
    subject: ClassVar[str] = "Your password was changed"
    moment: str


@dataclass(frozen=True, kw_only=True)
class StrangeSignIn(Letter):
    subject: ClassVar[str] = "We ended one of your sessions"
    moment: str


@dataclass(frozen=True, kw_only=True)
class AccountBanned(Letter):
    subject: ClassVar[str] = "Your account was suspended"
    moment: str


@dataclass(frozen=True, kw_only=True)
class ErasureScheduled(Letter):
    subject: ClassVar[str] = "Your account will be deleted"
    due: str


@dataclass(frozen=True, kw_only=True)
class ErasureCancelled(Letter):
    subject: ClassVar[str] = "Your account stays"
