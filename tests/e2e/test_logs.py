"""What every function prints, once everything has happened."""

import json
from typing import Any

import pytest

from infra.deploy import logs
from tests.e2e.clocks import Strikes
from tests.e2e.stage import Stage
from tests.e2e.story import Story

FUNCTIONS = (
    "ApiFunction", "ReactToFacts", "SendEmail", "KeepHistory", "ExportForMl", "KeepProjections", "FoldCounters",
    "IndexCatalog", "IssueCertificate", "SweepFacts", "AnchorAudit", "CompactExports", "EraseAccounts",
    "RebuildCatalog", "RetryCertificates", "DailyReport", "CleanAbandonedEnrollments", "RemindGoals",
    "RemindPeople", "ReconcilePayments",
)  # fmt: skip


def expected(line: dict[str, Any]) -> bool:
    """A new stage has no catalogue until somebody first asks for it, which both sides remark upon."""
    extra = line.get("extra") or {}
    return extra.get("error") == "no pointer" or extra.get("code") == "catalogue_unavailable"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_line_is_json(stage: Stage, struck: Strikes, function: str) -> None:
    lines = stage.log(stage.outputs[function])
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_has_gone_wrong(stage: Stage, struck: Strikes, function: str) -> None:
    lines = stage.lines(function)
    wrong = [line for line in lines if line.get("level") in ("WARNING", "ERROR")]
    assert [line for line in wrong if not expected(line)] == []


def test_one_request_is_followed_into_the_workers_by_its_id(stage: Stage, told: Story) -> None:
    request = told.registered.header("x-request-id")
    for function in ("ApiFunction", "ReactToFacts", "SendEmail"):
        assert [line for line in stage.lines(function) if line.get("request_id") == request], function


def test_no_log_has_an_address_a_password_or_a_token(stage: Stage, told: Story, struck: Strikes) -> None:
    secrets = ("asha@example.org", "seven-lean-otters", told.registered.json()["access"])
    for function in FUNCTIONS:
        text = "\n".join(stage.log(stage.outputs[function]))
        assert [secret for secret in secrets if secret in text] == []


def test_operators_read_the_log_of_a_function(stage: Stage, told: Story) -> None:
    group = logs.group_of(stage.stack, "SendEmail")
    assert group == f"/aws/lambda/{stage.outputs['SendEmail']}"
