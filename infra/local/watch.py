"""The state of every file whose change restarts the server; `make run` compares it twice a second."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WATCHED = ("app.py", "chalicelib", "functions", "schedules", "infra")
KINDS = (".py", ".yaml", ".html", ".txt", ".j2", ".css", ".js", ".json")

Snapshot = dict[Path, int]


def snapshot(root: Path = ROOT) -> Snapshot:
    """When each watched file was changed last."""
    return {path: changed for name in WATCHED for path, changed in states(root / name)}


def states(place: Path) -> Iterator[tuple[Path, int]]:
    if place.is_file():
        yield place, place.stat().st_mtime_ns
    elif place.is_dir():
        yield from folder_states(place)


def folder_states(folder: Path) -> Iterator[tuple[Path, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
                yield from folder_states(Path(entry.path))
            elif entry.name.endswith(KINDS):
                try:
                    yield Path(entry.path), entry.stat().st_mtime_ns
                except FileNotFoundError:
                    continue  # An editor's passing file.
