"""One source becomes two artefacts, a template and a manifest; `make package`, e2e and bench call `package`."""

import hashlib
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from infra import viewers
from infra.build import archive, bytecode, contents, dependencies, release, sbom, template
from infra.build.archive import Archive
from infra.build.contents import ROOT, Artefact
from infra.build.dependencies import NotBuildable
from infra.build.manifest import Manifest
from infra.build.targets import Interpreter, Target, interpreter

TEMPLATE = "template.yaml"


def package(stage: str, target: Target, out: Path) -> Manifest:
    """Build everything that a deployment of `stage` needs into `out`; the same source gives the same bytes."""
    compiler = _compiler(stage, target)
    if not viewers.current():
        raise NotBuildable("the pages of the API docs are missing; `make install` fetches them")
    out.mkdir(parents=True, exist_ok=True)
    folders = dependencies.ready(target, compiler)
    with ThreadPoolExecutor() as together:  # Compressing takes most of the time, and several cores.
        making = [together.submit(_artefact, each, folders[each.name], compiler, out) for each in contents.ARTEFACTS]
        archives = {each.name: made.result() for each, made in zip(contents.ARTEFACTS, making, strict=True)}
    version, commit = release.version(), release.commit()
    fingerprint = _template(stage, version, commit, out)
    inside = sbom.sbom([*dependencies.pins(), viewers.PACKAGE], version, commit)
    (out / sbom.FILE).write_text(json.dumps(inside, indent=2) + "\n", "utf-8")
    made = Manifest(stage, version, commit, target, compiler is not None, archives, fingerprint)
    made.write(out)
    return made


def _compiler(stage: str, target: Target) -> Interpreter | None:
    found = interpreter(target.python)
    missing = f"there is no Python {target.python} on this machine to compile bytecode with"
    if not found and stage == "prod":
        raise NotBuildable(f"{missing}; prod is not built without it")
    if not found:
        print(f"  Without bytecode: {missing}. Cold starts will take about twice as long.")
    return found


def _artefact(artefact: Artefact, folder: Path, compiler: Interpreter | None, out: Path) -> Archive:
    with tempfile.TemporaryDirectory() as scratch:
        product = Path(scratch)
        for name in artefact.product_files():
            (product / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, product / name)
        if compiler:
            bytecode.compile_all(product, compiler)
        return _checked(artefact, archive.write(out / artefact.file, archive.files_in(folder, product)))


def _checked(artefact: Artefact, made: Archive) -> Archive:
    for what, size, limit in (
        ("zipped", made.bytes, artefact.limit),
        ("unpacked", made.unzipped_bytes, contents.UNPACKED_LIMIT),
    ):
        if size > limit:
            raise NotBuildable(f"{made.file} is too large {what}: {size:,} of {limit:,} bytes")
    return made


def _template(stage: str, version: str, commit: str, out: Path) -> str:
    merged = template.build(stage, version=version, commit=commit)
    text = yaml.safe_dump(merged, sort_keys=False, width=120)
    (out / TEMPLATE).write_text(text, "utf-8")
    return hashlib.sha256(text.encode()).hexdigest()
