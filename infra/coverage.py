"""`make coverage`: runs every test, and says how much of the product they reach: all of them, and those at its doors.

The doors are HTTP, queues, the stream and clocks. Fails below what is promised; pages are in build/coverage/html.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "coverage"
#: Which tests, as patterns of their names, and the share of lines and branches that they reach at least. What runs when
#: a module is imported has no test's name (`^$`); every test needs it.
PROMISED = {"all tests": ("", 90), "tests at the doors": ("^$,tests/(http|workers|security|faults)/", 85)}


def main(only: Sequence[str] = ()) -> int:
    DATA.mkdir(parents=True, exist_ok=True)
    tests = ["-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", "--cov", "--cov-context=test", "--cov-report="]
    outcomes = [_python(*tests, *only)]
    for which, (contexts, least) in PROMISED.items():
        print(f"\n{which}: at least {least} %", flush=True)
        chosen = [f"--contexts={contexts}"] if contexts else []
        outcomes.append(_python("-m", "coverage", "report", f"--fail-under={least}", "--precision=1", *chosen))
    _python("-m", "coverage", "html", "--quiet")
    print(f"\nPages: {DATA.relative_to(ROOT)}/html/index.html")
    return max(outcomes)


def _python(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
