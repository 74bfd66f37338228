"""The tour that newcomers take works from its first line to its last, on a cloud of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.engine import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.row("B01", "B12", "B13", "E54", "M16", "M17", "M21", "M128", "X51")
def test_the_tour_reaches_its_end() -> None:
    nobody_there = str(free_port())
    environment = {**os.environ, "PORT": nobody_there}
    done = subprocess.run(
        [sys.executable, "-m", "infra.tour"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "That is the tour." in done.stdout
