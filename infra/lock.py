"""`make lock`: writes the locks anew from the requirements files; every pin with the hashes of all its files.

A pin that stays keeps its hashes, so that a file which appears under an old version is not trusted by itself.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from infra import pins

HEADER = "# Made by `make lock` from {}. What has another hash is not installed.\n"
COMPILE = (
    *("-m", "piptools", "compile", "--quiet", "--generate-hashes", "--strip-extras", "--unsafe-package=pip"),
    *("--no-header", "--no-annotate", "--no-emit-options"),
    # Where this machine gets its packages from is its own affair.
    *("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"),
)


def main() -> int:
    made = {lock: _made(lock, sources) for lock, sources in pins.LOCKED.items()}
    for lock, text in made.items():
        (pins.ROOT / lock).write_text(text, "utf-8")
    problems = [problem for lock in made for problem in pins.differences(lock)]
    for problem in problems:
        print(f"{problem}: give it a line in {pins.LOCKED['requirements.lock'][-1]}, or take it out.", file=sys.stderr)
    return 1 if problems else 0


def _made(lock: str, sources: tuple[str, ...]) -> str:
    """Every source is named, constraints too: a package that only another Python needs has its place in the lock."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, lock)
        if (pins.ROOT / lock).is_file():
            out.write_text((pins.ROOT / lock).read_text("utf-8"), "utf-8")
        print(f"{lock}: asking for the hashes of {', '.join(sources)}", flush=True)
        # What pip-compile warns of holds for pip alone, which every environment has of its own.
        command = [sys.executable, *COMPILE, f"--output-file={out}", *sources]
        done = subprocess.run(command, cwd=pins.ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stderr.strip()}\n\nThe locks are as they were.")
        return HEADER.format(", ".join(sources)) + _without_comments(out.read_text("utf-8"))


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() and not line.startswith("#"))


if __name__ == "__main__":
    sys.exit(main())
