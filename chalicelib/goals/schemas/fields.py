"""Kinds of values that several bodies of goals share."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.catalog.ids import ULID
from chalicelib.catalog.schemas.fields import PERSON
from chalicelib.goals import durations, ids
from chalicelib.web.reading import In, Line, Text

GOAL, ENTRY = ids.goal_of(PERSON, 1), ids.entry_of(PERSON, 1, 1)
LARGEST_PAGE = 10
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _written(hours: str, most: int) -> WithJsonSchema:
    """How the documentation shows a time of up to so many seconds, whose hours look like this."""
    patterns = (rf"^{hours}:[0-5][0-9]:[0-5][0-9]$", rf"^PT{hours}H([0-5]?[0-9]M)?$", r"^[0-9]{1,4}$")
    texts = [{"type": "string", "pattern": pattern} for pattern in patterns]
    numbers = {"type": "number", "minimum": 0, "maximum": most}
    return WithJsonSchema({"anyOf": [*texts, numbers], "examples": ["02:30:00", "PT2H30M", 9000]})


def _no_longer(most: int) -> AfterValidator:
    """Says the limit in hours, as people write times; its code is that of any other limit."""

    def check(seconds: int) -> int:
        if seconds > most:
            raise PydanticCustomError("less_than_equal", "At most {hours} hours.", {"hours": most // durations.HOUR})
        return seconds

    return AfterValidator(check)


def _date(value: Any) -> str:
    """A date as people write it, and nothing that could be read as one: no moments, no seconds since 1970."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError("must be a date like 2026-01-31")


#: A date as text, which sorts as dates do.
Day = Annotated[str, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
GoalName = Annotated[Line, Field(min_length=1, max_length=160)]
GoalText = Annotated[Text, Field(max_length=2_000)]
#: A goal in a body or a query: its number or its id.
GoalRef = Annotated[str, Field(pattern=rf"^([1-9][0-9]{{0,11}}|gol_[1-9][0-9]{{0,11}}-{ULID})$")]
#: Time in whole seconds, in any of its spellings: what one entry took, and what an entry or a goal plans.
Logged = Annotated[
    int,
    BeforeValidator(durations.seconds),
    Field(ge=0),
    _no_longer(durations.LONGEST_LOGGED),
    _written("([01]?[0-9]|2[0-3])", durations.LONGEST_LOGGED),
]
Planned = Annotated[
    int,
    BeforeValidator(durations.seconds),
    Field(ge=0),
    _no_longer(durations.LONGEST_PLANNED),
    _written("[0-9]{1,4}", durations.LONGEST_PLANNED),
]


class Few(In):
    """The query of a list by page numbers whose pages are small."""

    page_size: Annotated[int, Field(ge=1, description="At most 10; more is read as 10.")] = 5
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    @property
    def size(self) -> int:
        return min(self.page_size, LARGEST_PAGE)

    @property
    def first(self) -> int:
        """How many rows lie before the page."""
        return (self.page - 1) * self.size
