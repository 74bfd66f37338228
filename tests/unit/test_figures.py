"""The kept figures: they name today's operations, and every answer computed from them comes in time."""

import pytest
import yaml

from infra import costs, performance
from infra.costs import GIVEN
from tests.bench.operations import OPERATIONS

SLOW = 200
KEPT = {each["name"]: each for each in performance.figures()["operations"]}
ASSUMED = yaml.safe_load(GIVEN.read_text())


def test_the_kept_figures_say_what_the_table_of_operations_says() -> None:
    known = {each.name: each for each in OPERATIONS}
    for name, kept in KEPT.items():
        row = known[name]
        assert (tuple(kept["trips"]), kept["reads"], kept["writes"]) == (row.trips, row.reads, row.writes), name


def test_every_operation_that_reaches_the_function_was_measured() -> None:
    assert {each.name for each in OPERATIONS} - set(KEPT) == {"refused path"}


@pytest.mark.row("M122")
@pytest.mark.parametrize("name", sorted(KEPT))
def test_an_answer_takes_less_than_200_ms_of_computing_and_waiting_at_the_chosen_memory(name: str) -> None:
    assert costs.lambda_milliseconds(KEPT[name], ASSUMED["function"]) < SLOW


def test_an_operation_costs_what_its_parts_cost() -> None:
    measured = {"name": "x", "trips": ["GetItem"] * 2, "reads": 2, "writes": 4, "cpu_ms": {"normalised": 2.0}}
    given = {
        "prices": {"gateway_million": 3, "lambda_million": 0.5, "lambda_gb_second": 0.001}
        | {"reads_million": 0.25, "writes_million": 1.5},
        "function": {"memory_mb": 1024, "mb_of_one_vcpu": 2048, "trip_ms": 3},
    }
    cost = costs.cost(measured, given)
    assert (cost.milliseconds, cost.gateway, cost.compute, cost.table) == (10, 3, 10.5, 6.5)


def test_the_stack_that_is_replaced_grows_with_its_busiest_hour() -> None:
    small, large = costs.always_on(1000, ASSUMED), costs.always_on(10**9, ASSUMED)
    assert 40 < small < large
