"""The letters of goals; their words are in `messaging/templates`, one file each."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.messaging.letters import Letter


@dataclass(frozen=True, slots=True)
class Waiting:
    """One goal of a reminder, in words; `deadline` is empty where there is none."""

    name: str
    idle: str
    logged: str
    deadline: str


@dataclass(frozen=True, kw_only=True)
class GoalsWaiting(Letter):
    """To somebody who has done nothing for a goal, or for several, for a while."""

    refusable_as: ClassVar[str] = "reminders"
    subject: ClassVar[str] = "Your goals are waiting for you"
    days: int
    link: str
    unsubscribe: str
    goals: tuple[Waiting, ...] = ()
    #: How many more there are than fit into a letter.
    more: int = 0
