"""`make attack`: runs every attack, prints the table of what was tried, writes build/attack.json and docs/attack.md.

`ROUNDS=full` is what a night has time for; ATTACK="ids cursors" runs these alone; SEED=7 makes other
choices than SEED=1. Exit code 1 where anything failed.
"""

import importlib
import json
import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.local import door, resources, template
from infra.local import engine as engines
from infra.local.cloud import Cloud
from tests import conftest as house
from tests.security.attacks import table
from tests.security.attacks.excuses import EXCUSES
from tests.security.attacks.ground import Ground, room
from tests.security.attacks.table import Outcome

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "build" / "attack.json"
DOCUMENT = ROOT / "docs" / "attack.md"
MODULES = ("walk", "tokens", "ids", "bodies", "events", "rights", "addresses", "webhooks")
Row = dict[str, Any]
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def load() -> dict[str, table.Attack]:
    for module in MODULES:
        importlib.import_module(f"tests.security.attacks.{module}")
    return table.ATTACKS


def main() -> int:
    full = os.environ.get("ROUNDS") == "full"
    only = os.environ.get("ATTACK", "").split()
    attacks = load()
    if unknown := set(only) - set(attacks):
        print(f"No such attack: {', '.join(unknown)}. There are: {', '.join(attacks)}")
        return 2
    outcomes = _outcomes([each for name, each in attacks.items() if not only or name in only], full)
    failed = [f"{each.attack.name}: {text}" for each in outcomes for text in each.tally.failures]
    print("\n".join(["", *table.as_lines([_row(each, full) for each in outcomes]), "", *failed]))
    _document()
    return 1 if failed else 0


def _outcomes(wanted: list[table.Attack], full: bool) -> list[Outcome]:
    """One line as each attack ends: the whole takes minutes, or with ROUNDS=full an hour and more."""
    outcomes = []
    logging.disable(logging.WARNING)
    for told_of_each_poison in ("app.work", "app.payments"):
        logging.getLogger(told_of_each_poison).disabled = True
    with engines.start(port=house.PORT) as running, door.opened(running), room():
        standing = house.House(Cloud(house.ENDPOINT), template.load())
        resources.create(standing.template, standing.cloud)
        resources.remember(standing.cloud)
        ground = Ground(standing, int(os.environ.get("SEED") or 1))
        for each in wanted:
            done = table.happened(each, ground, each.volume.full if full else each.volume.pull)
            outcomes.append(done)
            _keep(done, full)
            words = (
                f"{each.name}: {done.tally.cases:,} cases, {len(done.tally.failures)} failures, {done.seconds:.0f} s"
            )
            print("; ".join([words, *done.tally.notes]), file=sys.stderr, flush=True)
    return outcomes


def _row(done: Outcome, full: bool) -> Row:
    named = {name: getattr(done.attack, name) for name in ("name", "tool", "what", "goal")}
    rounds = "full" if full else "pull"
    return {**named, "rounds": rounds, "seconds": round(done.seconds, 1), **asdict(done.tally)}


def _kept() -> dict[str, Row]:
    found: dict[str, Row] = json.loads(RESULT.read_text("utf-8")) if RESULT.is_file() else {}
    return found


def _keep(done: Outcome, full: bool) -> None:
    """The last outcome of each attack; one that is run alone leaves the others as they are."""
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({**_kept(), done.attack.name: _row(done, full)}, indent=2) + "\n", "utf-8")


def _document() -> None:
    """The figures in docs/attack.md, once every attack has been run."""
    kept = _kept()
    if set(load()) <= set(kept):
        text = DOCUMENT.read_text("utf-8")
        head, _, rest = text.partition(BEGIN)
        inside = _figures([kept[name] for name in load()])
        DOCUMENT.write_text(head + "\n".join([BEGIN, *inside, END]) + rest.partition(END)[2], "utf-8")


def _figures(rows: list[Row]) -> list[str]:
    cases = sum(row["cases"] for row in rows)
    failures = sum(len(row["failures"]) for row in rows)
    minutes = sum(row["seconds"] for row in rows) / 60
    notes = [f"- {row['name']}: {'; '.join(row['notes'])}" for row in rows if row["notes"]]
    words = f"{cases:,} cases, {failures} failures, {minutes:.0f} minutes on two cores that others used as well."
    return [words, "", *table.as_lines(rows), "", *notes]


def excuse_lines() -> list[str]:
    """What stands in docs/attack.md of excuses; a test compares the two."""
    lines = ["| what the answer says | at which operations | why it is no failure |", "| --- | --- | --- |"]
    return lines + [
        f"| {_listed(sorted(each.codes))} | {_listed(dict.fromkeys(each.at.split()))} | {each.reason} |"
        for each in EXCUSES
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.exit(main())
