"""Starts and stops the embedded AWS (ministack) as a process of its own; used by `make run` and by tests."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.local.environment import REGION

ROOT = Path(__file__).resolve().parents[2]
LEASH = Path(__file__).with_name("leash.py")
DEFAULT_PORT = 4566  # localstack-client's own default
START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.03


class EngineFailed(Exception):
    """The embedded AWS cannot run; the message says why and is meant for the person at the terminal."""


@dataclass
class Engine:
    """A running ministack. Use it as a context manager, or call `stop`."""

    endpoint_url: str
    process: subprocess.Popen[bytes]
    log: Path
    scratch: Path
    keeps_data: bool = False
    claim: int | None = None

    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask for a clean end where there is state to save (it takes a second), and leave nothing behind."""
        if self.keeps_data:
            self.process.terminate()
        else:
            self.process.kill()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
        if self.claim is not None:
            os.close(self.claim)
            self.claim = None

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return "\n".join(lines[-8:]) or "(it wrote nothing)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    port: int | None = None,
    data: Path | None = None,
    python: Path | None = None,
    log: Path | None = None,
    enforcing: bool = False,
    scratch_in: Path | None = None,
) -> Engine:
    """Start ministack on `port` (default 4566, any free one when that is taken) and wait until it answers.

    With `enforcing` it holds everybody to their IAM policies; its own account is root, with the key `test`.
    """
    python = python or cloud_python()
    if not python.exists():
        raise EngineFailed(f"The local cloud is not installed: there is no {python}; `make run` installs it.")
    claim = None if port else claimed(DEFAULT_PORT)
    port = port or (free_port() if claim is None else DEFAULT_PORT)
    scratch = Path(tempfile.mkdtemp(prefix="learnflow-cloud-", dir=scratch_in))
    log = log or scratch / "cloud.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(python), "-I", str(LEASH)],
            env=clean_environment(port, scratch, data) | ({"AUTH": "true"} if enforcing else {}),
            cwd=scratch,
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is the owner's to handle, in its own order.
        )
    engine = Engine(f"http://localhost:{port}", process, log, scratch, keeps_data=data is not None, claim=claim)
    wait_until_ready(engine)
    return engine


def claimed(port: int) -> int | None:
    """A lock that goes with its process; None where the port is another's.

    That a port is free says little while a second engine is on its way to it.
    """
    claim = os.open(
        Path(tempfile.gettempdir()) / f"learnflow-{port}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666
    )
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return None
    if port_is_free(port):
        return claim
    os.close(claim)
    return None


def cloud_python() -> Path:
    """The interpreter that has ministack: it pins botocore, so it never shares an environment with the product."""
    return Path(os.environ.get("LEARNFLOW_CLOUD_PYTHON") or ROOT / ".venv" / "cloud" / "bin" / "python")


def clean_environment(port: int, scratch: Path, data: Path | None) -> dict[str, str]:
    """What the child gets to see: nothing of ours, its own temporary folder, and only this machine as its network."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "TMPDIR": str(scratch),
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        # Listeners we never use, and a Docker that may belong to somebody else.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
    }
    return kept | settings | (persistence(data.resolve()) if data else {})


def persistence(data: Path) -> dict[str, str]:
    return {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
    }


def wait_until_ready(engine: Engine) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(engine.endpoint_url):
        if not engine.running() or time.monotonic() > deadline:
            why = "took too long to start" if engine.running() else f"ended with code {engine.process.returncode}"
            words = engine.last_words()
            engine.stop()
            raise EngineFailed(f"The local cloud {why}; the end of {engine.log}:\n{words}")
        time.sleep(POLL_SECONDS)


def answers(endpoint_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint_url}/_ministack/ready", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
