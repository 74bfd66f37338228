"""The tables of docs/performance.md, made from the kept figures of `make bench`; the words around them are written."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "docs" / "bench-baseline.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
COLD = {
    "ours": "the API, keys at hand",
    "whole": "the API, keys read from the parameter store",
    "floor": "the floor",
}
Document = dict[str, Any]


def figures() -> Document:
    found: Document = json.loads(BASELINE.read_text(encoding="utf-8"))
    return found


def render() -> str:
    return replaced(PAGE, tables(figures()))


def replaced(page: Path, block: str) -> str:
    """The page with a new generated part."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{block}\n\n{END}{rest.partition(END)[2]}"


def tables(found: Document) -> str:
    measured = f"Measured on {found['day']}, Python {found['python']}, {found['rounds']} rounds"
    return "\n\n".join(
        [
            f"{measured}; the yardstick took {found['yardstick_ms']:g} ms.",
            table(
                ["operation", "CPU ms: median", "minimum", "normalised", "budget", "", "trips", "reads", "writes"],
                [_operation(each) for each in found["operations"]],
            ),
            "### Growth\n\nNormalised CPU ms with 1, 10 and 100 times the data; at most 1.2 times is allowed.",
            table(["operation", "1x", "10x", "100x", "worst"], [_growth(each) for each in found["growth"]]),
            "### Cold start\n\n" + _verdict(found["cold"]),
            table(
                ["", "CPU ms", "minimum", "peak RSS, MiB", "modules"],
                [_cold(which, said) for which, said in found["cold"].items()],
            ),
        ]
    )


def _growth(each: Document) -> list[str]:
    return [each["name"], *(f"{ms:.2f}" for ms in each["cpu_ms"]), f"{each['times']:.2f}"]


def _cold(which: str, said: Document) -> list[str]:
    cpu = [f"{said[name]:.0f}" for name in ("cpu_ms", "minimum_cpu_ms")]
    return [COLD[which], *cpu, f"{said['rss_mb']:.1f}", str(said["modules"])]


def _operation(each: Document) -> list[str]:
    cpu = each["cpu_ms"]
    mark = "over" if cpu["normalised"] > each["budget_ms"] else "pass"
    numbers = [f"{cpu[name]:.2f}" for name in ("median", "minimum", "normalised")]
    return [
        each["name"],
        *numbers,
        f"{each['budget_ms']:g}",
        mark,
        str(len(each["trips"])),
        f"{each['reads']:g}",
        str(each["writes"]),
    ]


def _verdict(cold: Document) -> str:
    times = cold["ours"]["cpu_ms"] / cold["floor"]["cpu_ms"]
    return (
        f"{cold['ours']['cpu_ms']:.0f} ms of 400, {times:.2f} times the floor of at most 1.5, "
        f"{cold['ours']['rss_mb']:.1f} MiB of 64."
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])
