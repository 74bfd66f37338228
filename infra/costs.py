"""The tables of docs/costs.md: the committed figures of `make bench` times the prices in infra/costs.yaml."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from infra.performance import ROOT, figures, replaced, table

PAGE = ROOT / "docs" / "costs.md"
GIVEN = Path(__file__).with_name("costs.yaml")
MILLION = 1_000_000
Document = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """Dollars per million of an operation, by what they are paid for."""

    name: str
    milliseconds: int
    reads: float
    writes: int
    gateway: float
    compute: float
    table: float

    @property
    def total(self) -> float:
        return self.gateway + self.compute + self.table


def render() -> str:
    given: Document = yaml.safe_load(GIVEN.read_text(encoding="utf-8"))
    costs = [cost(each, given) for each in figures()["operations"]]
    return replaced(PAGE, "\n\n".join([_assumptions(given), _operations(costs), *_months(costs, given)]))


def cost(measured: Document, given: Document) -> Cost:
    prices, function = given["prices"], given["function"]
    spent = lambda_milliseconds(measured, function)
    return Cost(
        name=measured["name"],
        milliseconds=spent,
        reads=measured["reads"],
        writes=measured["writes"],
        gateway=prices["gateway_million"],
        compute=prices["lambda_million"]
        + spent / 1000 * function["memory_mb"] / 1024 * prices["lambda_gb_second"] * MILLION,
        table=measured["reads"] * prices["reads_million"] + measured["writes"] * prices["writes_million"],
    )


def lambda_milliseconds(measured: Document, function: Document) -> int:
    """Work takes longer where a function has less than a vCPU; waiting takes as long as it takes. Both are paid."""
    share: float = min(1.0, function["memory_mb"] / function["mb_of_one_vcpu"])
    work: float = measured["cpu_ms"]["normalised"] / share
    waiting: float = len(measured["trips"]) * function["trip_ms"]
    return ceil(work + waiting)


def _assumptions(given: Document) -> str:
    function = given["function"]
    return (
        f"Prices of {given['prices']['as_of']}, us-east-1, on demand. A function has {function['memory_mb']:,} MB; "
        f"a call to the table is waited for {function['trip_ms']} ms."
    )


def _operations(costs: list[Cost]) -> str:
    rows = [
        [
            each.name,
            f"{each.reads:g}",
            str(each.writes),
            str(each.milliseconds),
            *(f"{dollars:.2f}" for dollars in (each.gateway, each.compute, each.table, each.total)),
        ]
        for each in costs
    ]
    return table(
        ["operation", "reads", "writes", "Lambda ms", "gateway $", "Lambda $", "table $", "$ per million"], rows
    )


def _months(costs: list[Cost], given: Document) -> list[str]:
    mix: dict[str, float] = given["mix"]
    by_name = {each.name: each for each in costs}
    said = ", ".join(f"{name.partition(',')[0]} {times:g}" for name, times in mix.items())
    rows = []
    for learners in given["learners"]:
        ours = [
            learners * sum(times * getattr(by_name[name], part) for name, times in mix.items()) / MILLION
            for part in ("gateway", "compute", "table", "total")
        ]
        requests = learners * sum(mix.values())
        rows.append([f"{learners:,}", f"{requests:,.0f}", *map(_dollars, ours), _dollars(always_on(requests, given))])
    head = ["learners", "requests", "gateway $", "Lambda $", "table $", "together $", "always-on stack $"]
    return [f"### A month\n\nOperations of one learner in a month: {said}.", table(head, rows)]


def always_on(requests: float, given: Document) -> float:
    """A month of the stack that is replaced: its smallest size, and more of it for the busiest hour."""
    prices, stack = given["prices"], given["always_on"]
    busiest = requests / (stack["hours"] * 3600) * stack["peak"] / stack["load"]
    containers = max(stack["containers"], ceil(busiest * stack["request_cpu_ms"] / 1000 / stack["vcpu"]))
    container = stack["vcpu"] * prices["container_vcpu_hour"] + stack["gb"] * prices["container_gb_hour"]
    database = max(
        prices["database_hour"], busiest * stack["database_cpu_ms"] / 1000 * prices["large_database_vcpu_hour"]
    )
    hourly = containers * container + database + prices["cache_hour"] + prices["balancer_hour"]
    return float(stack["hours"] * hourly + stack["database_gb"] * prices["database_gb_month"])


def _dollars(amount: float) -> str:
    return f"{amount:,.2f}" if amount < 1000 else f"{amount:,.0f}"
