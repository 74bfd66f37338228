"""The key chart and the key functions say the same, and no value can reach a key that it must not reach."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.table import keys
from chalicelib.table.keys import LONGEST, BadKeyPart, Key
from infra import data_model
from infra.data_model import Row

ROWS = data_model.chart()
SEQUENCE = 7


def _returning(kind: type) -> dict[str, Callable[..., Any]]:
    functions = inspect.getmembers(keys, inspect.isfunction)
    public = {name: each for name, each in functions if not name.startswith("_") and each.__module__ == keys.__name__}
    return {name: each for name, each in public.items() if inspect.signature(each).return_annotation is kind}


KEY_FUNCTIONS = _returning(Key)
#: Functions that make the partition of a collection or of an index. A digest is part of a key, not a key.
PARTITIONS = {name: each for name, each in _returning(str).items() if name != "digest"}


def _arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """A value that says whose it is, for each parameter."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name: SEQUENCE if each.annotation is int else f"a-{each.name}" for each in parameters}


def _filled(pattern: str, arguments: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        given = arguments[found[1]]
        return f"{given:012d}" if isinstance(given, int) else str(given)

    return re.sub(r"<(\w+)>", value, pattern)


def _shape(key: str) -> str:
    """A key or a pattern without what varies."""
    head, separator, rest = key.partition("#")
    return head + separator * (1 + rest.count("#")) if separator else head


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.entity)
def test_each_row_has_a_function_that_makes_exactly_its_key(row: Row) -> None:
    function = KEY_FUNCTIONS[row.entity]
    arguments = _arguments(function)
    assert function(**arguments) == Key(_filled(row.pk, arguments), _filled(row.sk, arguments))


def test_each_function_that_makes_a_key_has_one_row() -> None:
    assert sorted(KEY_FUNCTIONS) == sorted(row.entity for row in ROWS)


def test_each_index_of_the_chart_has_a_function_and_each_partition_function_a_place_in_the_chart() -> None:
    charted = {_shape(row.pk) for row in ROWS} | {_shape(index.partition) for row in ROWS for index in row.indexes}
    made = {name: _shape(function(**_arguments(function))) for name, function in PARTITIONS.items()}
    assert set(made.values()) <= charted
    assert {_shape(index.partition) for row in ROWS for index in row.indexes} <= set(made.values())


def test_no_two_kinds_share_a_key() -> None:
    shapes = [(row.pk, row.sk) for row in ROWS]
    assert len(set(shapes)) == len(shapes)


def test_each_kind_of_record_has_a_row_of_its_own() -> None:
    assert set(data_model.records()) <= {row.entity for row in ROWS}


def test_the_partitions_of_the_directory_are_those_that_names_fall_into_in_the_order_of_names() -> None:
    names = sorted(first + second for first in "0_abcdefghijklmnopqrstuvwxyz" for second in "0az")
    assert list(dict.fromkeys(keys.name_bucket(name) for name in names)) == keys.name_buckets()


def _must_be_refused(text: str) -> bool:
    return not text or "#" in text or not text.isprintable()


HOSTILE = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="#ab\x00\x1f\u2028\ud800é", max_size=8),
    st.integers(LONGEST - 30, LONGEST + 30).map(lambda length: "x" * length),
)
PLACES = [
    (name, parameter.name)
    for name, function in sorted(KEY_FUNCTIONS.items())
    for parameter in inspect.signature(function).parameters.values()
    if parameter.annotation is str
]


@given(place=st.sampled_from(PLACES), text=HOSTILE)
@example(place=("job", "occurrence"), text="a#b")
@example(place=("fact", "fact"), text="")
@example(place=("ack", "batch"), text="\n")
@settings(max_examples=2000, deadline=None)
def test_a_value_with_a_separator_control_characters_or_nothing_in_it_is_refused_and_others_stay_whole(
    place: tuple[str, str], text: str
) -> None:
    function, parameter = KEY_FUNCTIONS[place[0]], place[1]
    arguments = _arguments(function) | {parameter: text}
    if _must_be_refused(text):
        with pytest.raises(BadKeyPart):
            function(**arguments)
        return
    try:
        key = function(**arguments)
    except BadKeyPart:
        assert len(text.encode()) > LONGEST - 100
        return
    assert text in (*key.pk.split("#"), *key.sk.split("#"))
    assert max(len(part.encode()) for part in key) <= LONGEST


@pytest.mark.parametrize(("name", "parameter"), PLACES, ids=lambda each: each)
@pytest.mark.parametrize("text", ["", "#", "a#b", "\x00", "a\nb", "\x7f", "\u2028", "x" * 1025, "é" * 513])
def test_no_part_of_any_key_takes_what_would_break_it(name: str, parameter: str, text: str) -> None:
    function = KEY_FUNCTIONS[name]
    with pytest.raises(BadKeyPart):
        function(**_arguments(function) | {parameter: text})


def test_what_strangers_type_stands_in_a_key_as_a_digest_of_fixed_form() -> None:
    assert re.fullmatch("[0-9a-f]{40}", keys.digest("any#thing\x00\ud800"))
