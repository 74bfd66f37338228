"""`make benchmark-summaries`: what it prints, of whom, and what it leaves alone."""

import pytest

from infra import benchmark_summaries
from tests.conftest import House
from tests.factories import people


@pytest.mark.row("G41")
def test_each_sort_of_call_has_its_figures(clean: House, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(benchmark_summaries.measured(benchmark_summaries.somebody(), calls=3))
    assert [(row.name, row.status, len(row.taken)) for row in rows] == [
        ("weekly, without the ETag", 200, 3),
        ("weekly, with the ETag", 304, 3),
        ("monthly, without the ETag", 200, 3),
        ("monthly, with the ETag", 304, 3),
    ]
    assert [row.bytes == 0 for row in rows] == [False, True, False, True]
    assert capsys.readouterr().out == ""


@pytest.mark.row("G41")
def test_a_line_has_minimum_median_and_the_slowest_twentieth() -> None:
    row = benchmark_summaries.Row("weekly", 200, 3374, [1.0 * each for each in range(1, 101)])
    assert row.line().split() == ["weekly", "200", "3374", "1.00", "50.50", "96.00"]
    assert len(row.line()) == len(benchmark_summaries.HEAD.removesuffix("  ms"))


@pytest.mark.row("G41")
def test_a_person_is_found_by_id_name_and_address(clean: House) -> None:
    user = people.enlisted("asha", email="asha@example.org")
    assert {benchmark_summaries.found(each) for each in (user.id, "asha", "asha@example.org")} == {user.id}
    assert benchmark_summaries.found("nobody") is None


def test_it_acts_for_nobody_on_a_stage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setattr("sys.argv", ["benchmark-summaries"])
    assert benchmark_summaries.main() == 2
    assert "this machine only" in capsys.readouterr().err
