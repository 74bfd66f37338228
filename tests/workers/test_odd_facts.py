"""What only looks like a fact is refused where it is read, so that it never fails in the midst of a batch."""

import json
from typing import Any

import pytest

from chalicelib.table import facts
from functions import react_to_facts
from infra.local.invocation import Context
from tests.workers.doubles import a_fact, dead, waiting

ODD: list[tuple[str, Any]] = [
    ("id", {"a": 1}),
    ("id", "with#separator"),
    ("id", ""),
    ("name", None),
    ("actor", 1),
    ("subject", "x" * 201),
    ("audience", "usr_ada"),
    ("audience", [{}]),
    ("payload", []),
    ("at", "0001-01-01T00:00:00+00:00"),
    ("at", "2026-01-31T00:00:00"),
    ("version", "1"),
    ("subject_ver", {}),
]


@pytest.mark.parametrize(("name", "value"), ODD)
def test_a_message_with_something_odd_in_it_is_no_fact(name: str, value: Any) -> None:
    document = json.loads(a_fact().message()) | {name: value}
    with pytest.raises((ValueError, TypeError)):
        facts.from_message(json.dumps(document))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", {"S": "0001-01-01T00:00:00+00:00"}),
        ("payload", {"S": "[]"}),
        ("actor", {"S": "a b"}),
        ("id", {"S": "a#b"}),
        ("ttl", {"N": str(10**30)}),
        ("ttl", {"N": str(10**18)}),
        ("payload", {"S": "[" * 100_000}),
    ],
)
def test_an_odd_image_is_buried_and_its_neighbour_is_told(name: str, value: Any) -> None:
    healthy = a_fact()
    images = [facts.record(a_fact()).serialize() | {name: value}, facts.record(healthy).serialize()]
    records = [{"dynamodb": {"SequenceNumber": str(n), "NewImage": image}} for n, image in enumerate(images)]
    assert react_to_facts.handler({"Records": records}, Context("react_to_facts", 30)) == {"batchItemFailures": []}
    assert len(dead("facts")) == 1
    assert [message["fact"]["id"] for message in waiting("history")] == [healthy.id]
