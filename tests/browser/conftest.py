"""The API on a port of its own, and a browser in front of it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waitress.server import create_server

from infra.local.gateway import Gateway
from infra.local.wsgi import wsgi
from tests.browser.chromium import Chromium, chromium, installed


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    from app import app

    # Any: its published types know no port.
    server: Any = create_server(wsgi(Gateway(app)), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(5)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chromium]:
    if installed() is None:
        pytest.skip("no Chromium on this machine")
    with chromium(tmp_path / "profile") as started:
        yield started


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests leave what they saw."""
    return tmp_path_factory.mktemp("pictures")
