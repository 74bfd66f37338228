"""The letters of learning; their words are in `messaging/templates`, one file each."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.messaging.letters import Letter


@dataclass(frozen=True, kw_only=True)
class EnrollmentConfirmed(Letter):
    subject: ClassVar[str] = "You are enrolled"
    course: str
    link: str


@dataclass(frozen=True, kw_only=True)
class CourseFinished(Letter):
    refusable_as: ClassVar[str] = "milestones"
    subject: ClassVar[str] = "You have finished a course"
    course: str
    lessons: int
    link: str
    unsubscribe: str


@dataclass(frozen=True, kw_only=True)
class Nudge(Letter):
    """To somebody who enrolled and never began."""

    refusable_as: ClassVar[str] = "reminders"
    subject: ClassVar[str] = "Your course is waiting for you"
    course: str
    enrolled: str
    ends: str
    link: str
    unsubscribe: str
