"""Kinds of values that several bodies of the catalogue share."""

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, AwareDatetime, BeforeValidator, Field, WithJsonSchema

from chalicelib.catalog import ids
from chalicelib.web.reading import Line, Text

COURSE, LESSON = "crs_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "les_01KAKZ6Q8M4T6V1N2B3C4D5E6F-2"
SECTION, CATEGORY = "sec_01KAKZ6Q8M4T6V1N2B3C4D5E6F", "cat_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
PERSON = "usr_01KAKZ6Q8M4T6V1N2B3C4D5E6F"
#: Those with a hundred parts to a whole, so that a price has the same two decimals in each.
Currency = Literal["AUD", "CAD", "CHF", "EUR", "GBP", "INR", "NZD", "SGD", "USD", "ZAR"]
KgClass = Literal["KG1", "KG2", "KG3", "MIXED"]
Level = Literal["all", "beginner", "intermediate", "advanced"]
Kind = Literal["text", "video", "file"]
Status = Literal["draft", "published", "archived"]
HIGHEST_PRICE = 99_999_999
_PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_PRICE_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": r"^\d{1,6}(\.\d{1,2})?$"}, {"type": "number", "minimum": 0}],
    "examples": ["19.99"],
}
_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def amount(value: Any) -> str:
    text = "" if isinstance(value, bool) else str(value)
    if not _PRICE.fullmatch(text):
        raise ValueError("must be an amount like 19.99, with at most two decimals and six digits before them")
    return text


def minor(price: str) -> int:
    """An amount in hundredths, exactly."""
    whole, _, part = price.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def _written(value: Any) -> Any:
    """Numbers, and texts of digits, would be read as seconds since 1970."""
    if not isinstance(value, datetime) and "T" not in str(value).upper():
        raise ValueError("must be a moment like 2026-01-31T08:00:00Z")
    return value


def _sensible(moment: datetime) -> datetime:
    if not _FIRST <= moment < _LAST:
        raise ValueError("must lie between 2020 and 2200")
    return moment.astimezone(UTC)


def _lesson_id(text: str) -> str:
    if ids.place_of(text) is None:
        raise ValueError("must be the id of a lesson")
    return text


def _distinct(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("must name each only once")
    return values


def _listed(value: Any) -> Any:
    """`a,b` in an address is two values."""
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


def also(name: str, *others: str) -> Any:
    """A field that clients of the older systems may call something else."""
    return Field(validation_alias=AliasChoices(name, *others))


def one_of(known: Collection[str]) -> Callable[[str], str]:
    """Takes these words alone; the document is to list them."""

    def word(text: str) -> str:
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return text

    return word


def both_ways(names: Iterable[str]) -> list[str]:
    """What one may sort by, each with a minus for the other direction."""
    return [sign + name for name in names for sign in ("", "-")]


Listed = BeforeValidator(_listed)
Title = Annotated[Line, Field(min_length=1, max_length=160)]
Slug = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Description = Annotated[Text, Field(max_length=20_000)]
Lines = Annotated[list[Annotated[Line, Field(min_length=1, max_length=300)]], Field(max_length=30)]
Price = Annotated[str, BeforeValidator(amount), WithJsonSchema(_PRICE_SCHEMA)]
PriceMinor = Annotated[int, Field(strict=True, ge=0, le=HIGHEST_PRICE)]
Whole = Annotated[int, Field(strict=True)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_sensible)]
CourseId = Annotated[str, Field(pattern=rf"^crs_{ids.ULID}$")]
LessonId = Annotated[str, Field(max_length=80), AfterValidator(_lesson_id)]
CategoryId = Annotated[str, Field(pattern=rf"^cat_{ids.ULID}$")]
SectionId = Annotated[str, Field(pattern=rf"^sec_{ids.ULID}$")]
MediaId = Annotated[str, Field(pattern=rf"^[a-z]{{3}}_{ids.ULID}$")]
Position = Annotated[Whole, Field(ge=1, le=9999)]
Courses = Annotated[list[CourseId], Field(max_length=10), AfterValidator(_distinct)]
