"""Reads asvs.yaml and writes docs/asvs.md from it, figures included; `make generate` and test_asvs.py call it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_name("asvs.yaml")
GOAL = 90

HEAD = """\
# ASVS 5.0

Made by `make generate` from [asvs.yaml](../tests/security/asvs.yaml): the requirements of levels 1 and 2 of OWASP's
Application Security Verification Standard 5.0.0, in the chapters that concern an API without pages of its own. Numbers
are those of the standard (`v5.0.0-6.2.1` is 6.2.1 here). What is asked is said in our words, so read the standard
beside it. A test fails when a test that is named here is gone. What follows from a second factor counts as not applying
while the second factor itself is open.

"""


@dataclass(frozen=True)
class Requirement:
    id: str
    chapter: str
    level: int
    asks: str
    tests: tuple[str, ...] = ()
    document: str = ""
    open: str = ""
    none: str = ""
    note: str = ""

    @property
    def applies(self) -> bool:
        return not self.none

    def state(self) -> str:
        """What stands in the last column."""
        if self.none:
            return f"does not apply: {self.none}"
        if self.open:
            return f"**open**: {self.open}"
        named = [
            f"[{test.partition('::')[2].removeprefix('test_').replace('_', ' ')}]({_link(test)})" for test in self.tests
        ]
        written = [f"[written down]({self.document})"] if self.document else []
        return "; ".join([*written, *named]) + (f" ({self.note})" if self.note else "")


def _link(test: str) -> str:
    return f"../tests/{test.partition('::')[0]}"


def requirements() -> Iterator[Requirement]:
    chart: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    for chapter, rows in chart.items():
        for id, given in rows.items():
            yield Requirement(str(id), chapter, **{**given, "tests": tuple(given.get("tests", ()))})


def render() -> str:
    found = list(requirements())
    lines = [HEAD + "| chapter | requirements | apply | with a test | open |", "| --- | ---: | ---: | ---: | ---: |"]
    chapters = list(dict.fromkeys(each.chapter for each in found))
    lines += [_row(chapter, [each for each in found if each.chapter == chapter]) for chapter in chapters]
    lines.append(_row("**all**", found))
    lines += ["", f"{share(found):.0f} % of what applies has a named test; the goal is {GOAL} %."]
    for chapter in chapters:
        lines += [
            "",
            f"## {chapter}",
            "",
            "| number | level | what is asked | shown by |",
            "| --- | ---: | --- | --- |",
        ]
        lines += [
            f"| {each.id} | {each.level} | {each.asks} | {each.state()} |" for each in found if each.chapter == chapter
        ]
    return "\n".join(lines) + "\n"


def _row(name: str, rows: list[Requirement]) -> str:
    applies = [each for each in rows if each.applies]
    tested = [each for each in applies if each.tests]
    return f"| {name} | {len(rows)} | {len(applies)} | {len(tested)} | {len(applies) - len(tested)} |"


def share(rows: list[Requirement]) -> float:
    """Of what applies, how much has a test, in percent."""
    applies = [each for each in rows if each.applies]
    return 100 * len([each for each in applies if each.tests]) / len(applies)
