"""A WSGI application on a port of its own, behind the server that `make run` uses; gone as soon as the block ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from waitress.server import create_server

from infra.local.wsgi import Wsgi


@contextmanager
def serving(application: Wsgi) -> Iterator[str]:
    # Any: its published types know no port.
    server: Any = create_server(application, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=_served, args=(server,), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    for channel in list(server.active_channels.values()):
        with suppress(OSError):
            channel.socket.shutdown(socket.SHUT_RDWR)  # Clients keep connections for later; the end need not wait.
    server.close()  # Its thread notices within a second; nobody has to wait for that.


def _served(server: Any) -> None:
    """Until its sockets are closed, which it may notice while it waits for them."""
    with suppress(OSError):
        server.run()
