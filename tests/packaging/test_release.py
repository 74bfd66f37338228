"""Which commit a build says it is: the one checked out, marked when something that ships differs from it."""

import subprocess
from pathlib import Path

import pytest

from infra.build import release


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout with one commit, in the place of ours."""
    monkeypatch.setattr(release, "ROOT", tmp_path)
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "chalicelib" / "clock.py").write_text("one")
    (tmp_path / "README.md").write_text("one")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "--quiet", "-m", "feat: one")
    return tmp_path


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_clean_checkout_is_its_commit(checkout: Path) -> None:
    assert release.commit() == git(checkout, "rev-parse", "--short=12", "HEAD")


@pytest.mark.parametrize("file", ["chalicelib/clock.py", "README.md"])
def test_a_file_that_differs_from_the_commit_marks_it(checkout: Path, file: str) -> None:
    (checkout / file).write_text("two")
    assert release.commit() == git(checkout, "rev-parse", "--short=12", "HEAD") + "-changed"


def test_a_change_that_is_only_staged_marks_it_too(checkout: Path) -> None:
    (checkout / "chalicelib" / "clock.py").write_text("two")
    git(checkout, "add", ".")
    assert release.commit().endswith("-changed")


def test_a_new_file_that_would_ship_marks_it(checkout: Path) -> None:
    (checkout / "chalicelib" / "new.py").write_text("")
    assert release.commit().endswith("-changed")


def test_a_new_file_that_does_not_ship_does_not(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("")
    assert not release.commit().endswith("-changed")


def test_a_copy_without_history_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert release.commit() == "unknown"
