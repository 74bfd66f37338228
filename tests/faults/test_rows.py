"""Every row of the fault table, at the number of rounds that `make test` can afford."""

import pytest

from tests.conftest import House
from tests.faults import mutants, table
from tests.faults.lab import Lab
from tests.faults.table import Row


def _each() -> list[object]:
    chosen = [row for row in table.rows() if row.rounds.of("test")]
    return [pytest.param(row, id=f"{row.id}-{row.work.__name__}") for row in chosen]


@pytest.mark.parametrize("row", _each())
def test_a_row_of_the_fault_table_holds(engine: House, row: Row) -> None:
    outcome = table.run(row, Lab(engine), range(1, row.rounds.of("test") + 1))
    assert outcome.violations == []
    assert outcome.cases > 0


def test_each_mutant_finds_its_condition_in_one_place() -> None:
    """So that a change of the product does not take one out of the list unseen."""
    places = {each.name: (mutants.ROOT / each.file).read_text("utf-8").count(each.old) for each in mutants.MUTANTS}
    assert {name: count for name, count in places.items() if count != 1} == {}
