"""docs/faults.md: the figures of the last full run, and the mutants, between marks in a page that people write."""

import json
from pathlib import Path
from typing import Any

PAGE = Path("docs/faults.md")
MUTANTS = Path("build/mutants.json")
LINE = "| {row} | {fault} | {goal} | {rounds} | {cases:,} | {violations} | {seeds} | {seconds:.0f} | {on} |"
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"


def write(rows: list[dict[str, Any]]) -> None:
    text = replaced(PAGE.read_text("utf-8"), "figures", figures(rows))
    if MUTANTS.exists():
        text = replaced(text, "mutants", mutants(json.loads(MUTANTS.read_text("utf-8"))))
    PAGE.write_text(text, "utf-8")


def replaced(text: str, block: str, inner: str) -> str:
    begin, end = BEGIN.format(block), END.format(block)
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{inner}\n{end}{after}"


def figures(rows: list[dict[str, Any]]) -> str:
    cases, violations, seconds = (sum(row[name] for row in rows) for name in ("cases", "violations", "seconds"))
    lines = [
        f"The last full run of each row: {cases:,} cases, {violations} violations, {seconds / 60:.0f} minutes.",
        "",
        "| Row | Fault | Goal | Rounds | Cases | Violations | Seeds | Seconds | On |",
        "| --- | --- | --- | ---: | ---: | ---: | --- | ---: | --- |",
        *(LINE.format(**row) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def mutants(verdicts: list[dict[str, Any]]) -> str:
    lines = [
        f"{sum(each['caught'] for each in verdicts)} of {len(verdicts)} caught.",
        "",
        "| Condition taken out | In | Looked for by `make faults` with | Outcome |",
        "| --- | --- | --- | --- |",
        *(
            "| {name} | `{file}` | `{caught_by}` | {outcome} |".format(
                **each, outcome="caught" if each["caught"] else "survived"
            )
            for each in verdicts
        ),
    ]
    return "\n".join(lines) + "\n"
