"""Runs the tour: on the local cloud of PORT (8000) where one is running, else on one of its own."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.engine import free_port
from infra.tour import accounts, buying, goals, learning
from infra.tour.visitor import Lost, Visitor

#: It takes seven seconds; on a machine that has much else to do it took forty.
START_SECONDS = 120


def story(visitor: Visitor) -> None:
    name = f"asha-{secrets.token_hex(3)}"
    email = f"{name}@example.org"
    access = accounts.arrive(visitor, name, email, "seven-lean-otters")
    accounts.settle_in(visitor, access)
    learning.learn(visitor, access, email)
    buying.buy(visitor, access, email)
    goals.intend(visitor, access, email)
    accounts.forget_password(visitor, email)
    accounts.look_from_above(visitor, name)
    accounts.leave(visitor, name, "nine-quiet-herons")


def is_up(port: int) -> bool:
    try:
        return Visitor(port).quietly("GET", "/api/health", None, {}).status == 200
    except OSError:
        return False


@contextmanager
def local_cloud() -> Iterator[int]:
    """The port of a local cloud: the one that runs, or one for the story."""
    port = int(os.environ.get("PORT", "8000"))
    if is_up(port):
        yield port
        return
    port = free_port()
    print(f"No local cloud on port {os.environ.get('PORT', '8000')}; starting one for the tour …")
    command = [sys.executable, "-m", "infra.local", "--port", str(port), "--demo", "people"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_up(port):
            if process.poll() is not None:
                raise Lost("the local cloud did not start; `make run` says why")
            if time.monotonic() > deadline:
                raise Lost(
                    f"the local cloud was not ready after {START_SECONDS} s; try again when less is going on here"
                )
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def main() -> int:
    try:
        with local_cloud() as port:
            story(Visitor(port))
    except Lost as error:
        print(f"\nThe tour is lost: {error}", file=sys.stderr)
        return 1
    print("\nThat is the tour. `make run` keeps a cloud open for you to try it yourself: /api/docs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
