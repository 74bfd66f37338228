"""`make package STAGE=dev`: builds, tells sizes, and lints the template."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from infra.build import contents, template
from infra.build.artefacts import TEMPLATE, package
from infra.build.dependencies import NotBuildable
from infra.build.manifest import Manifest
from infra.build.targets import LAMBDA


def main() -> int:
    stages = template.stages()
    parser = argparse.ArgumentParser(prog="make package", usage=f"make package STAGE={'|'.join(stages)}")
    parser.add_argument("stage", choices=stages, metavar="STAGE")
    stage = parser.parse_args().stage
    out, start = contents.ROOT / "build" / stage, time.monotonic()
    print(f"Building {out.relative_to(contents.ROOT)} for Lambda: Python {LAMBDA.python}, arm64")
    try:
        manifest = package(stage, LAMBDA, out)
    except NotBuildable as problem:
        print(f"Not built: {problem}", file=sys.stderr)
        return 1
    _tell(manifest)
    linted = subprocess.run([Path(sys.executable).with_name("cfn-lint"), out / TEMPLATE], check=False)
    print(f"  {TEMPLATE:12} {'lints clean' if linted.returncode == 0 else 'has the problems above'}")
    print(f"Version {manifest.version}, commit {manifest.commit}, {time.monotonic() - start:.1f} s.")
    return linted.returncode


def _tell(manifest: Manifest) -> None:
    for artefact in contents.ARTEFACTS:
        made = manifest.artefacts[artefact.name]
        sizes = f"{made.bytes / contents.MEGABYTE:5.1f} of {artefact.limit // contents.MEGABYTE} MB"
        unpacked = f"{made.unzipped_bytes / contents.MEGABYTE:.1f} of {contents.UNPACKED_LIMIT // contents.MEGABYTE} MB"
        print(f"  {made.file:12} {sizes}, unpacked {unpacked}  sha256 {made.sha256[:16]}…")


if __name__ == "__main__":
    sys.exit(main())
