"""Keeps the terminal readable: the product's JSON log lines go to a file, what people should see stays."""

import io
import json
import sys
import threading
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote

LOUD = ("ERROR", "CRITICAL")
#: What the clocks have done is shown too: it happens seldom, and nobody has asked for it.
CLOCKS = "app.jobs"
UNCHANGED = 304


class Splitter(io.TextIOBase):
    """A standard output that diverts whole JSON lines to `log`; errors among them are also shown, without JSON.

    Everything else passes, so that `print` and `breakpoint()` work as anywhere.
    """

    def __init__(self, terminal: TextIO, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.terminal = terminal
        self.log = log.open("a", encoding="utf-8", buffering=1)
        self.unfinished = ""
        self.writing = threading.RLock()

    def write(self, text: str) -> int:
        with self.writing:
            *lines, self.unfinished = (self.unfinished + text).split("\n")
            for line in lines:
                self.line(line)
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Show an unfinished line (a prompt) unless it may become JSON."""
        with self.writing:
            if self.unfinished and not self.unfinished.startswith("{"):
                self.terminal.write(self.unfinished)
                self.unfinished = ""
            self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()

    def fileno(self) -> int:
        return self.terminal.fileno()

    def line(self, line: str) -> None:
        entry = log_entry(line)
        if entry is None:
            self.terminal.write(line + "\n")
            return
        self.log.write(line + "\n")
        if entry.get("level") in LOUD:
            self.terminal.write(shown(entry) + "\n")
        elif entry.get("logger") == CLOCKS:
            self.terminal.write(f"  {told(entry)}\n")


def log_entry(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "level" in entry else None


def shown(entry: dict[str, Any]) -> str:
    trace = entry.get("stack_trace") or entry.get("exception")
    return f"  {entry['level']}: {entry.get('message', '')}" + (f"\n{trace}" if trace else "")


def told(entry: dict[str, Any]) -> str:
    """What became of a job."""
    extra = entry.get("extra", {})
    return f"{extra.get('job')} {extra.get('occurrence')}: {entry.get('message')}"


def served(method: str, target: str, status: int, seconds: float) -> None:
    """Show a request, unless the client's copy was good; the log has those too."""
    if status != UNCHANGED:
        say(request_line(method, target, status, seconds))


def request_line(method: str, target: str, status: int, seconds: float) -> str:
    """One request for people: no query, because tokens travel there."""
    path = unquote(target.partition("?")[0])
    printable = "".join(letter if letter.isprintable() else "?" for letter in path)
    return f"  {status} {method:6} {printable}  {seconds * 1000:.1f} ms"


def say(text: str) -> None:
    print(text, file=sys.stdout, flush=True)
