"""The dependencies of each artefact: fetched by pip, cut down to what runs, compiled, and kept for the next build."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from infra.build import bytecode, contents, core_schema, endpoints
from infra.build.targets import Interpreter, Target
from infra.pins import Pin, normal, pinned

CACHE = contents.ROOT / "build" / "cache"
KEPT = 8
#: A change in one of these makes other files of the same pins.
RECIPE = [
    Path(__file__).with_name(f"{name}.py")
    for name in "bytecode contents core_schema dependencies endpoints targets".split()
]


class NotBuildable(Exception):
    """The sentence to show to whoever builds."""


class Unfetched(NotBuildable):
    """The wheels cannot be had: no network and no cache, or none is made for the target."""


def ready(target: Target, interpreter: Interpreter | None) -> dict[str, Path]:
    """By artefact, a folder with its dependencies."""
    wanted = _locked()
    kept = CACHE / _key(wanted, target, interpreter)
    if not kept.is_dir():
        _build(wanted, target, interpreter, kept)
        _forget_old()
    os.utime(kept)
    return {artefact.name: kept / artefact.name for artefact in contents.ARTEFACTS}


def _forget_old() -> None:
    for folder in sorted(CACHE.glob("[0-9a-f]*"), key=_last_use, reverse=True)[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _last_use(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # Another build has just forgotten it.
        return 0.0


def pins() -> list[str]:
    """What is in any of the artefacts, as `name==version`."""
    return [str(pin) for pin in _locked()]


def _locked() -> list[Pin]:
    known = pinned(contents.ROOT / contents.LOCK)
    wanted = {name for artefact in contents.ARTEFACTS for name in map(normal, artefact.distributions)}
    if missing := wanted - known.keys():
        raise NotBuildable(f"{contents.LOCK} has no version of {', '.join(sorted(missing))}")
    return [known[name] for name in sorted(wanted)]


def _key(pins: list[Pin], target: Target, interpreter: Interpreter | None) -> str:
    version = interpreter.version if interpreter else ""
    made_of = json.dumps([[pin.line for pin in pins], target.python, target.platform, version]).encode()
    return hashlib.sha256(b"\0".join([made_of, *(path.read_bytes() for path in RECIPE)])).hexdigest()[:16]


def _build(pins: list[Pin], target: Target, interpreter: Interpreter | None, kept: Path) -> None:
    start = time.monotonic()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        installed, chosen = Path(scratch, "installed"), Path(scratch, "chosen")
        _install(pins, target, installed)
        for artefact in contents.ARTEFACTS:
            _choose(artefact, installed, chosen / artefact.name)
            endpoints.trim(chosen / artefact.name)
            core_schema.trim(chosen / artefact.name)
            if interpreter:
                bytecode.compile_all(chosen / artefact.name, interpreter)
        _keep(chosen, kept)
    print(f"  {len(pins)} dependencies for Python {target.python}, {target.platform}: {time.monotonic() - start:.1f} s")


def _install(pins: list[Pin], target: Target, folder: Path) -> None:
    """A file whose hash the lock does not know stops the build."""
    wanted = folder.with_name("wanted.txt")
    wanted.write_text("\n".join(pin.line for pin in pins))
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    command += ["--no-compile", "--no-deps", "--target", str(folder), *target.pip_options]
    command += ["--require-hashes", "-r", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unfetched(f"pip could not fetch the dependencies:\n{done.stderr.strip()}")


def _choose(artefact: contents.Artefact, installed: Path, chosen: Path) -> None:
    wanted = set(map(normal, artefact.distributions))
    for metadata in sorted(installed.glob("*.dist-info")):
        distribution = normal(metadata.name.partition("-")[0])
        if distribution not in wanted:
            continue
        for name in _recorded(metadata):
            if contents.is_licence(name):
                _link(installed / name, chosen / "licences" / distribution / Path(name).name)
            elif not name.startswith(metadata.name) and contents.runs(distribution, name):
                _link(installed / name, chosen / name)


def _recorded(metadata: Path) -> Iterator[str]:
    """The files that a distribution brought along; its commands lie outside, and stay there."""
    with (metadata / "RECORD").open(newline="") as record:
        yield from (row[0] for row in csv.reader(record) if not row[0].startswith(".."))


def _link(origin: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    os.link(origin, place)


def _keep(chosen: Path, kept: Path) -> None:
    try:
        chosen.rename(kept)
    except OSError:  # Another build was faster, and made the same.
        if not kept.is_dir():
            raise
        shutil.rmtree(chosen)
