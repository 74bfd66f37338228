"""`make rows`: which test proves which promise, and which promises are open; also the text of docs/rows.md.

The promises stand in infra/rows.txt. A test claims them with `@pytest.mark.row("G12", ...)` on itself, its class or
its module (`pytestmark`), or on one of its parameters; claims are read from the source, no test is run.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
SYSTEMS = {
    "G": "goals",
    "K": "kindergarten and machine learning",
    "E": "high-load courses",
    "C": "course platform",
    "M": "marketplace",
    "X": "where the five systems disagree",
    "B": "beyond all five",
}


class BadClaim(SystemExit):
    """A mark that claims no known promise, with its place; ends the program with that one line."""


@dataclass(frozen=True)
class Test:
    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}: {self.name.removeprefix('test_').replace('_', ' ')}"


Proofs = dict[str, list[Test]]


def titles() -> dict[str, str]:
    lines = (ROOT / "infra" / "rows.txt").read_text(encoding="utf-8").splitlines()
    known = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {row: title for row, _, title in known}


def proofs() -> Proofs:
    """Every known row with the tests that claim it."""
    found: Proofs = {row: [] for row in titles()}
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        file = path.relative_to(ROOT).as_posix()
        for test, mark in _claims(tree.body, file, _module_marks(tree)):
            for row in _rows(mark, file):
                if row not in found:
                    raise BadClaim(f"{file}:{mark.lineno}: no such row: {row}")
                if test not in found[row]:
                    found[row].append(test)
    return found


def _module_marks(tree: ast.Module) -> list[ast.Call]:
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return [mark for node in assigned if "pytestmark" in ast.unparse(node).split("=")[0] for mark in _marks(node)]


def _claims(body: list[ast.stmt], file: str, inherited: list[ast.Call]) -> Iterator[tuple[Test, ast.Call]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _claims(node.body, file, inherited + _decorating(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield from ((Test(file, node.name), mark) for mark in inherited + _decorating(node))


def _decorating(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.Call]:
    return [mark for decorator in node.decorator_list for mark in _marks(decorator)]


def _marks(node: ast.AST) -> list[ast.Call]:
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    return [call for call in calls if ast.unparse(call.func).endswith("mark.row")]


def _rows(mark: ast.Call, file: str) -> list[str]:
    rows = [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
    if not rows or len(rows) != len(mark.args) or mark.keywords:
        raise BadClaim(f"{file}:{mark.lineno}: name rows as plain strings: {ast.unparse(mark)}")
    return [str(row) for row in rows]


def render() -> str:
    """The text of docs/rows.md."""
    proven, names = proofs(), titles()
    lines = [
        "# Promises and the tests that prove them",
        "",
        "Made by `make generate` from `infra/rows.txt` and the marks in `tests/`. A row without a test is open.",
        "",
        "| rows | promises | proven | open |",
        "|---|---:|---:|---:|",
        *(
            f"| {prefix}: {SYSTEMS[prefix]} | {total} | {done} | {total - done} |"
            for prefix, done, total in _sums(proven)
        ),
    ]
    for prefix, title in SYSTEMS.items():
        lines += ["", f"## {prefix}: {title}", "", "| row | promise | proven by |", "|---|---|---|"]
        rows = [row for row in proven if row.startswith(prefix)]
        lines += [f"| {row} | {names[row]} | {'<br>'.join(map(str, proven[row])) or 'open'} |" for row in rows]
    return "\n".join(lines) + "\n"


def _sums(proven: Proofs) -> Iterator[tuple[str, int, int]]:
    for prefix in SYSTEMS:
        rows = [row for row in proven if row.startswith(prefix)]
        yield prefix, sum(bool(proven[row]) for row in rows), len(rows)


def show(only_open: bool) -> None:
    proven, names = proofs(), titles()
    for row, tests in proven.items():
        if tests and not only_open:
            print(f"{row:5} {names[row]}", *(f"        {test}" for test in tests), sep="\n")
    print("\nOpen:")
    for row, tests in proven.items():
        if not tests:
            print(f"{row:5} {names[row]}")
    print()
    for prefix, done, total in _sums(proven):
        print(f"{prefix}  {done:3} of {total:3} proven, {total - done:3} open   ({SYSTEMS[prefix]})")
    print(f"   {sum(map(bool, proven.values())):3} of {len(proven):3}")


if __name__ == "__main__":
    show(only_open="--open" in sys.argv[1:])
