"""What is wrong with a field is said in words that people understand."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from chalicelib.catalog.schemas.fields import CourseId
from chalicelib.commerce.schemas.refunds import Line
from chalicelib.goals.schemas.fields import Logged, Planned
from chalicelib.learning.schemas.enrollments import UserId
from chalicelib.web import wording


class Form(BaseModel):
    """Every field may be left out, so that a test names one."""

    number: Annotated[int, Field(ge=1, le=86400)] = 1
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    truth: bool = True
    colour: Literal["red", "green"] = "red"
    day: date = date(2026, 1, 31)
    moment: datetime = datetime(2026, 1, 31, tzinfo=UTC)
    names: Annotated[list[str], Field(min_length=2, max_length=3)] = ["a", "b"]
    code: Annotated[str, Field(pattern="^a$", max_length=3)] = "a"
    course: CourseId = ""
    person: UserId = ""
    bought: Line = ""
    title: Annotated[str, Field(min_length=1)] = "a"
    word: Annotated[str, Field(min_length=3)] = "abc"
    more: dict[str, int] = {}
    logged_hours: Logged = 0
    total_hours: Planned = 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"number": "x"}, "Must be a whole number."),
        ({"number": 1.5}, "Must be a whole number."),
        ({"number": None}, "Must be a whole number."),
        ({"number": 0}, "At least 1."),
        ({"number": 86401}, "At most 86400."),
        ({"share": "x"}, "Must be a number."),
        ({"share": 0}, "Must be more than 0.0."),
        ({"share": 1}, "Must be less than 1.0."),
        ({"truth": "maybe"}, "Must be true or false."),
        ({"colour": "blue"}, "Must be 'red' or 'green'."),
        ({"day": "x"}, "Must be a day like 2026-01-31."),
        ({"moment": "x"}, "Must be a moment like 2026-01-31T09:00:00Z."),
        ({"names": "x"}, "Must be a list."),
        ({"names": []}, "At least 2 items."),
        ({"names": ["a"] * 4}, "At most 3 items."),
        ({"code": "b"}, "Does not have the form that is wanted here."),
        ({"course": "x"}, "Must look like crs_01ARZ3NDEKTSV4RRFFQ69G5FAV."),
        ({"person": "x"}, "Must look like usr_01ARZ3NDEKTSV4RRFFQ69G5FAV."),
        ({"bought": "x"}, "Must look like crs_01ARZ3NDEKTSV4RRFFQ69G5FAV."),
        ({"code": "aaaa"}, "At most 3 characters."),
        ({"code": 5}, "Must be text."),
        ({"title": ""}, "Must not be empty."),
        ({"word": "a"}, "At least 3 characters."),
        ({"more": []}, "Must be an object."),
        ({"logged_hours": "25:00:00"}, "At most 24 hours."),
        ({"total_hours": 36_000_001}, "At most 10000 hours."),
    ],
)
def test_what_is_wrong_is_said_in_words(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate(given)
    (error,) = refused.value.errors(include_url=False)
    assert wording.words(error) == said
