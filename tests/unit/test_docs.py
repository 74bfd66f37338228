"""The pages people read: their links lead somewhere, and they hold what somebody looks for in them."""

import re
import subprocess
from pathlib import Path

import pytest

from chalicelib.table.record import Record

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split()]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = (match[1] for match in LINK.finditer(page.read_text(encoding="utf-8")))
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert [target for target in missing if not target.startswith("mailto:")] == []


@pytest.mark.row("K76")
def test_contributors_find_the_prefixes_of_commits_and_the_names_of_branches() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert all(prefix in text for prefix in ("feat", "fix", "docs", "test", "refactor"))
    assert "branch" in text.lower()


@pytest.mark.row("K78")
def test_finders_of_a_weakness_find_whom_to_tell_and_versions_are_semantic() -> None:
    assert "security@learnflow.example" in (ROOT / "SECURITY.md").read_text()
    assert re.search(r"^## \[?\d+\.\d+\.\d+", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


@pytest.mark.row("G56")
@pytest.mark.parametrize("trouble", ["expired", "Bearer", "429", "dead"])
def test_the_guides_help_with_the_usual_troubles(trouble: str) -> None:
    guides = "".join(page.read_text() for page in (ROOT / "docs" / "guides").glob("*.md"))
    assert trouble in guides


@pytest.mark.row("C38")
def test_every_item_can_say_when_it_was_made_and_changed() -> None:
    assert {"created_at", "updated_at", "ver"} <= set(Record.get_attributes())


@pytest.mark.row("X54")
@pytest.mark.parametrize("name", ["EduFlow", "Learnify"])
def test_the_names_of_the_older_systems_stand_in_the_migration_notes_alone(name: str) -> None:
    command = ["git", "grep", "-lI", name, "--", ".", ":!tests/unit/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert set(found) <= {"docs/migration.md"}
