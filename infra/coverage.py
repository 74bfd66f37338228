"""`make coverage`: runs every test, and says how much of the product they reach: all of them, and those at its doors.

The doors are HTTP, queues, the stream and clocks. Fails below what is promised; pages are in build/coverage/html. A run
of some tests (`ARGS=tests/http`), or about a part of the product (`ARGS=--cov=chalicelib/accounts`), promises nothing.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "coverage"
#: Which tests, as patterns of their names, and the share of lines and branches that they reach at least. What runs when
#: a module is imported has no test's name (`^$`); every test needs it.
PROMISED = {"all tests": ("", 90), "tests at the doors": ("^$,tests/(http|workers|security|faults)/", 85)}


def main(only: Sequence[str] = ()) -> int:
    """`only` goes to pytest as it is: folders, `-k`, `--cov=`. The whole is held to the promise, a part is shown."""
    DATA.mkdir(parents=True, exist_ok=True)
    outcomes = [_tests(only)]
    outcomes.extend([_report()] if only else _promises())
    _python("-m", "coverage", "html", "--quiet")
    print(f"\nPages: {DATA.relative_to(ROOT)}/html/index.html")
    return max(outcomes)


def _tests(only: Sequence[str]) -> int:
    about = [] if any(word.startswith("--cov=") for word in only) else ["--cov"]
    tests = ["-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", *about, "--cov-context=test", "--cov-report="]
    return _python(*tests, *only)


def _promises() -> Iterator[int]:
    for which, (contexts, least) in PROMISED.items():
        print(f"\n{which}: at least {least} %", flush=True)
        yield _report(f"--fail-under={least}", *([f"--contexts={contexts}"] if contexts else []))


def _report(*options: str) -> int:
    return _python("-m", "coverage", "report", "--precision=1", *options)


def _python(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
