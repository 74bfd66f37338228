"""Empties the typed dictionaries by which pydantic_core describes its schemas; called for each artefact's dependencies.

They speak to type checkers alone, yet Python compiles each of their 800 annotations at every start: 7 ms of CPU.
"""

import ast
from pathlib import Path
from typing import TypeGuard

MODULE = Path("pydantic_core", "core_schema.py")


def trim(dependencies: Path) -> None:
    """Leave the names of the dictionaries, and every other line where it was, for tracebacks."""
    place = dependencies / MODULE
    if not place.exists():
        return
    text = place.read_text("utf-8")
    place.unlink()  # It is a link to the file that the other artefact takes.
    place.write_text(emptied(text), "utf-8")


def emptied(source: str) -> str:
    lines = source.split("\n")
    for node in ast.parse(source).body:
        if is_typed_dictionary(node):
            first, last = node.body[0].lineno - 1, node.body[-1].end_lineno or 0
            lines[first:last] = ["    pass", *[""] * (last - first - 1)]
    return "\n".join(lines)


def is_typed_dictionary(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    """Those that extend another one say `total`, which no other class does."""
    if not isinstance(node, ast.ClassDef):
        return False
    names = [base.id for base in node.bases if isinstance(base, ast.Name)]
    return "TypedDict" in names or any(keyword.arg == "total" for keyword in node.keywords)
