"""`make run` as a whole: real processes, over a product of one route in a folder of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.engine import cloud_python, free_port, port_is_free

INFRA = Path(__file__).resolve().parents[2] / "infra"
PATIENCE_SECONDS = 20.0
APP = """
import json
from chalice.app import Chalice

app = Chalice(app_name="small")


@app.route("/api/v1/hello")
def hello():
    print(json.dumps({"level": "INFO", "message": "said hello"}))
    return {"hello": "WORD"}
"""
MAILER = """
import boto3


def handler(event, context):
    boto3.client("sesv2").send_email(
        FromEmailAddress="no-reply@learnflow.example",
        Destination={"ToAddresses": ["student@learnflow.example"]},
        Content={"Simple": {"Subject": {"Data": event["scheduled_at"]}, "Body": {"Text": {"Data": "kept"}}}},
    )
"""


class Running:
    """One `python -m infra.local` in `tree`, and what it printed."""

    def __init__(self, tree: Path, *arguments: str) -> None:
        self.tree = tree
        self.port = free_port()
        self.output = tree / f"output-{self.port}"
        environment = {**os.environ, "LEARNFLOW_CLOUD_PYTHON": str(cloud_python()), "PYTHONPATH": str(tree)}
        with self.output.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.local", "--port", str(self.port), *arguments],
                cwd=tree, env=environment, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def printed(self) -> str:
        return self.output.read_text()

    def until(self, text: str) -> None:
        wait_for(lambda: text in self.printed(), lambda: f"{text!r} was not printed:\n{self.printed()}")

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://localhost:{self.port}{path}", method=method, data=json.dumps(body).encode() if body else None
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def interrupt(self) -> float:
        """Ctrl-C in the terminal; returns how long the end took."""
        started = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(10)
        return time.monotonic() - started


def wait_for(happened: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.05)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(INFRA, tmp_path / "infra", ignore=shutil.ignore_patterns("__pycache__", "demo*"))
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "erase_accounts.py").write_text(MAILER)
    return tmp_path


@pytest.fixture
def run(tree: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(tree, *arguments))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.interrupt()


def test_it_serves_reloads_survives_a_typing_error_and_ends_quietly(run: Callable[..., Running], tree: Path) -> None:
    running = run()
    running.until("LearnFlow is ready")
    assert running.ask("/api/v1/hello") == {"hello": "WORD"}
    assert running.ask("/_local")["accounts"][0]["username"] == "admin"

    (tree / "app.py").write_text(APP.replace("WORD", "changed"))
    running.until("Ready again")
    assert running.ask("/api/v1/hello") == {"hello": "changed"}

    (tree / "app.py").write_text(APP + "oops(")
    running.until("it starts again at the next save")
    assert "SyntaxError" in running.printed()
    assert "importlib" not in running.printed()

    (tree / "app.py").write_text(APP.replace("WORD", "mended"))
    assert running.ask("/api/v1/hello") == {"hello": "mended"}  # The request waits: the socket never closed.

    assert running.interrupt() < 2
    assert running.process.returncode == 0
    assert "Traceback" not in running.printed()
    assert "GET    /api/v1/hello" in running.printed()
    assert "said hello" not in running.printed()
    assert "said hello" in (tree / "build" / "local.log").read_text()


def test_a_data_folder_brings_everything_back(run: Callable[..., Running], tree: Path) -> None:
    running = run("--data", "data")
    running.until("LearnFlow is ready")
    running.ask("/_local/schedules/erase_accounts", "POST", {"at": "2026-01-31T02:30:00Z"})
    assert len(running.ask("/_local/mail")) == 1
    assert running.interrupt() < 4
    again = run("--data", "data")
    again.until("LearnFlow is ready")
    assert [mail["subject"] for mail in again.ask("/_local/mail")] == ["2026-01-31T02:30:00Z"]


def test_nothing_stays_behind_when_it_is_killed(run: Callable[..., Running]) -> None:
    running = run()
    running.until("LearnFlow is ready")
    engine_port = int(running.ask("/_local")["aws_endpoint"].rpartition(":")[2])
    running.process.kill()
    running.process.wait()

    wait_for(lambda: port_is_free(running.port), lambda: "the server is still there")
    wait_for(lambda: port_is_free(engine_port), lambda: "the engine is still there")


def test_a_port_that_is_taken_is_told_in_one_sentence(tree: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "infra.local", "--port", str(port)],
            cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines() == [
        f"Cannot serve on 127.0.0.1:{port} (Address already in use). Choose another port: make run PORT=8001"
    ]
