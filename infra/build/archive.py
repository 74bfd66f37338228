"""Writes files into a zip whose bytes depend on the files' names and contents alone; the last step of each artefact."""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip can tell
READABLE = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True)
class Archive:
    file: str
    sha256: str
    bytes: int
    unzipped_bytes: int


def files_in(*folders: Path) -> dict[str, Path]:
    """By its name in the archive, every file of the folders; two of the same name would hide one another."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and found.setdefault(name, path) is not path:
                raise ValueError(f"two files want to be {name}")
    return found


def write(place: Path, files: Mapping[str, Path]) -> Archive:
    unfinished = place.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name].read_bytes())
        unzipped = sum(entry.file_size for entry in archive.infolist())
    unfinished.replace(place)
    content = place.read_bytes()
    return Archive(place.name, hashlib.sha256(content).hexdigest(), len(content), unzipped)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = UNIX
    entry.external_attr = READABLE
    return entry
