"""The checklist of ASVS 5.0 is honest: what it names is there, and enough of it is shown by tests."""

import ast
from pathlib import Path

import pytest

from tests.security import asvs
from tests.security.asvs import Requirement

ROOT = Path(__file__).resolve().parents[2]
FOUND = list(asvs.requirements())


@pytest.mark.parametrize("requirement", FOUND, ids=lambda each: each.id)
def test_a_requirement_is_shown_or_says_why_it_is_not(requirement: Requirement) -> None:
    assert requirement.asks
    assert requirement.level in (1, 2)
    answers = [bool(requirement.tests), bool(requirement.open), bool(requirement.none)]
    assert answers.count(True) == 1


@pytest.mark.parametrize("name", sorted({test for each in FOUND for test in each.tests}))
def test_each_test_that_the_checklist_names_exists(name: str) -> None:
    file, _, test = name.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    assert test in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("document", sorted({each.document for each in FOUND if each.document}))
def test_each_document_that_the_checklist_names_has_that_heading(document: str) -> None:
    file, _, anchor = document.partition("#")
    lines = (ROOT / "docs" / file).read_text("utf-8").splitlines()
    headings = {line.lstrip("# ").lower().replace(" ", "-") for line in lines if line.startswith("#")}
    assert not anchor or anchor in headings


def test_nine_of_ten_requirements_that_apply_have_a_test() -> None:
    assert asvs.share(FOUND) >= asvs.GOAL
    assert len({each.id for each in FOUND}) == len(FOUND)
