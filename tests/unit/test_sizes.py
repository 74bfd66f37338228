"""DynamoDB's arithmetic, checked against the examples and rules of its documentation."""

import pytest

from tests.bench import sizes
from tests.bench.meter import reading, writing

INDEX = ("gsi1pk", "gsi1sk")


def item(size: int, **more: str) -> dict[str, dict[str, str]]:
    """An item of so many bytes."""
    named = {name: {"S": value} for name, value in more.items()}
    return {**named, "x": {"S": "a" * (size - 1 - sizes.item_size(named))}}


def _item(values: dict[str, str] | None) -> dict[str, dict[str, str]] | None:
    return None if values is None else item(100, **values)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "ü"}, 2),
        ({"N": "0"}, 2),
        ({"N": "12"}, 2),
        ({"N": "-123"}, 4),
        ({"N": "100000"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": "AAEC"}, 3),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}]}, 6),
        ({"M": {"k": {"S": "ab"}}}, 7),
    ],
)
def test_a_value_has_the_size_that_the_documentation_says(value: dict[str, object], size: int) -> None:
    assert sizes.value_size(value) == size


def test_the_names_of_attributes_count() -> None:
    assert sizes.item_size({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}) == 23


@pytest.mark.parametrize(("size", "consistent", "units"), [(4096, True, 1), (4097, True, 2), (4096, False, 0.5)])
def test_reads_are_rounded_up_to_4_kilobytes(size: int, consistent: bool, units: float) -> None:
    assert sizes.read_units([item(size)], consistent=consistent) == units


def test_a_query_is_rounded_once_and_a_batch_item_by_item() -> None:
    found = [item(600)] * 6
    query = reading("Query", {}, {"Items": found})
    asked = {"RequestItems": {"t": {"Keys": [{}] * 7, "ConsistentRead": True}}}
    batch = reading("BatchGetItem", asked, {"Responses": {"t": found}})
    assert (query, batch) == (0.5, 7)


def test_reading_what_is_not_there_costs_too() -> None:
    assert reading("GetItem", {"ConsistentRead": True}, {}) == 1


@pytest.mark.parametrize(
    ("before", "after", "units"), [(None, 1024, 1), (None, 1025, 2), (3000, 10, 3), (None, None, 1)]
)
def test_a_write_costs_the_larger_of_before_and_after(before: int | None, after: int | None, units: int) -> None:
    assert sizes.write_units(item(before) if before else None, item(after) if after else None) == units


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, None, 0),
        (None, {"gsi1pk": "a", "gsi1sk": "1"}, 1),
        ({"gsi1pk": "a", "gsi1sk": "1"}, None, 1),
        ({"gsi1pk": "a", "gsi1sk": "1"}, {"gsi1pk": "a", "gsi1sk": "1"}, 0),
        ({"gsi1pk": "a", "gsi1sk": "1"}, {"gsi1pk": "a", "gsi1sk": "1", "more": "m"}, 1),
        ({"gsi1pk": "a", "gsi1sk": "1"}, {"gsi1pk": "a", "gsi1sk": "2"}, 2),
        ({"gsi1pk": "a"}, {"gsi1pk": "a"}, 0),
    ],
)
def test_an_index_costs_what_changes_in_it(
    before: dict[str, str] | None, after: dict[str, str] | None, units: int
) -> None:
    assert sizes.index_units(INDEX, _item(before), _item(after)) == units


def test_a_transaction_costs_twice_and_its_index_entries_once() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    place = str(key)
    made = {**key, **item(1500, gsi1pk="a", gsi1sk="1")}
    alone = writing("PutItem", [{"Item": made}], {place: None}, {place: made})
    together = writing("TransactWriteItems", [{"Item": made}], {place: None}, {place: made})
    assert (alone, together) == (2 + 2, 4 + 2)


def test_a_condition_that_is_only_checked_is_paid_as_a_write() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    held = {**key, **item(1500)}
    assert writing("TransactWriteItems", [{"Key": key}], {str(key): held}, {str(key): held}) == 4
