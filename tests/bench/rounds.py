"""Runs the measurements: the API is packaged and unpacked, and each round is a fresh interpreter that has only that."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.build import LAMBDA, Target, package
from infra.build.targets import interpreter
from infra.local.environment import local_environment
from tests.bench import catalogue, shelves

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NOWHERE = "http://localhost:9"
COLD_STARTS = ("ours", "whole", "floor")
Document = dict[str, Any]


class Rounds:
    """`where` is an empty folder of its own; `recording` is what `record` made."""

    def __init__(self, where: Path, recording: Document) -> None:
        self.where = where
        # Lambda's own Python where this machine has it: its figures differ by a tenth from those of its neighbours.
        found = interpreter(LAMBDA.python)
        self.python = str(found.path) if found else sys.executable
        self.version = LAMBDA.python if found else Target.here().python
        package("dev", Target.here(self.version), where)
        with zipfile.ZipFile(where / "api.zip") as artefact:
            artefact.extractall(where / "api")
        (where / "recording.json").write_text(json.dumps(recording))
        shelves.stocked(where / "shelf.db", shelves.LARGE, catalogue.LESSONS)
        [case] = [each for each in recording["cases"] if each["name"] == "me"]
        (where / "cold.json").write_text(
            json.dumps({"keys": recording["keys"], "payments": recording["payments"], "case": case})
        )

    def warm(self) -> Document:
        """Every case, in one fresh process."""
        return self._run("replay.py", str(self.where / "recording.json"), str(self.where / "shelf.db"))

    def cold(self, which: str) -> Document:
        """From the start of an interpreter to the first answer."""
        return self._run("cold.py", which, str(self.where / "cold.json"))

    def _run(self, program: str, *arguments: str) -> Document:
        result = self.where / "result.json"
        command = [self.python, "-S", "-P", str(HERE / program), *arguments, str(result)]
        done = subprocess.run(command, env=self._environment(), stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise SystemExit(f"{program} failed; see above")
        found: Document = json.loads(result.read_text())
        return found

    def _environment(self) -> Mapping[str, str]:
        """Settings of a deployed stage, where parameters are not validated, on the table that was recorded."""
        path = os.pathsep.join([str(self.where / "api"), str(ROOT)])
        return local_environment(NOWHERE) | {
            "STAGE": "bench",
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
