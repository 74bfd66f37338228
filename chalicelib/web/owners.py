"""Which module has the routes of a path. The packaged API is told by a table that the build made, `owners.json`.

With it a path and its methods are known before any domain is imported; without it, as on a desk, the application
imports all of them and makes the table itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path

#: The path as declared -> the method as declared -> the name of the module.
Owners = Mapping[str, Mapping[str, str]]
FILE = Path(__file__).with_name("owners.json")


def packaged() -> Owners | None:
    try:
        text = FILE.read_text("utf-8")
    except FileNotFoundError:
        return None
    owners: Owners = json.loads(text)
    return owners


def text(owners: Owners) -> str:
    return json.dumps(owners, sort_keys=True, separators=(",", ":"))


def methods(owners: Owners, path: str) -> list[str]:
    """What a path takes; nothing where there is no such path."""
    declared = owners.get(path)
    if declared is None:
        return []
    return sorted({*declared, "OPTIONS", *(["HEAD"] if "GET" in declared else [])})
