"""The deployed schedules: each starts its own function, which does its work in its own role."""

import json

import pytest

from tests.e2e.clocks import Strikes
from tests.e2e.learning_story import GOAL
from tests.e2e.stage import Stage, until
from tests.e2e.story import Story, login


def test_the_sweeper_looks_at_the_facts(struck: Strikes) -> None:
    assert "swept" in [line["message"] for line in struck.lines["SweepFacts"]]


def test_the_audit_log_of_yesterday_is_anchored_in_the_locked_bucket(stage: Stage, struck: Strikes) -> None:
    (line,) = [line for line in struck.lines["AnchorAudit"] if line["message"] == "verified"]
    found = stage.client("s3").list_objects_v2(Bucket=stage.outputs["AuditHeadsBucket"])["Contents"]
    assert [each["Key"] for each in found if "e2e" not in each["Key"]] == [f"heads/{line['extra']['day']}.json"]


def test_an_account_whose_grace_is_over_is_erased(stage: Stage, told: Story, struck: Strikes) -> None:
    until("asha may not sign in", lambda: login(stage, "asha").status == 401)
    table = stage.client("dynamodb").scan(TableName=stage.outputs["TableName"], ConsistentRead=True)
    assert "asha@example.org" not in json.dumps(table["Items"], default=str)


@pytest.mark.row("G50")
def test_a_goal_that_was_left_alone_is_called_to_mind(stage: Stage, struck: Strikes) -> None:
    assert GOAL in stage.mail_to("lena@example.org", about="goals").text


def test_the_ml_rows_of_the_day_are_compacted(stage: Stage, struck: Strikes) -> None:
    found = stage.client("s3").list_objects_v2(Bucket=stage.outputs["MlBucket"])["Contents"]
    assert {each["Key"].split("/")[0] for each in found} >= {"raw", "compacted", "manifests"}


@pytest.mark.row("G50")
def test_no_clock_has_failed(stage: Stage, struck: Strikes) -> None:
    assert stage.depth("SchedulesDead") == 0
