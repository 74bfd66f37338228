"""The start of the API: importing this first makes it cheap, `done` puts everything back as it was.

While modules are loaded nearly everything stays: looking for garbage finds none, and costs an eighth of a cold start.
Another tenth is compiling what `dataclasses` writes; the packaged API carries that compiled, in `starting.code`.
"""

import dataclasses
import gc
import marshal
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType
from typing import Any

#: The first clients make ten thousand objects that stay too; at the usual 700 they would be looked at again and again.
BETWEEN_LOOKS = 20_000
CODE = Path(__file__).with_suffix(".code")


def packaged_code() -> Mapping[str, CodeType]:
    """The code of the start's dataclasses by its text; nothing without the build's file, or for another Python."""
    try:
        content = CODE.read_bytes()
    except FileNotFoundError:
        return {}
    if not content.startswith(MAGIC_NUMBER):
        return {}
    known: Mapping[str, CodeType] = marshal.loads(content[len(MAGIC_NUMBER) :])  # noqa: S302 -- the build's, as bytecode
    return known


def _take(known: Mapping[str, CodeType]) -> None:
    """`dataclasses` hands its text to `exec`: for as long as the start lasts, to this one."""
    if not known:
        return

    def execute(text: str, *places: Any) -> None:
        exec(known.get(text, text), *places)  # noqa: S102 -- what dataclasses would do

    vars(dataclasses)["exec"] = execute


gc.disable()
_take(packaged_code())
#: We use no plugins of pydantic; looking for some reads the metadata of every package that Lambda brings along.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251 -- not ours to read


def done() -> None:
    """What was made until here is never looked at again: a collection then walks only what requests have made."""
    vars(dataclasses).pop("exec", None)
    gc.freeze()
    gc.set_threshold(BETWEEN_LOOKS)
    gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """Around the import of a domain later on, for the same reason."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()
