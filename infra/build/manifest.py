"""What a build made, as `manifest.json` beside the artefacts; deployment reads it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.build.archive import Archive
from infra.build.targets import Target

FILE = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    stage: str
    version: str
    commit: str
    target: Target
    bytecode: bool
    artefacts: Mapping[str, Archive]
    template_sha256: str

    def write(self, out: Path) -> None:
        (out / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n")


def read(out: Path) -> Manifest:
    """The manifest of a folder that a build wrote to."""
    said = json.loads((out / FILE).read_text())
    artefacts = {name: Archive(**archive) for name, archive in said.pop("artefacts").items()}
    return Manifest(target=Target(**said.pop("target")), artefacts=artefacts, **said)
