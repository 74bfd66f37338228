"""Writes the stand-in down and brings it back, so that payments outlive a restart of the server; `serve` calls it."""

import contextlib
import json
import threading
from pathlib import Path

from infra.local.stripe.deliveries import Deliveries

POLL_SECONDS = 1.0
_writing = threading.Lock()


def restore(deliveries: Deliveries, file: Path) -> None:
    if file.exists():
        kept = json.loads(file.read_text("utf-8"))
        deliveries.server.restore(kept["server"])
        deliveries.restore(kept["deliveries"])


def keep(deliveries: Deliveries, file: Path) -> None:
    """Whole or not at all: a kill leaves the last state."""
    with _writing, deliveries.server.store.lock:
        text = json.dumps({"server": deliveries.server.kept(), "deliveries": deliveries.kept()})
        fresh = file.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.replace(file)


def keep_keeping(deliveries: Deliveries, file: Path, stop: threading.Event) -> None:
    written = 0
    while not stop.is_set():
        if (changes := state(deliveries)) != written:
            with contextlib.suppress(OSError):
                keep(deliveries, file)
                written = changes
        stop.wait(POLL_SECONDS)


def state(deliveries: Deliveries) -> int:
    """A number that grows with whatever happens."""
    with deliveries.server.store.lock:
        asked = deliveries.server.store.counts.total()
        return asked + sum(map(len, list(deliveries.attempts.values()))) + deliveries.moved
