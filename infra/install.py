"""Puts what the product needs into `.venv`; `infra/install.sh` runs it before every other command.

It runs on a bare Python, so it imports the standard library alone. Each environment carries a stamp of what it was
made from; while the stamps hold, nothing happens. A file whose hash the lock does not know is not installed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra import pins, viewers

ROOT = Path(__file__).resolve().parent.parent
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
NO_VENV = "This Python cannot make virtual environments. On Debian or Ubuntu, install the package python3-venv first."


class NotInstalled(Exception):
    """The sentence to show to whoever waits."""


@dataclass(frozen=True)
class Environment:
    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.folder / "installed"

    @property
    def name(self) -> str:
        return str(self.folder.relative_to(ROOT))


APP = Environment(ROOT / ".venv", ROOT / "requirements.lock")
CLOUD = Environment(ROOT / ".venv" / "cloud", ROOT / "requirements-cloud.lock")


def main() -> int:
    _tell_differences()
    if _current():
        return 0
    try:
        with _alone():
            _install()
    except NotInstalled as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped while installing. The next command goes on with it.", file=sys.stderr)
        return 130
    return 0


def _tell_differences() -> None:
    """Not a refusal: `make lock`, which mends it, needs what is installed here."""
    for difference in (each for lock in pins.LOCKED for each in pins.differences(lock)):
        print(f"{difference}: run `make lock`.", file=sys.stderr)


def _current() -> bool:
    return all(_is_current(environment) for environment in (APP, CLOUD)) and viewers.current()


def _is_current(environment: Environment) -> bool:
    made = environment.stamp.is_file() and environment.python.exists()  # a link to a removed Python does not exist
    return made and environment.stamp.read_text() == _wanted(environment)


def _install() -> None:
    if _current():
        return
    start = time.monotonic()
    for environment in (APP, CLOUD):
        if not _is_current(environment):
            _create(environment)
            _fill(environment)
            _remove_strangers(environment)
            environment.stamp.write_text(_wanted(environment))
    if not viewers.current():
        print(f"{viewers.FOLDER.relative_to(ROOT)}: pages of the API docs")
        _run([str(APP.python), "-m", "infra.viewers"])
    print(f"Installed in {time.monotonic() - start:.0f} s.\n", flush=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Let a second terminal wait here until the first has installed; it then finds nothing left to do."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another command is installing; waiting for it.", flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def _wanted(environment: Environment) -> str:
    python = f"python {sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(f"{python}\n{environment.lock.read_text()}".encode()).hexdigest()


def _packages(environment: Environment) -> set[str]:
    return set(pins.pinned(environment.lock))


def _create(environment: Environment) -> None:
    if _works(environment):
        return
    print(f"{environment.name}: Python {sys.version_info.major}.{sys.version_info.minor}", flush=True)
    base = os.path.realpath(sys.executable)
    shutil.rmtree(environment.folder, ignore_errors=True)
    made = subprocess.run([base, "-m", "venv", str(environment.folder)], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(environment.folder, ignore_errors=True)
        raise NotInstalled(NO_VENV if "ensurepip" in made.stdout + made.stderr else made.stdout + made.stderr)


def _works(environment: Environment) -> bool:
    """Whether its interpreter and pip are there; an interrupted start or a removed Python leaves a folder without."""
    try:
        asked = subprocess.run([environment.python, *PIP, "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def _fill(environment: Environment) -> None:
    total = len(_packages(environment))
    progress = _Progress(environment, total)
    # Python compiles by itself what is ever imported; compiling everything else would take a third of the time.
    options = ("--no-compile", "--require-hashes", "-r", str(environment.lock))
    command = [str(environment.python), *PIP, "install", *options]
    last: deque[str] = deque(maxlen=15)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            last.append(line)
            progress.read(line)
    if pip.returncode:
        raise NotInstalled(f"pip could not install {environment.lock.name}:\n{''.join(last)}")


class _Progress:
    """What pip says, in few lines: a count while it collects, one sentence before it unpacks."""

    def __init__(self, environment: Environment, total: int) -> None:
        self.name, self.total, self.seen = environment.name, total, set[str]()

    def read(self, line: str) -> None:
        words = line.split()
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self._count(words[1] if words[0] == "Collecting" else words[3])
        elif line.startswith("Installing collected packages"):
            self._say(f"unpacking {line.count(',') + 1} packages", end="\n")

    def _count(self, requirement: str) -> None:
        self.seen.add(requirement)
        if sys.stdout.isatty() or len(self.seen) % 20 == 0:
            self._say(f"collecting {min(len(self.seen), self.total)} of {self.total}: {requirement[:50]}")

    def _say(self, text: str, end: str = "") -> None:
        if sys.stdout.isatty():
            print(f"\r\x1b[K{self.name}: {text}", end=end, flush=True)
        else:
            print(f"{self.name}: {text}", flush=True)


def _remove_strangers(environment: Environment) -> None:
    """A package that is no longer pinned must not go on making imports succeed here that fail elsewhere."""
    command = [str(environment.python), *PIP, "list", "--format=freeze"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    installed = {pins.normal(line.partition("==")[0]) for line in listed}
    strangers = installed - _packages(environment) - {"pip", "setuptools", "wheel"}
    if strangers:
        print(f"{environment.name}: removing {', '.join(sorted(strangers))}", flush=True)
        _run([str(environment.python), *PIP, "uninstall", "--yes", "--quiet", *sorted(strangers)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(main())
