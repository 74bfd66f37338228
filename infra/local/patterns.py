"""The event patterns of a stream's filter, as AWS documents them; the stream source asks `matches`.

Known are equality lists, null, `exists`, `prefix`, `suffix`, `anything-but`, `equals-ignore-case`, `numeric` and `$or`.
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ABSENT = object()

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def passes(patterns: Sequence[str], event: Mapping[str, Any]) -> bool:
    """Whether any of the patterns (JSON texts) lets the event through; no pattern lets everything through."""
    return not patterns or any(matches(json.loads(pattern), event) for pattern in patterns)


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether every field of the pattern finds what it wants in the event."""
    if not isinstance(event, Mapping):
        event = {}
    return all(field_matches(name, wanted, event) for name, wanted in pattern.items())


def field_matches(name: str, wanted: Any, event: Mapping[str, Any]) -> bool:
    if name == "$or":
        return any(matches(alternative, event) for alternative in wanted)
    value = event.get(name, ABSENT)
    if isinstance(wanted, Mapping):
        return matches(wanted, value)
    values = value if isinstance(value, list) else [value]
    return any(rule_matches(rule, one) for rule in wanted for one in values)


def rule_matches(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return value is not ABSENT and type(value) is type(rule) and bool(value == rule)
    ((kind, operand),) = rule.items()
    if kind not in RULES:
        raise ValueError(f"The local cloud does not know the filter rule {kind!r}.")
    return RULES[kind](operand, value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def numeric(operand: Sequence[Any], value: Any) -> bool:
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return is_number(value) and all(COMPARISONS[sign](value, bound) for sign, bound in pairs)


def anything_but(operand: Any, value: Any) -> bool:
    refused = operand if isinstance(operand, list) else [operand]
    return value is not ABSENT and not any(rule_matches(rule, value) for rule in refused)


RULES: dict[str, Callable[[Any, Any], bool]] = {
    "exists": lambda operand, value: (value is not ABSENT) is operand,
    "prefix": lambda operand, value: isinstance(value, str) and value.startswith(operand),
    "suffix": lambda operand, value: isinstance(value, str) and value.endswith(operand),
    "equals-ignore-case": lambda operand, value: isinstance(value, str) and value.lower() == operand.lower(),
    "anything-but": anything_but,
    "numeric": numeric,
}
