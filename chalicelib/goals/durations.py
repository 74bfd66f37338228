"""Time as people and clients write it, in whole seconds, and as answers say it. Pure; bodies and answers of goals ask.

A clock `HH:MM:SS` (more than 24 hours will do, and days before it, as Django prints them), an ISO 8601 duration, or a
number of seconds. What has no fixed length, as a month, is refused, and so is what could be read in two ways.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800
#: What one entry may have taken, which is of one day; and what an entry or a goal may plan.
LONGEST_LOGGED, LONGEST_PLANNED = DAY, 10_000 * HOUR
FORMS = "must be a time like 02:30:00, PT2H30M or 9000 seconds"
_CLOCK = re.compile(r"(?:(\d{1,5}) (?:days?,? )?)?(\d{1,5}):([0-5]\d):([0-5]\d(?:\.\d{1,6})?)", re.ASCII)
_NUMBER = r"(\d{1,9}(?:[.,]\d{1,6})?)"
_ISO = re.compile(
    rf"P(?=\d|T\d)(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?", re.ASCII
)
_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_LARGEST = 10**12


def seconds(value: Any) -> int:
    """Whole seconds, rounded half up; refused (ValueError) where it is no time, or less than none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(FORMS)  # noqa: TRY004 - what a body says wrong is a ValueError to its model
    exact = _of_text(value.strip()) if isinstance(value, str) else _of_number(value)
    return int(exact.to_integral_value(ROUND_HALF_UP))


def text(duration: int) -> str:
    """As a clock: hours, which may be many, minutes and seconds."""
    return f"{duration // HOUR:02d}:{duration % HOUR // MINUTE:02d}:{duration % MINUTE:02d}"


def _of_number(value: float) -> Decimal:
    if not -_LARGEST < value < _LARGEST:  # NaN is not there either
        raise ValueError(FORMS)
    return _positive(Decimal(str(value)))


def _positive(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _of_text(value: str) -> Decimal:
    if value.startswith("-"):
        raise ValueError("must not be negative")
    if found := _CLOCK.fullmatch(value):
        return _sum(found.groups(), (DAY, HOUR, MINUTE, 1))
    if found := _ISO.fullmatch(value.upper()):
        return _sum(found.groups(), (WEEK, DAY, HOUR, MINUTE, 1))
    if _SECONDS.fullmatch(value):
        return Decimal(value)
    raise ValueError(FORMS)


def _sum(parts: tuple[str | None, ...], units: tuple[int, ...]) -> Decimal:
    given = zip(parts, units, strict=True)
    return sum((Decimal(part.replace(",", ".")) * unit for part, unit in given if part), Decimal(0))
