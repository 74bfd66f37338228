"""`make cold-path`: imports the API as a cold Lambda would and names what has no business there.

Run in a fresh interpreter with the environment of `.env.example`; nothing is called over the network.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

from infra import sample

# Deployed, but each costs tens to hundreds of milliseconds and belongs to a later moment or to a worker.
TOO_HEAVY = (
    "apsw",
    "argon2",
    "aws_lambda_powertools.tracing",
    "aws_xray_sdk",
    "bcrypt",
    "boto3",
    "jinja2",
    "PIL",
    "reportlab",
    "segno",
    "stripe",
    "uharfbuzz",
)

# Not deployed at all. Libraries such as PyJWT load them where they find them, as in .venv; here nobody finds them.
ABSENT = ("cryptography", "hypothesis", "requests")


class Watch(MetaPathFinder):
    """Sees every first import: hides what Lambda lacks, remembers who asked for what is too heavy."""

    def __init__(self) -> None:
        self.importers: dict[str, str] = {}

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if fullname in ABSENT:
            raise ModuleNotFoundError(f"{fullname} is not deployed (asked for by {_product_frame()})", name=fullname)
        if fullname in TOO_HEAVY:
            self.importers[fullname] = _product_frame()
        return None


def _product_frame() -> str:
    """The line of ours that led to the running import."""
    frame: FrameType | None = sys._getframe(1)
    while frame:
        name = frame.f_globals.get("__name__", "")
        if name == "app" or name.split(".")[0] == "chalicelib":
            return f"{name}, line {frame.f_lineno}"
        frame = frame.f_back
    return "a library"


def measure() -> dict[str, object]:
    """Import the API here and now; only meaningful in a fresh interpreter."""
    watch = Watch()
    sys.meta_path.insert(0, watch)
    before, start = len(sys.modules), time.process_time()
    __import__("app")
    spent = time.process_time() - start
    offenders = {name: watch.importers.get(name, "a library") for name in TOO_HEAVY if name in sys.modules}
    return {"modules": len(sys.modules) - before, "milliseconds": round(spent * 1000), "offenders": offenders}


def main() -> int:
    environment = {"PATH": os.environ.get("PATH", ""), **sample.environment()}
    command = [sys.executable, "-m", "infra.coldpath", "--measure"]
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if child.returncode:
        print("The API does not start with the environment of .env.example; see above.", file=sys.stderr)
        return 1
    seen = json.loads(child.stdout.splitlines()[-1])
    for name, importer in seen["offenders"].items():
        print(f"On the cold path: {name}, imported by {importer}. Import it where it is used.", file=sys.stderr)
    print(f"Cold path: {seen['modules']} modules, {seen['milliseconds']} ms of CPU.")
    return 1 if seen["offenders"] else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
    else:
        sys.exit(main())
