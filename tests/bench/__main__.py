"""`make bench`: records every operation on the local cloud, replays it inside the packaged API, and tells the figures.

BASELINE=write keeps them as those from which docs/performance.md and docs/costs.md are made.
"""

import argparse
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import costs, performance
from tests import conftest  # chooses the engine's address, before the product reads its settings
from tests.bench import record, report
from tests.bench.rounds import COLD_STARTS, Rounds

REPORT = Path("build/bench.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--baseline", choices=["", "write"], default="")
    asked = parser.parse_args()
    found = measured(asked.rounds)
    before = json.loads(performance.BASELINE.read_text()) if performance.BASELINE.exists() else None
    print("\n".join(report.lines(found, before)))
    text = json.dumps(found, indent=1) + "\n"
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text)
    if asked.baseline:
        performance.BASELINE.write_text(text)
        performance.PAGE.write_text(performance.render())
        costs.PAGE.write_text(costs.render())
    return 0


def measured(rounds: int) -> report.Document:
    logging.disable(logging.CRITICAL)
    print(f"Recording on {conftest.ENDPOINT}, then {rounds} rounds without it.", file=sys.stderr)
    with TemporaryDirectory() as where:
        bench = Rounds(Path(where), record.recording())
        cold, warm = [], []
        for _ in range(rounds):
            cold.append({which: bench.cold(which) for which in COLD_STARTS})
            warm.append(bench.warm())
        return report.figures(warm, cold, bench.version, datetime.now(UTC).date().isoformat())


if __name__ == "__main__":
    sys.exit(main())
