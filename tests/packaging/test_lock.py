"""What is installed, here and in the artefacts, is what the locks know: versions, and the very files."""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import install, lock, pins, viewers
from infra.build import Target, dependencies
from infra.build.dependencies import Unfetched
from infra.pins import LOCKED, ROOT, Pin

every_lock = pytest.mark.parametrize("name", LOCKED)
WRONG = "0" * 64


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that pip finds in a folder, and nothing else: no test here asks the network."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return make_wheel(folder / "tiny-1.0-py3-none-any.whl")


def make_wheel(path: Path, code: str = "") -> Path:
    about = {
        "METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "tiny.py,,\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", code)
        for name, text in about.items():
            archive.writestr(f"tiny-1.0.dist-info/{name}", text)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@every_lock
def test_a_lock_pins_exactly_what_the_requirements_want(name: str) -> None:
    assert pins.differences(name) == [], "run `make lock`"


@every_lock
def test_every_pin_of_a_lock_has_hashes(name: str) -> None:
    locked = pins.pinned(ROOT / name)
    assert len(locked) > 20
    assert [str(pin) for pin in locked.values() if not pin.hashes] == []
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for pin in locked.values() for each in pin.hashes)


@pytest.mark.parametrize("name", [*LOCKED, *(each for sources in LOCKED.values() for each in sources)])
def test_no_file_says_where_packages_come_from(name: str) -> None:
    words = re.findall(r"://|--\w*index\S*|--trusted-host|--find-links", (ROOT / name).read_text("utf-8"))
    assert words == []


def test_a_lock_that_is_behind_says_what_it_lacks_and_what_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    monkeypatch.setattr(pins, "LOCKED", {"a.lock": ("a.txt",)})
    (tmp_path / "a.txt").write_text("New_One==1.0  # a reason\nsame==2\n")
    (tmp_path / "a.lock").write_text("same==2 \\\n    --hash=sha256:1\nold==3 --hash=sha256:2\n")
    assert pins.differences("a.lock") == [
        "a.lock lacks new-one==1.0",
        "a.lock has old==3, which nothing asks for",
    ]


def test_make_lock_keeps_the_hashes_of_a_version_whatever_files_appear_under_it(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    monkeypatch.setattr(pins, "LOCKED", {"a.lock": ("a.txt",)})
    (tmp_path / "a.txt").write_text("tiny==1.0\n")
    assert lock.main() == 0
    make_wheel(wheel.with_name("tiny-1.0-1-py3-none-any.whl"), "changed = True")
    assert lock.main() == 0
    assert pins.pinned(tmp_path / "a.lock") == {"tiny": Pin("tiny", "1.0", (f"sha256:{sha256(wheel)}",))}


def test_make_lock_changes_nothing_where_a_version_cannot_be_had(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    monkeypatch.setattr(pins, "LOCKED", {"a.lock": ("a.txt",)})
    (tmp_path / "a.txt").write_text("tiny==2.0\n")
    with pytest.raises(SystemExit, match=r"tiny==2\.0"):
        lock.main()
    assert not (tmp_path / "a.lock").exists()


def build(pin: Pin, folder: Path) -> None:
    dependencies._install([pin], Target.here(), folder / "installed")


def install_here(pin: Pin, folder: Path) -> None:
    python = folder / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPIP_TARGET="{folder}/installed" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (folder / "a.lock").write_text(pin.line)
    install._fill(install.Environment(folder / "venv", folder / "a.lock"))


@pytest.fixture(params=[build, install_here])
def put(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Pin], None]:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    return lambda pin: request.param(pin, tmp_path)


def test_a_file_with_the_known_hash_is_installed(put: Callable[[Pin], None], wheel: Path, tmp_path: Path) -> None:
    put(Pin("tiny", "1.0", (f"sha256:{WRONG}", f"sha256:{sha256(wheel)}")))
    assert (tmp_path / "installed" / "tiny.py").is_file()


def test_a_file_with_another_hash_is_not_installed(put: Callable[[Pin], None], wheel: Path, tmp_path: Path) -> None:
    with pytest.raises((Unfetched, install.NotInstalled), match="DO NOT MATCH THE HASHES"):
        put(Pin("tiny", "1.0", (f"sha256:{WRONG}",)))
    assert not (tmp_path / "installed").exists()


def test_a_pin_without_a_hash_is_not_installed(put: Callable[[Pin], None], wheel: Path, tmp_path: Path) -> None:
    with pytest.raises((Unfetched, install.NotInstalled), match="Hashes are required"):
        put(Pin("tiny", "1.0"))


def test_the_pages_of_the_api_docs_have_a_known_hash_too(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(viewers, "PACKAGE", "tiny==1.0")
    monkeypatch.setattr(viewers, "FOLDER", tmp_path / "viewers")
    with pytest.raises(subprocess.CalledProcessError):
        viewers.fetch()
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
