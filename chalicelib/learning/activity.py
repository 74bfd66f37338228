"""A day of learning as it is kept: how much, in which zone, and whether it was just after midnight. Pure.

`diary.py` notes it in the transaction of what was learned; streaks and dashboards read it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.learning.records import Days

#: What is learned in the first hour of a day may still count for the day before.
GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Activity:
    """`early` is whether some of it was in the first hour of the day, `only_early` whether all of it was."""

    lessons: int = 0
    seconds: int = 0
    early: bool = False
    only_early: bool = False
    zone: str = ""


def noted(
    entry: Mapping[str, Any] | None, moment: datetime, zone: str, *, lessons: int = 0, seconds: int = 0
) -> dict[str, Any]:
    """The entry of a day with this added to it; the day is that of the moment in this zone."""
    before = entry or {}
    early = is_early(moment, zone)
    hour = before.get("hour", "none") if entry else ("only" if early else "none")
    if (hour == "none") if early else (hour == "only"):
        hour = "also"
    return {
        "lessons": int(before.get("lessons", 0)) + lessons,
        "seconds": int(before.get("seconds", 0)) + seconds,
        "zone": zone,
        **({} if hour == "none" else {"hour": hour}),
    }


def by_day(months: Iterable[Any]) -> dict[date, Activity]:
    """All that was learned, by day, out of whatever records these are."""
    return {
        date.fromisoformat(day): _read(entry)
        for month in months
        if isinstance(month, Days)
        for day, entry in month.days.items()
    }


def _read(entry: Mapping[str, Any]) -> Activity:
    hour = entry.get("hour")
    return Activity(
        lessons=int(entry.get("lessons", 0)),
        seconds=int(entry.get("seconds", 0)),
        early=hour is not None,
        only_early=hour == "only",
        zone=str(entry.get("zone", "")),
    )


def is_early(moment: datetime, zone: str) -> bool:
    local = moment.astimezone(ZoneInfo(zone)).date()
    return moment - beginning(local, zone) < GRACE


def beginning(day: date, zone: str) -> datetime:
    """The first moment of a day. Where clocks go forward at midnight, that is the moment after."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
