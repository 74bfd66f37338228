"""Compiles the Python files of a folder that becomes an artefact; called for the dependencies and for the product."""

import subprocess
from pathlib import Path

from infra.build.targets import Interpreter

#: Where Lambda unpacks an artefact. Tracebacks name this place, and no folder of the machine that built it.
UNPACKED_AT = "/var/task"


def compile_all(folder: Path, interpreter: Interpreter) -> None:
    """Put bytecode beside every module, for good: Python takes it without looking at the source's time or hash."""
    place = ["-s", str(folder), "-p", UNPACKED_AT, "--invalidation-mode", "unchecked-hash"]
    command = [str(interpreter.path), "-I", "-S", "-m", "compileall", "-q", "-f", *place, str(folder)]
    subprocess.run(command, check=True)
