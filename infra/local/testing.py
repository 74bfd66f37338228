"""An engine of one's own for a test session; `tests/conftest.py` and the tests of the local cloud use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local import engine


@contextmanager
def running_engine(data: Path | None = None) -> Iterator[str]:
    """A fresh embedded AWS on a free port, for as long as the block lasts; yields its endpoint URL."""
    port = engine.free_port()
    with engine.start(port=port, data=data) as running:
        yield running.endpoint_url
