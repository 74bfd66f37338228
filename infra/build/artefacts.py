"""One source becomes two artefacts, a template and a manifest; `make package`, e2e and bench call `package`."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from infra import viewers
from infra.build import api, archive, bytecode, contents, dataclass_code, dependencies, release, sbom, template
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
    made = _made(target, compiler)
    with ThreadPoolExecutor() as together:  # Compressing takes most of the time, and several cores.
        making = [
            together.submit(_artefact, each, made if each is contents.API else {}, folders[each.name], compiler, out)
            for each in contents.ARTEFACTS
        ]
        archives = {each.name: made.result() for each, made in zip(contents.ARTEFACTS, making, strict=True)}
    version, commit = release.version(), release.commit()
    fingerprint = _template(stage, version, commit, out)
    inside = sbom.sbom([*dependencies.pins(), viewers.PACKAGE], version, commit)
    (out / sbom.FILE).write_text(json.dumps(inside, indent=2) + "\n", "utf-8")
    manifest = Manifest(stage, version, commit, target, compiler is not None, archives, fingerprint)
    manifest.write(out)
    return manifest


def _compiler(stage: str, target: Target) -> Interpreter | None:
    found = interpreter(target.python)
    missing = f"there is no Python {target.python} on this machine to compile bytecode with"
    if not found and stage == "prod":
        raise NotBuildable(f"{missing}; prod is not built without it")
    if not found:
        print(f"  Without bytecode: {missing}. Cold starts will take about twice as long.")
    return found


def _made(target: Target, compiler: Interpreter | None) -> Mapping[str, bytes]:
    """The files of the API that no checkout has: whose a path is, and code that its start would have to compile."""
    owners = {contents.OWNERS: api.owners().encode()}
    if compiler is None:
        return owners
    native = dependencies.ready(Target.here(target.python), compiler)[contents.API.name]
    return owners | {contents.CODE: dataclass_code.made(compiler, native)}


def _artefact(
    artefact: Artefact, made: Mapping[str, bytes], folder: Path, compiler: Interpreter | None, out: Path
) -> Archive:
    with tempfile.TemporaryDirectory() as scratch:
        product = Path(scratch)
        for name in artefact.product_files():
            (product / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, product / name)
        for name, content in made.items():
            (product / name).write_bytes(content)
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
