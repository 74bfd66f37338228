"""The template as a whole: it lints, fits, refers to what exists, holds no secret; stages differ as meant."""

import hashlib
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.build import contents, template
from tests.packaging.stacks import PSEUDO, STAGES, expanded, references, stack

KB = 1024
#: Named after what was linted and by which linter; lies beside the other things that are kept between sessions.
LINTED = contents.ROOT / "build" / "cache" / "linted"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One stage as it is written, and one as CloudFormation's transform leaves it, where cfn-lint sees more.

    The others differ in words alone, which is shown below; that of the longest name is the first to be too long.
    """
    folder = tmp_path_factory.mktemp("templates")
    texts = {"written": template.build(max(STAGES, key=len)), "expanded": expanded("prod")}
    for name, content in texts.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return sorted(folder.iterdir())


def test_it_lints_clean(files: list[Path]) -> None:
    """It takes long, so what this very linter has found clean is not read again."""
    unread = {mark: file for file in files if not (mark := LINTED / linted_as(file)).exists()}
    if unread:
        program = Path(sys.executable).with_name("cfn-lint")
        done = subprocess.run([program, *unread.values()], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    LINTED.mkdir(parents=True, exist_ok=True)
    for mark in unread:
        mark.touch()


def linted_as(file: Path) -> str:
    return hashlib.sha256(f"cfn-lint {version('cfn-lint')}\n{file.read_text()}".encode()).hexdigest()


@pytest.mark.parametrize("stage", STAGES)
def test_it_refers_only_to_what_it_declares(stage: str) -> None:
    """cfn-lint takes a name that begins like a function for something that SAM will make."""
    whole = expanded(stage)
    known = whole["Resources"].keys() | whole["Parameters"].keys() | PSEUDO.keys()
    assert references(whole["Resources"]) | references(whole["Outputs"]) <= known


@pytest.mark.parametrize("stage", STAGES)
def test_it_fits_into_what_cloudformation_takes(stage: str) -> None:
    whole = expanded(stage)
    assert len(whole["Resources"]) <= 500
    assert len(whole["Outputs"]) <= 200
    assert len(whole["Parameters"]) <= 200
    assert len(json.dumps(whole)) <= 1000 * KB
    assert len(template.build(stage)["Description"]) <= KB


def test_made_twice_it_is_the_same_text() -> None:
    assert json.dumps(template.build("dev", "1", "a")) == json.dumps(template.build("dev", "1", "a"))


def test_no_part_of_it_is_shared_so_that_yaml_needs_no_anchors() -> None:
    assert not re.search(r"[&*]id\d+", yaml.safe_dump(template.build("dev")))


def test_two_files_may_not_say_the_same_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("Resources: {Table: {Type: 'AWS::DynamoDB::Table'}}")
    monkeypatch.setattr(template, "INFRA", tmp_path)
    monkeypatch.setattr(template, "FILES", ("one", "two"))
    with pytest.raises(ValueError, match=r"two\.yaml says again: Table"):
        template.build("dev")


@pytest.mark.row("M140")
@pytest.mark.parametrize("stage", STAGES)
def test_it_holds_no_secret_and_nobody_s_account(stage: str) -> None:
    text = json.dumps(template.build(stage))
    assert not re.search(r"AKIA|BEGIN [A-Z ]*PRIVATE KEY|sk_live|sk_test|whsec", text)
    assert not re.search(r"(?<![\w-])\d{12}(?![\w-])", text)
    assert not re.search(r"resolve:(ssm|secretsmanager)", text)
    variables = template.build(stage)["Globals"]["Function"]["Environment"]["Variables"]
    assert not [name for name in variables if re.search("SECRET|PASSWORD|TOKEN|_KEY$", name)]


def test_everything_has_a_default_so_that_a_stage_deploys_with_one_command() -> None:
    for stage in STAGES:
        assert all("Default" in parameter for parameter in template.build(stage)["Parameters"].values())


@pytest.mark.row("M142")
def test_there_are_three_stages_and_none_is_called_like_our_paths() -> None:
    assert template.stages() == list(STAGES)
    assert "api" not in STAGES
    assert template.tags("dev") == {"application": "learnflow", "stage": "dev"}
    for stage in STAGES:
        parameter = template.build(stage)["Parameters"]["Stage"]
        assert parameter["Default"] == stage == parameter["AllowedPattern"]


def differences(one: Any, other: Any, place: str = "") -> set[str]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {found for key in one for found in differences(one[key], other[key], f"{place}.{key}".strip("."))}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return {found for i, each in enumerate(one) for found in differences(each, other[i], f"{place}.{i}")}
    return set() if one == other else {place}


@pytest.mark.row("M142", "K75")
@pytest.mark.parametrize("stage", ["dev", "staging"])
def test_as_written_stages_differ_only_in_what_their_settings_say(stage: str) -> None:
    assert differences(template.build(stage), template.build("prod")) == {
        "Description",
        "Parameters.Stage.Default",
        "Parameters.Stage.AllowedPattern",
        "Parameters.MailSender.Default",
        "Parameters.CorsAllowedOrigins.Default",
    }


def nameless(stage: str) -> Any:
    return json.loads(re.sub(rf"\b{stage}\b", "STAGE", json.dumps(stack(stage).resources)))


@pytest.mark.row("M142", "K75")
def test_prod_keeps_longer_and_guards_more_and_is_otherwise_like_staging() -> None:
    one, other = nameless("staging"), nameless("prod")
    found = {place for place in differences(one, other) if not re.search("CORS_|MAIL_SENDER|AllowedOrigins", place)}
    found = {re.sub(r"^\w+Log\.", "<log>.", place) for place in found}
    assert found == {
        "<log>.Properties.RetentionInDays",
        "AuditHeadsBucket.Properties.ObjectLockConfiguration.Rule.DefaultRetention.Mode",
        "BackupPlan.Properties.BackupPlan.BackupPlanRule.0.Lifecycle.DeleteAfterDays",
        "BackupPlan.Properties.BackupPlan.BackupPlanRule.1.Lifecycle.DeleteAfterDays",
        "MediaBucket.Properties.LifecycleConfiguration.Rules.0.NoncurrentVersionExpiration.NoncurrentDays",
        "Table.Properties.DeletionProtectionEnabled",
    }


def test_outputs_name_what_people_and_programs_ask_for() -> None:
    outputs = {name: stack("dev").plain(each["Value"]) for name, each in expanded("dev")["Outputs"].items()}
    assert outputs["ApiUrl"] == "https://Api.execute-api.eu-west-1.amazonaws.com/dev"
    shown = ("Lambda::Function", "SQS::Queue", "S3::Bucket")
    assert {name for kind in shown for name in stack("dev").of(kind)} <= outputs.keys()
    assert {"ApiId", "GatewayUrl", "TableName", "KeysParameter", "DashboardUrl", "AlarmTopicArn"} <= outputs.keys()


def test_building_it_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.delenv("KEYS_PARAMETER", raising=False)
    before = dict(os.environ)
    template.build("dev")
    assert dict(os.environ) == before
