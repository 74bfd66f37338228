"""The letters insight writes; their words are in `messaging/templates`, one file each."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.messaging.letters import Letter


@dataclass(frozen=True, slots=True)
class Line:
    """A number and what it counts."""

    label: str
    value: int | str


@dataclass(frozen=True, slots=True)
class Bar:
    """`width` is in percent of the longest bar."""

    label: str
    value: int
    width: int


@dataclass(frozen=True, kw_only=True)
class DailyReport(Letter):
    refusable_as: ClassVar[str] = "digests"
    subject: ClassVar[str] = "What happened on the platform"
    day: str
    link: str
    unsubscribe: str
    happened: tuple[Line, ...] = ()
    there_are: tuple[Line, ...] = ()
    chart_title: str = ""
    chart_bars: tuple[Bar, ...] = ()
