"""Which packages the code of an artefact asks for, found in its source: imports inside functions count."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from infra.build.contents import ROOT

PRODUCT = ("app", "chalicelib", "functions", "schedules")


def reached(handlers: list[str]) -> dict[str, set[str]]:
    """By module of ours that these handlers can lead to, every module that it imports."""
    found: dict[str, set[str]] = {}
    waiting = [handler.rpartition(".")[0] for handler in handlers]
    while waiting:
        name = waiting.pop()
        if name not in found and (file := _file(name)):
            found[name] = set(_imported(ast.parse(file.read_text("utf-8"))))
            waiting += [each for each in found[name] if each.startswith(PRODUCT)]
            waiting += [name.rpartition(".")[0]]
    return found


def _file(name: str) -> Path | None:
    place = ROOT / name.replace(".", "/")
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if name and file.is_file()), None)


def _imported(tree: ast.AST) -> Iterator[str]:
    """Names of modules, and of what is taken from one: that may be a module too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and _is_module(node.value):
            yield node.value


def _is_module(value: object) -> TypeGuard[str]:
    """Modules with routes are listed by name, and imported when they are asked for."""
    return isinstance(value, str) and value.startswith("chalicelib.") and value.replace(".", "_").isidentifier()


def services() -> set[str]:
    """Every AWS service that the product makes a client of."""
    files = [file for folder in PRODUCT[1:] for file in (ROOT / folder).rglob("*.py")]
    calls = [
        node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    return {_text(call.args[0]) for call in calls if call.args and _called(call) in {"client", "create_client"}} - {""}


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(argument: ast.expr) -> str:
    return str(argument.value) if isinstance(argument, ast.Constant) else ""
