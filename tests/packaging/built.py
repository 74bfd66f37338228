"""What the tests of artefacts look at: a finished build, unpacked, and a clean interpreter inside one of them."""

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from infra import sample
from infra.build import Manifest, Target, package
from infra.build.artefacts import TEMPLATE

#: Names that only this machine has. The endpoint and its keys are the emulation's.
OURS_ALONE = frozenset({"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
ON_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "learnflow-dev-test", "LAMBDA_TASK_ROOT": "/var/task", "TZ": ":UTC"}


@dataclass(frozen=True)
class Built:
    out: Path
    manifest: Manifest

    def __post_init__(self) -> None:
        for name in self.manifest.artefacts:
            if (self.out / name).exists():
                continue  # Another process has unpacked it.
            with zipfile.ZipFile(self.out / f"{name}.zip") as archive:
                archive.extractall(self.out / name)

    def names(self, artefact: str) -> list[str]:
        with zipfile.ZipFile(self.out / f"{artefact}.zip") as archive:
            return archive.namelist()

    @cached_property
    def handlers(self) -> list[tuple[str, str]]:
        """Each handler that the template names, with the artefact it lies in."""
        resources: dict[str, dict[str, Any]] = yaml.safe_load((self.out / TEMPLATE).read_text())["Resources"]
        functions = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Serverless::Function"]
        return sorted((each["CodeUri"].removesuffix(".zip"), each["Handler"]) for each in functions)

    def alone(self, artefact: str, code: str) -> str:
        """What an interpreter prints that has the unpacked artefact and the standard library, and nothing else."""
        environment = {**sample.environment(), **ON_LAMBDA, "PATH": os.environ.get("PATH", "")}
        known = {name: value for name, value in environment.items() if name not in OURS_ALONE}
        start = f"import sys; sys.path.insert(0, {str(self.out / artefact)!r}); sys.dont_write_bytecode = True\n"
        command = [sys.executable, "-I", "-S", "-c", start + code]
        done = subprocess.run(command, env=known, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def build(target: Target, out: Path) -> Built:
    return Built(out, package("dev", target, out))
