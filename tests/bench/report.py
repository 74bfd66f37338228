"""From rounds to one document of figures, and the tables that `make bench` prints."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.bench.operations import GROWING, OPERATIONS
from tests.bench.record import FACTORS, named
from tests.bench.rounds import COLD_STARTS

#: Milliseconds that the yardstick takes on the machine whose milliseconds "normalised" means.
YARDSTICK = 2.6
GROWTH = 1.2
COLD = {"cpu_ms": 400.0, "times_floor": 1.5, "rss_mb": 64.0}
Document = dict[str, Any]


@dataclass(frozen=True)
class Cpu:
    """Milliseconds per request, which are seconds per 1,000 requests."""

    median: float
    minimum: float
    normalised: float

    @classmethod
    def of(cls, rounds: Sequence[Document]) -> "Cpu":
        each = [run["ms"] for run in rounds]
        compared = [run["ms"] * YARDSTICK / run["yardstick"] for run in rounds]
        return cls(*(round(value, 3) for value in (median(each), min(each), median(compared))))


def figures(warm: Sequence[Document], cold: Sequence[Document], python: str, day: str) -> Document:
    """Everything measured. `warm` and `cold` are rounds, in which every case stands by its name."""
    return {
        "day": day,
        "python": python,
        "rounds": len(warm),
        "yardstick_ms": round(median(case["yardstick"] for run in warm for case in run.values()), 3),
        "operations": list(_operations(warm)),
        "growth": list(_growth(warm)),
        "cold": {which: _cold([run[which] for run in cold]) for which in COLD_STARTS},
    }


def _operations(warm: Sequence[Document]) -> Iterator[Document]:
    for each in OPERATIONS:
        if each.name in warm[0]:
            cpu = Cpu.of([run[each.name] for run in warm])
            yield {
                "name": each.name,
                "trips": list(each.trips),
                "reads": each.reads,
                "writes": each.writes,
                "budget_ms": each.cpu_ms,
                "cpu_ms": asdict(cpu),
            }


def _growth(warm: Sequence[Document]) -> Iterator[Document]:
    for each in OPERATIONS:
        names = [named(each, factor) for factor in FACTORS]
        if each.name in GROWING and all(name in warm[0] for name in names):
            sizes = [Cpu.of([run[name] for run in warm]).normalised for name in names]
            yield {"name": each.name, "cpu_ms": sizes, "times": round(max(sizes[1:]) / sizes[0], 2)}


def _cold(rounds: Sequence[Document]) -> Document:
    return {
        "cpu_ms": round(median(run["cpu_ms"] for run in rounds), 1),
        "minimum_cpu_ms": round(min(run["cpu_ms"] for run in rounds), 1),
        "rss_mb": round(median(run["rss_mb"] for run in rounds), 1),
        "modules": max(run["modules"] for run in rounds),
    }


def times_floor(found: Document) -> float:
    cold: dict[str, dict[str, float]] = found["cold"]
    return round(cold["ours"]["cpu_ms"] / cold["floor"]["cpu_ms"], 2)


def lines(found: Document, baseline: Document | None) -> Iterable[str]:
    yield from _operation_lines(found, baseline)
    yield ""
    yield f"{'growth: CPU ms at 1, 10 and 100 times the data':52}{'1x':>8}{'10x':>8}{'100x':>8}{'worst':>8}"
    for each in found["growth"]:
        mark = "over" if each["times"] > GROWTH else "pass"
        sizes = "".join(f"{size:8.2f}" for size in each["cpu_ms"])
        yield f"{each['name']:52}{sizes}{each['times']:8.2f}  {mark}"
    yield ""
    yield f"{'cold start':52}{'CPU ms':>8}{'min':>8}{'RSS MiB':>8}{'modules':>9}"
    for which, said in found["cold"].items():
        seen = f"{said['cpu_ms']:8.0f}{said['minimum_cpu_ms']:8.0f}{said['rss_mb']:8.1f}{said['modules']:9}"
        yield f"{COLD_NAMES[which]:52}{seen}"
    ours, times = found["cold"]["ours"], times_floor(found)
    for what, value, limit in (
        ("CPU ms", ours["cpu_ms"], COLD["cpu_ms"]),
        ("times the floor", times, COLD["times_floor"]),
        ("RSS MiB", ours["rss_mb"], COLD["rss_mb"]),
    ):
        yield f"  {what}: {value:g} of {limit:g}  {'over' if value > limit else 'pass'}"


COLD_NAMES = {
    "ours": "the API, its keys at hand",
    "whole": "the API, its keys read from the parameter store",
    "floor": "a bare Chalice app with one client of DynamoDB",
}


def _operation_lines(found: Document, baseline: Document | None) -> Iterator[str]:
    before = {each["name"]: each["cpu_ms"]["normalised"] for each in baseline["operations"]} if baseline else {}
    yield (
        f"{'CPU ms per request':42}{'median':>8}{'min':>8}{'normal.':>8}{'budget':>8}      "
        f"{'trips':>6}{'reads':>7}{'writes':>7}{'baseline':>10}"
    )
    for each in found["operations"]:
        cpu, then = each["cpu_ms"], before.get(each["name"])
        mark = "over" if cpu["normalised"] > each["budget_ms"] else "pass"
        change = f"{100 * (cpu['normalised'] / then - 1):+9.0f}%" if then else ""
        yield (
            f"{each['name']:42}{cpu['median']:8.2f}{cpu['minimum']:8.2f}{cpu['normalised']:8.2f}"
            f"{each['budget_ms']:8.1f}  {mark}{len(each['trips']):6}{each['reads']:7g}{each['writes']:7}{change}"
        )
