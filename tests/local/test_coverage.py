"""`make coverage` on a small product: it fails below what is promised, of all tests and of those at the doors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import coverage

PRODUCT = "def add(a, b):\n    return a + b\n\n\ndef half(a):\n    b = a / 2\n    return b\n"
SETTINGS = """
[tool.pytest.ini_options]
addopts = "--import-mode=importlib"
pythonpath = ["."]
[tool.coverage.run]
source = ["product"]
branch = true
parallel = true
data_file = "build/coverage/data"
[tool.coverage.html]
directory = "build/coverage/html"
"""
UNIT = "import product\n\n\ndef test_half():\n    assert product.half(4) == 2\n"
DOOR = "import product\n\n\ndef test_add():\n    assert product.add(1, 2) == 3\n"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(coverage, "ROOT", tmp_path)
    monkeypatch.setattr(coverage, "DATA", tmp_path / "build" / "coverage")
    monkeypatch.setattr(coverage, "_python", lambda *words: outcome(tmp_path, *words))
    (tmp_path / "product.py").write_text(PRODUCT)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def outcome(folder: Path, *words: str) -> int:
    """As `_python` does it, in one process without plugins, and without what the run around this test has set."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    ours["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    kept = [word for word in words if word not in ("-n", "2", "--dist", "loadfile")]
    command = [sys.executable, *kept, *(["-p", "pytest_cov.plugin"] if "pytest" in words else [])]
    return subprocess.run(command, cwd=folder, env=ours, capture_output=True, check=False).returncode


def write_tests(small: Path, **files: str) -> None:
    for kind, text in files.items():
        (small / "tests" / kind).mkdir(parents=True)
        (small / "tests" / kind / f"test_{kind}.py").write_text(text)


@pytest.mark.row("K72")
def test_it_passes_where_both_reach_enough_and_writes_pages(small: Path) -> None:
    write_tests(small, unit=UNIT, http=DOOR + "    assert product.half(4) == 2\n")
    assert coverage.main() == 0
    assert (small / "build" / "coverage" / "html" / "index.html").is_file()


@pytest.mark.row("M118")
def test_what_only_the_unit_tests_reach_does_not_count_at_the_doors(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what all tests reach, which is the whole, the doors reach less than 85 in 100."""
    write_tests(small, unit=UNIT, http=DOOR)
    assert coverage.PROMISED["tests at the doors"][1] >= 85
    assert coverage.main() == 2
    monkeypatch.setattr(coverage, "PROMISED", {"all tests": coverage.PROMISED["all tests"]})
    assert coverage.main() == 0


@pytest.mark.row("K72", "M117")
def test_what_no_test_reaches_fails_it(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tests(small, http=DOOR)
    assert coverage.PROMISED["all tests"][1] >= 90
    monkeypatch.setattr(coverage, "PROMISED", {"all tests": coverage.PROMISED["all tests"]})
    assert coverage.main() == 2


@pytest.mark.row("K72")
def test_a_run_of_one_kind_of_tests_leaves_out_the_others_and_promises_nothing(small: Path) -> None:
    write_tests(small, unit=UNIT, http="def test_never_asked():\n    raise AssertionError\n")
    assert coverage.main(["tests/unit"]) == 0
    assert "product.py" in (small / "build" / "coverage" / "html" / "index.html").read_text()


@pytest.mark.row("K72")
def test_a_run_about_one_part_of_the_product_shows_that_part_alone(small: Path) -> None:
    for part in ("courses", "people"):
        (small / part).mkdir()
        (small / part / "rules.py").write_text(PRODUCT)
    imports = UNIT.replace("product.half", "rules.half").replace("import product", "from people import rules")
    write_tests(small, unit=imports)
    assert coverage.main(["--cov=people"]) == 0
    shown = (small / "build" / "coverage" / "html" / "index.html").read_text()
    assert ">people<" in shown
    assert ">courses<" not in shown
    assert "product.py" not in shown
