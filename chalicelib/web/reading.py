"""From text to models: JSON as strict as it should be, and the base of every body and query model."""

import json
import unicodedata
from collections.abc import Collection
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from chalicelib.errors import FieldError, Invalid, Malformed, TooLarge
from chalicelib.web import wording

BODY_BYTES = 256 * 1024
DEPTH = 32
DIGITS = 16

M = TypeVar("M", bound=BaseModel)


class BodyTooLarge(TooLarge):
    """The body is larger than this route takes."""


class BodyUnreadable(Malformed):
    """The body is not JSON."""


class FieldsInvalid(Invalid):
    """Some fields are not acceptable."""


def _clean(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    for letter in composed:
        if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t\r":
            raise ValueError("must not contain control characters")
    return composed


def _one_line(text: str) -> str:
    if any(mark in text for mark in "\n\r\t\u2028\u2029"):
        raise ValueError("must be a single line")
    return text.strip()


#: Text that people wrote: NFC, without control characters. A line has no line breaks and no blank ends.
Text = Annotated[str, AfterValidator(_clean)]
Line = Annotated[Text, AfterValidator(_one_line)]


#: Yes or no in a body: JSON has a word for each, so 0, 1 and "yes" are mistakes.
Flag = Annotated[bool, Field(strict=True)]


class In(BaseModel):
    """A body or a query: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)
    #: Fields of the answer that follow from others: who sends them is told so.
    derived: ClassVar[frozenset[str]] = frozenset()


LARGEST_PAGE = 100


class Paged(In):
    """The query of a list."""

    page_size: Annotated[int, Field(ge=1, description="At most 100; more is read as 100.")] = 20

    @property
    def size(self) -> int:
        return min(self.page_size, LARGEST_PAGE)


class CursorPaged(Paged):
    """The query of a list that goes on from a cursor."""

    cursor: Annotated[str, Field(max_length=2048)] | None = None


class Out(BaseModel):
    """An answer. `of` makes it from what the rule returned."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    @classmethod
    def of(cls, result: Any) -> "Out":
        if isinstance(result, cls):
            return result
        raise TypeError(f"{cls.__name__} cannot be made from {type(result).__name__}")


def json_of(text: str | bytes, *, limit: int = BODY_BYTES) -> Any:
    """Strict JSON: no duplicate keys, no NaN, bounded depth and digits."""
    if len(text) > limit:
        raise BodyTooLarge(f"The body may have up to {limit} bytes.")
    try:
        document = json.loads(
            text, parse_constant=_refuse, parse_int=_integer, parse_float=_number, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError) as cause:
        raise BodyUnreadable(f"The body is not acceptable JSON: {_reason(cause)}") from cause
    if _deeper_than(document, DEPTH):
        raise BodyUnreadable(f"The body is nested deeper than {DEPTH} levels.")
    return document


def _reason(cause: Exception) -> str:
    if isinstance(cause, json.JSONDecodeError):
        return f"{cause.msg} at line {cause.lineno}, column {cause.colno}"
    return "nested too deeply" if isinstance(cause, RecursionError) else str(cause)[:120]


def _refuse(constant: str) -> Any:
    raise ValueError(f"not a JSON number: {constant}")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS + 1:
        raise ValueError("an integer is too large")
    return int(digits)


def _number(digits: str) -> int | float:
    """To a JSON schema 2.0 is an integer."""
    value = float(digits)
    return int(value) if value.is_integer() and abs(value) < 10**DIGITS else value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key appears twice")
    return document


def _deeper_than(document: Any, levels: int) -> bool:
    layer = [document]
    for _ in range(levels):
        layer = [
            child
            for each in layer
            if isinstance(each, (dict, list))
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, (dict, list))
        ]
        if not layer:
            return False
    return True


def model_of(model: type[M], values: Any) -> M:
    """The validated model, or a problem that names each field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        derived: frozenset[str] = getattr(model, "derived", frozenset())
        raise FieldsInvalid(errors=[_field_error(each, derived) for each in error.errors(include_url=False)]) from error


_CODES = {"extra_forbidden": "unknown_field", "missing": "required"}


def _field_error(error: Any, derived: Collection[str]) -> FieldError:
    kind = error["type"].removeprefix("string_")
    path = ".".join(str(part) for part in error["loc"]) or "body"
    if kind == "extra_forbidden" and path in derived:
        return FieldError(path, "derived", "This follows from other fields and cannot be set.")
    return FieldError(path, _CODES.get(kind, kind), wording.words(error))
