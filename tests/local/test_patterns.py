"""Which stream records a filter lets through."""

from typing import Any

import pytest

from infra.local.patterns import matches, passes

EVENT: dict[str, Any] = {
    "eventName": "INSERT",
    "dynamodb": {"NewImage": {"kind": {"S": "fact"}, "name": {"S": "user.registered"}}, "SizeBytes": 120},
}


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"eventName": ["INSERT", "MODIFY"]},
        {"dynamodb": {"NewImage": {"kind": {"S": ["fact"]}}}},
        {"dynamodb": {"NewImage": {"name": {"S": [{"prefix": "user."}]}}}},
        {"dynamodb": {"NewImage": {"name": {"S": [{"suffix": ".registered"}]}}}},
        {"dynamodb": {"NewImage": {"name": {"S": [{"anything-but": ["user.left"]}]}}}},
        {"dynamodb": {"NewImage": {"name": {"S": [{"anything-but": {"prefix": "order."}}]}}}},
        {"dynamodb": {"OldImage": {"kind": {"S": [{"exists": False}]}}}},
        {"dynamodb": {"NewImage": {"kind": {"S": [{"exists": True}]}}}},
        {"dynamodb": {"SizeBytes": [{"numeric": [">", 100, "<=", 120]}]}},
        {"eventName": [{"equals-ignore-case": "insert"}]},
        {"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [120]}}]},
    ],
)
def test_a_record_that_has_all_that_is_asked_passes(pattern: dict[str, Any]) -> None:
    assert matches(pattern, EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["MODIFY"]},
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["user"]}}}},
        {"dynamodb": {"OldImage": {"kind": {"S": ["fact"]}}}},
        {"dynamodb": {"NewImage": {"kind": {"S": [{"exists": False}]}}}},
        {"dynamodb": {"NewImage": {"name": {"S": [{"prefix": "order."}]}}}},
        {"dynamodb": {"SizeBytes": [{"numeric": [">", 120]}]}},
        {"dynamodb": {"SizeBytes": ["120"]}},
        {"eventName": [None]},
        {"absent": [{"anything-but": ["x"]}]},
    ],
)
def test_a_record_that_lacks_anything_asked_is_held_back(pattern: dict[str, Any]) -> None:
    assert not matches(pattern, EVENT)


def test_one_of_several_filters_is_enough_and_none_lets_all_through() -> None:
    assert passes(('{"eventName": ["REMOVE"]}', '{"eventName": ["INSERT"]}'), EVENT)
    assert passes((), EVENT)
    assert not passes(('{"eventName": ["REMOVE"]}',), EVENT)


def test_a_rule_it_does_not_know_is_an_error_rather_than_a_silent_no() -> None:
    with pytest.raises(ValueError, match="cidr"):
        matches({"eventName": [{"cidr": "10.0.0.0/8"}]}, EVENT)
