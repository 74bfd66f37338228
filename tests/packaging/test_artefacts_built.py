"""Building: the same bytes wherever it happens, a manifest that tells the truth, and refusals in words."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra import build, sample
from infra.build import (
    LAMBDA,
    NotBuildable,
    Target,
    __main__,
    archive,
    artefacts,
    contents,
    dependencies,
    release,
    targets,
)
from infra.build.contents import ROOT
from tests.packaging.built import Built

BUILD = """
import sys
from pathlib import Path
from infra import build
from infra.build import dependencies
if len(sys.argv) > 1:
    dependencies.CACHE = Path(sys.argv[1])
build.package("dev", build.Target.here(), Path("out"))
"""
FOLDERS = (".chalice", "chalicelib", "functions", "schedules", "infra")
FILES = ("app.py", ".env.example", "requirements.lock", "CHANGELOG.md")
LITTER = shutil.ignore_patterns("__pycache__")


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two checkouts of the same source in folders with paths of different lengths, each built in it.

    The first fetches and prunes its dependencies anew, the second takes the kept ones.
    """
    first, second = tmp_path_factory.mktemp("a"), tmp_path_factory.mktemp("b") / "a-checkout-with-a-longer-path"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, first / name, ignore=LITTER)
    for name in FILES:
        shutil.copyfile(ROOT / name, first / name)
    shutil.copytree(first, second)
    subprocess.run([sys.executable, "-c", BUILD], cwd=first, check=True)
    subprocess.run([sys.executable, "-c", BUILD, dependencies.CACHE], cwd=second, check=True)
    return first / "out", second / "out"


@pytest.mark.parametrize("file", ["api.zip", "workers.zip", "template.yaml", "manifest.json"])
def test_the_same_source_gives_the_same_bytes_in_another_folder(copies: tuple[Path, Path], file: str) -> None:
    first, second = copies
    assert (first / file).read_bytes() == (second / file).read_bytes()


def test_names_and_contents_alone_decide_the_bytes_of_an_archive(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        for name in ("a.py", "b.py"):
            (tmp_path / folder / name).write_text(name)
    for file in (tmp_path / "new").iterdir():
        file.chmod(0o600)
        os.utime(file, (10**9, 10**9))
    old = archive.files_in(tmp_path / "old")
    new = dict(reversed(archive.files_in(tmp_path / "new").items()))
    assert archive.write(tmp_path / "one.zip", old) == archive.write(tmp_path / "one.zip", new)


def test_two_files_of_the_same_name_are_no_archive(tmp_path: Path) -> None:
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").touch()
    with pytest.raises(ValueError, match="two files"):
        archive.files_in(tmp_path / "ours", tmp_path / "theirs")


def test_the_manifest_tells_what_lies_beside_it(on_lambda: Built) -> None:
    told = build.read(on_lambda.out)
    assert told == on_lambda.manifest
    assert (told.stage, told.target, told.version) == ("dev", LAMBDA, release.version())
    files = {made.file: made.sha256 for made in told.artefacts.values()} | {"template.yaml": told.template_sha256}
    for file, digest in files.items():
        assert hashlib.sha256((on_lambda.out / file).read_bytes()).hexdigest() == digest


def test_the_sample_environment_names_the_version_that_is_built() -> None:
    assert sample.environment()["APP_VERSION"] == release.version()


def test_a_copy_without_history_says_that_its_commit_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert release.commit() != "unknown"
    monkeypatch.setattr(release, "ROOT", tmp_path)
    assert release.commit() == "unknown"


def test_a_python_on_the_path_that_does_not_work_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder, script in (("broken", "exit 127"), ("candidate", "echo"), ("working", "echo '9.9|9.9.1 (main)'")):
        command = tmp_path / folder / "python9.9"
        command.parent.mkdir()
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in ("broken", "candidate", "working")))
    assert targets.interpreter("9.9") == targets.Interpreter(tmp_path / "working" / "python9.9", "9.9.1 (main)")


def test_there_may_be_no_python_to_compile_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert targets.interpreter("9.9") is None


def test_only_the_dependencies_used_last_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dependencies, "CACHE", tmp_path)
    for age, name in enumerate("abcdef"):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (10**9 - age, 10**9 - age))
    monkeypatch.setattr(dependencies, "KEPT", 2)
    dependencies._forget_old()
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["a", "b"]


def test_prod_is_not_built_without_bytecode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(artefacts, "interpreter", lambda python: None)
    with pytest.raises(NotBuildable, match=r"no Python 3\.13 on this machine"):
        build.package("prod", LAMBDA, tmp_path)


def test_other_stages_are_built_without_bytecode_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(artefacts, "interpreter", lambda python: None)
    assert artefacts._compiler("dev", LAMBDA) is None
    assert "Without bytecode" in capsys.readouterr().out


def test_an_artefact_that_has_grown_too_large_is_not_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = [replace(artefact, limit=1_000_000) for artefact in contents.ARTEFACTS]
    monkeypatch.setattr(contents, "ARTEFACTS", small)
    with pytest.raises(NotBuildable, match=r"api\.zip is too large zipped: .* of 1,000,000 bytes"):
        build.package("dev", Target.here(), tmp_path)


def test_a_distribution_without_a_pin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "ARTEFACTS", [replace(contents.API, distributions=("botocore", "nowhere"))])
    with pytest.raises(NotBuildable, match=r"requirements\.lock has no version of nowhere"):
        dependencies.ready(Target.here(), None)


def test_make_package_fails_when_the_template_has_problems(
    on_lambda: Built, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(stage: str, target: Target, out: Path) -> build.Manifest:
        out.mkdir(parents=True)
        (out / "template.yaml").write_text("Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {Colour: red}}}")
        return on_lambda.manifest

    monkeypatch.setattr(contents, "ROOT", tmp_path)
    monkeypatch.setattr(__main__, "package", broken)
    monkeypatch.setattr(sys, "argv", ["infra.build", "dev"])
    assert __main__.main() != 0
    assert "Colour" in capfd.readouterr().out


def test_make_package_says_in_words_why_nothing_was_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(stage: str, target: Target, out: Path) -> build.Manifest:
        raise NotBuildable("the pages of the API docs are missing")

    monkeypatch.setattr(__main__, "package", refuse)
    monkeypatch.setattr(sys, "argv", ["infra.build", "prod"])
    assert __main__.main() == 1
    assert capsys.readouterr().err == "Not built: the pages of the API docs are missing\n"
