"""`make faults`: runs the rows of the fault table and prints it.

ROUNDS=full runs the nightly numbers and keeps them in docs/faults.md, row by row, so that a night may be run in parts;
ROW=F12 runs one row, SEED=7 one schedule of each again.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from infra.local import door, resources, template
from infra.local import engine as engines
from infra.local.cloud import Cloud
from tests import conftest
from tests.conftest import House
from tests.faults import report, table
from tests.faults.lab import Lab
from tests.faults.table import Outcome, Row

REPORT = Path("build/faults.json")
NIGHTS = Path("docs/faults.json")
LINE = "{:4}  {:66}  {:>6}  {:>7}  {:>10}  {:>9}  {:>7}"


@contextmanager
def laboratory() -> Iterator[Lab]:
    with engines.start(port=conftest.PORT) as running, door.opened(running):
        house = House(Cloud(conftest.ENDPOINT), template.load())
        resources.create(house.template, house.cloud)
        resources.remember(house.cloud)
        yield Lab(house)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--rounds", default="reduced", choices=["test", "reduced", "full"])
    parser.add_argument("--row", default="")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--flow", default="", help="every single kill of the flows with this in their name")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    outcomes = []
    print(LINE.format("row", "fault", "rounds", "cases", "violations", "seeds", "seconds"), flush=True)
    with laboratory() as lab:
        lab.only = asked.flow
        for row in table.rows(asked.row):
            chosen = seeds(row, asked.rounds, asked.seed or 1 if asked.flow else asked.seed)
            if not chosen:
                continue
            outcome = table.run(row, lab, chosen)
            outcomes.append(outcome)
            tell(outcome)
            if asked.rounds == "full" and asked.seed is None and not asked.flow:
                keep(outcome)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"rounds": asked.rounds, "rows": [told(each) for each in outcomes]}, indent=1))
    return 1 if any(outcome.violations for outcome in outcomes) else 0


def keep(outcome: Outcome) -> None:
    """The last full run of each row, in the order of the table."""
    kept = json.loads(NIGHTS.read_text()) if NIGHTS.exists() else {}
    kept[outcome.row.fault] = {**told(outcome), "on": datetime.now(UTC).date().isoformat()}
    ordered = {row.fault: kept[row.fault] for row in table.rows("") if row.fault in kept}
    NIGHTS.write_text(json.dumps(ordered, indent=1) + "\n")
    report.write(list(ordered.values()))


def seeds(row: Row, size: str, seed: int | None) -> range:
    return range(1, row.rounds.of(size) + 1) if seed is None else range(seed, seed + 1)


def tell(outcome: Outcome) -> None:
    said = told(outcome)
    columns = ("row", "fault", "rounds", "cases", "violations", "seeds")
    print(LINE.format(*(said[name] for name in columns), f"{outcome.seconds:.1f}"), flush=True)
    for seed, what in outcome.violations:
        print(f"      ROW={outcome.row.id} SEED={seed}: {what}", flush=True)


def told(outcome: Outcome) -> dict[str, object]:
    first, last = outcome.seeds[0], outcome.seeds[-1]
    return {
        "row": outcome.row.id,
        "fault": outcome.row.fault,
        "goal": outcome.row.goal,
        "rounds": len(outcome.seeds),
        "cases": outcome.cases,
        "violations": len(outcome.violations),
        "seeds": f"{first}" if first == last else f"{first}..{last}",
        "seconds": round(outcome.seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
