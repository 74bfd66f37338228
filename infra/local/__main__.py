"""`make run`: keeps the embedded AWS up and restarts the server (`serve`) whenever the code changes."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from infra.local import engine
from infra.local.watch import ROOT, Snapshot, snapshot

POLL_SECONDS = 0.5
STOP_SECONDS = 1.0
DEMOS = ("whole", "people")


class Ended(Exception):
    """The end of `make run`, in a sentence for the person at the terminal."""


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with ExitStack() as opened:
            run(options, opened)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    except (Ended, engine.EngineFailed) as error:
        print(error, file=sys.stderr)
        return 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description="LearnFlow with its whole cloud on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where to serve (PORT=)")
    parser.add_argument("--host", default="127.0.0.1", help="which address to listen on")
    parser.add_argument("--data", type=Path, help="a folder that keeps all data between runs (DATA=)")
    parser.add_argument(
        "--demo", choices=DEMOS, default=DEMOS[0], help="how much of the demo an empty table gets (DEMO=)"
    )
    return parser.parse_args()


def run(options: argparse.Namespace, opened: ExitStack) -> NoReturn:
    listening = opened.enter_context(listen(options.host, options.port))
    cloud = opened.enter_context(engine.start(data=options.data, log=ROOT / "build" / "cloud.log"))
    state = options.data or Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="learnflow-state-")))
    server = Server(listening, cloud.endpoint_url, state, options.demo, keeps_data=options.data is not None)
    opened.callback(server.stop)
    opened.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)  # A second Ctrl-C must not break the tidy end.
    keep_serving(server, cloud)


def keep_serving(server: "Server", cloud: engine.Engine) -> NoReturn:
    served = changed = snapshot()
    server.start()
    while True:
        time.sleep(POLL_SECONDS)
        if not cloud.running():
            raise Ended(f"The local cloud stopped by itself; the end of {cloud.log}:\n{cloud.last_words()}")
        server.tell_if_ended()
        # Editors save in several steps and branches change many files: wait until it is quiet.
        before, changed = changed, snapshot()
        if changed != served and changed == before:
            print(f"Changed: {difference(served, changed)}. Starting again …")
            served = changed
            server.stop()
            server.start(again=True)


class Server:
    """The child process that serves. It shares our listening socket, so a restart refuses no connection."""

    def __init__(
        self, listening: socket.socket, endpoint_url: str, state: Path, demo: str, *, keeps_data: bool
    ) -> None:
        self.listening = listening
        self.command = [
            sys.executable,
            "-m",
            "infra.local.serve",
            "--socket",
            str(listening.fileno()),
            "--endpoint",
            endpoint_url,
            "--state",
            str(state.resolve()),
            "--demo",
            demo,
            *(["--keeps-data"] if keeps_data else []),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, again: bool = False) -> None:
        command = [*self.command, "--again"] if again else self.command
        # The child is deaf to Ctrl-C: it is ours to end it, and it would answer with a traceback while it imports.
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.process = subprocess.Popen(command, cwd=ROOT, pass_fds=[self.listening.fileno()])
        signal.signal(signal.SIGINT, heard)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def tell_if_ended(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            print("The server is down; it starts again at the next save of a file.", file=sys.stderr)
            self.process = None


def listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise Ended(f"Cannot serve on {host}:{port} ({why}). Choose another port: make run PORT=8001") from error


def difference(before: Snapshot, after: Snapshot) -> str:
    names = sorted(str(path.relative_to(ROOT)) for path, _ in before.items() ^ after.items())
    names = list(dict.fromkeys(names))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
