"""What is wrong with a field, in words for the person who filled it in; `reading` asks for them.

Codes are pydantic's and stay as they are: programs decide by them.
"""

import re
from collections.abc import Mapping
from typing import Any

_PLAIN = {
    "extra_forbidden": "This field is not known here.",
    "missing": "This field is required.",
    "json_invalid": "Must be JSON.",
    "pattern_mismatch": "Does not have the form that is wanted here.",
}
#: A pattern that wants an id says by its beginning of what kind.
_ID = re.compile(r"\^\(?([a-z]{3}_)\[0-9A-HJKMNP-TV-Z]\{26}")
_ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
_TYPES = {
    "int": "Must be a whole number.",
    "float": "Must be a number.",
    "decimal": "Must be a number.",
    "bool": "Must be true or false.",
    "string": "Must be text.",
    "list": "Must be a list.",
    "dict": "Must be an object.",
    "model": "Must be an object.",
    "date": "Must be a day like 2026-01-31.",
    "datetime": "Must be a moment like 2026-01-31T09:00:00Z.",
}
#: Behind the name of a type, as in `int_parsing`.
_TROUBLES = ("type", "parsing", "from_", "attributes_type", "unicode")
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "less_than_equal": ("le", "At most {}."),
    "less_than": ("lt", "Must be less than {}."),
    "greater_than_equal": ("ge", "At least {}."),
    "greater_than": ("gt", "Must be more than {}."),
}


def words(error: Mapping[str, Any]) -> str:
    """Our own words where there are some; what the rule itself says otherwise."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    for say in (_id, _plain, _bound, _length, _choice, _type):
        if said := say(kind, context, error["input"]):
            return said
    return str(error["msg"]).removeprefix("Value error, ")


def _id(kind: str, context: Mapping[str, Any], _: Any) -> str | None:
    wanted = _ID.match(context["pattern"]) if kind == "string_pattern_mismatch" else None
    return f"Must look like {wanted[1]}{_ULID}." if wanted else None


def _plain(kind: str, _: Mapping[str, Any], __: Any) -> str | None:
    return _PLAIN.get(kind.removeprefix("string_"))


def _bound(kind: str, context: Mapping[str, Any], _: Any) -> str | None:
    name, sentence = _BOUNDS.get(kind, ("", ""))
    return sentence.format(context[name]) if name in context else None


def _length(kind: str, context: Mapping[str, Any], given: Any) -> str | None:
    """Pydantic counts items where people count characters."""
    bound, name = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}.get(
        kind.removeprefix("string_"), ("", "")
    )
    if not bound:
        return None
    if (kind, context[name]) == ("string_too_short", 1):
        return "Must not be empty."
    thing = "character" if isinstance(given, str) else "item"
    return f"At {bound} {context[name]} {thing}{'' if context[name] == 1 else 's'}."


def _choice(kind: str, context: Mapping[str, Any], _: Any) -> str | None:
    return f"Must be {context['expected']}." if kind in ("literal_error", "enum") else None


def _type(kind: str, _: Mapping[str, Any], __: Any) -> str | None:
    name, trouble = kind.partition("_")[::2]
    return _TYPES.get(name) if trouble.startswith(_TROUBLES) else None
