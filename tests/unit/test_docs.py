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


@pytest.mark.row("M144")
def test_the_deployment_checklist_answers_the_fourteen_points() -> None:
    text = (ROOT / "docs" / "guides" / "deployment.md").read_text().partition("## Checklist")[2]
    points = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| Asked", "| ---"))]
    assert len(points) == 14
    assert all(any(point.startswith(f"| {word}") for point in points) for word in ("payment webhooks", "health checks"))


@pytest.mark.row("K71")
@pytest.mark.parametrize("page", ["data-model.md", "guides/deployment.md", "guides/ml.md", "openapi.json"])
def test_each_promised_guide_is_there_and_can_be_found_from_the_readme(page: str) -> None:
    assert (ROOT / "docs" / page).stat().st_size > 2000
    assert f"docs/{page}" in (ROOT / "README.md").read_text()


@pytest.mark.row("X53", "M116", "C47", "C48", "K73", "K75")
@pytest.mark.parametrize(
    "row", "G50 G52 G53 G56 K67 K73 K75 E56 C47 C48 M115 M116 M135 M136 M137 M138 M139 X53".split()
)
def test_what_the_older_systems_asked_of_operators_is_answered(row: str) -> None:
    table = [line for line in (ROOT / "docs" / "operations.md").read_text().splitlines() if line.startswith("| ")]
    answers = [line.rsplit("|", 2)[1] for line in table if row in line.split("|")[1]]
    assert answers
    assert all(len(answer) > 20 for answer in answers)


@pytest.mark.row("C38")
def test_every_item_can_say_when_it_was_made_and_changed() -> None:
    assert {"created_at", "updated_at", "ver"} <= set(Record.get_attributes())


@pytest.mark.row("X54")
@pytest.mark.parametrize("name", ["EduFlow", "Learnify"])
def test_the_names_of_the_older_systems_stand_in_the_migration_notes_alone(name: str) -> None:
    command = ["git", "grep", "-lI", name, "--", ".", ":!tests/unit/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert set(found) <= {"docs/migration.md"}
