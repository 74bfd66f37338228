"""What an artefact is built for: a Python and a platform. Asked by every step that depends on one of them."""

import os
import platform as machine
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Lambda's python3.13 runs on Amazon Linux 2023, whose glibc is 2.34: wheels for any older one fit as well.
GLIBC = ("2014", "_2_17", "_2_24", "_2_26", "_2_27", "_2_28", "_2_31", "_2_34")
# A release candidate's bytecode is not that of the release.
ASK = "import sys; v = sys.version_info; print(f'{v[0]}.{v[1]}|{sys.version}' if v[3] == 'final' else '')"


@dataclass(frozen=True)
class Target:
    """`platform` is a manylinux2014 tag, or this machine's own name."""

    python: str
    platform: str

    @classmethod
    def here(cls, python: str = f"{sys.version_info.major}.{sys.version_info.minor}") -> "Target":
        """What runs on this machine; e2e and the tests of imports need it."""
        return cls(python, sysconfig.get_platform())

    @property
    def pip_options(self) -> list[str]:
        """What makes pip choose wheels for this target instead of for the Python it runs on."""
        if self == Target.here():
            return ["--only-binary=:all:"]
        versions = ["--only-binary=:all:", "--implementation=cp", f"--python-version={self.python}"]
        return versions + [f"--platform={tag}" for tag in self._tags()]

    def _tags(self) -> list[str]:
        if self.platform.startswith("manylinux2014_"):
            return [f"manylinux{glibc}{self.platform.removeprefix('manylinux2014')}" for glibc in GLIBC]
        if sys.platform == "linux":
            return [f"manylinux{glibc}_{machine.machine()}" for glibc in GLIBC]
        return []  # pip then takes the platform it runs on


LAMBDA = Target("3.13", "manylinux2014_aarch64")


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: str


def interpreter(python: str) -> Interpreter | None:
    """A working Python of this version, to compile bytecode with; None where this machine has none."""
    asked = (_asked(candidate, python) for candidate in _candidates(python))
    return next((found for found in asked if found), None)


def _candidates(python: str) -> Iterator[Path]:
    yield Path(sys.executable)
    for folder in filter(None, os.environ.get("PATH", "").split(os.pathsep)):
        if found := shutil.which(f"python{python}", path=folder):
            yield Path(found)
    # pyenv's commands on PATH answer only for the versions it is told to use.
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{python}.*/bin/python{python}"), reverse=True)


def _asked(candidate: Path, python: str) -> Interpreter | None:
    try:
        answer = subprocess.run([candidate, "-I", "-S", "-c", ASK], capture_output=True, text=True, check=False)
    except OSError:
        return None
    said, _, version = answer.stdout.strip().partition("|")
    return Interpreter(candidate, version) if answer.returncode == 0 and said == python else None
