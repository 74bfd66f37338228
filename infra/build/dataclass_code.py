"""Compiles in the build what `dataclasses` compiles at each start: it writes methods as text, a tenth of a cold start.

`artefacts` puts the code into the API, `chalicelib/starting.py` takes it for texts that are in it. Any other text is
compiled as ever, so a library that changes costs time and nothing else.
"""

import subprocess
from pathlib import Path

from infra import sample
from infra.build import contents
from infra.build.targets import Interpreter

#: Starts the API without any domain and writes each text met on the way with its code. What was used since it was made
#: would be written in other bytes, so all is written and read once before; the magic number tells for which Pythons.
PROGRAM = """
import sys
sys.dont_write_bytecode = True
sys.path[:0] = sys.argv[1:]
import dataclasses, importlib.util, marshal
made = {}
def kept(text, *places):
    made[text] = compile(text, "<string>", "exec", dont_inherit=True)
    exec(made[text], *places)
from chalicelib.web import owners
owners.packaged = dict
vars(dataclasses)["exec"] = kept
import app
fresh = marshal.loads(marshal.dumps(dict(sorted(made.items())), 2))
del made
sys.stdout.buffer.write(importlib.util.MAGIC_NUMBER + marshal.dumps(fresh))
"""


def made(interpreter: Interpreter, dependencies: Path) -> bytes:
    """`dependencies` are those of this machine, whatever the artefact is for: the texts are the same everywhere."""
    command: list[str | Path] = [interpreter.path, "-I", "-S", "-c", PROGRAM, contents.ROOT, dependencies]
    return subprocess.run(command, env=sample.environment(), stdout=subprocess.PIPE, check=True, cwd="/").stdout
