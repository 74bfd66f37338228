"""What tests/e2e/bridge.py makes up for. Each expected failure is a gap of the emulation.

One that passes fails the run: then its part of the bridge can go.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import Refused
from infra.deploy.bucket import Bucket
from infra.deploy.stack import Stack
from tests.e2e.acts import ACTS, denied, read_stream
from tests.e2e.clocks import Strikes
from tests.e2e.stage import Stage
from tests.e2e.story import Story

METRIC = {"Namespace": "E2E", "MetricName": "failures"}
ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "Metrics": [
            {"Id": "m", "ReturnData": False, "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}},
            {"Id": "e", "Expression": "m * 100"},
        ],
    },
}
SELECTION = {
    "Type": "AWS::Backup::BackupSelection",
    "Properties": {
        "BackupPlanId": "plan",
        "BackupSelection": {"SelectionName": "all", "IamRoleArn": "arn:aws:iam::000000000000:role/backup"},
    },
}


def gap(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)


@gap("its CloudFormation does not know metric math, nor which table a backup plan is for")
@pytest.mark.parametrize("body", [ALARM, SELECTION], ids=["alarm", "selection"])
def test_every_resource_is_made(bucket: Bucket, body: dict[str, Any]) -> None:
    key = bucket.write("e2e", json.dumps({"Resources": {"One": body}}))
    stack = Stack(bucket.account, f"e2e-{body['Type'].rpartition(':')[2].lower()}")
    try:
        planned = stack.planned(bucket.url(key), {}, "e2e")
        assert planned is not None
        stack.execute(planned, lambda _: None)
    except (Refused, ClientError) as error:
        raise AssertionError(f"not made: {error}") from error


@gap("its CloudFormation drops the expiry of a table")
def test_items_expire(bare: Stage) -> None:
    table = bare.outputs["TableName"]
    described = bare.client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described["TimeToLiveStatus"] == "ENABLED"


@gap("its CloudFormation drops point-in-time recovery")
def test_the_table_can_be_brought_back_to_any_second(bare: Stage) -> None:
    table = bare.outputs["TableName"]
    described = bare.client("dynamodb").describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


@gap("its API Gateway drops the gateway responses of a definition")
def test_what_the_gateway_refuses_is_a_problem(bare: Stage) -> None:
    assert bare.call("GET", "/api/v1/nothing-here").header("content-type") == "application/problem+json"


@gap("it wants sqs:SendMessageBatch, which IAM does not know")
def test_who_may_send_a_message_may_send_ten(bare: Stage) -> None:
    with bare.wearing(bare.stack.resources("AWS::IAM::Role")["ReactToFactsRole"]) as clients:
        entry = {"Id": "1", "MessageBody": "-", "DelaySeconds": 9999}
        url = bare.outputs["EmailsQueue"]
        assert not denied(lambda _, __: clients("sqs").send_message_batch(QueueUrl=url, Entries=[entry]), clients, bare)


@gap("it asks for the right to send mail on every identity")
def test_who_may_send_for_our_identity_sends(bare: Stage) -> None:
    with bare.wearing(bare.stack.resources("AWS::IAM::Role")["SendEmailRole"]) as clients:
        assert not denied(ACTS["send mail"], clients, bare)


@gap("it asks for the right to read every stream; its own reader asks for none")
@pytest.mark.parametrize("function", ["ReactToFacts", "ExportForMl"])
def test_a_reader_of_the_stream_may_read_it(bare: Stage, function: str) -> None:
    with bare.wearing(bare.stack.resources("AWS::IAM::Role")[f"{function}Role"]) as clients:
        assert not denied(read_stream, clients, bare)


def test_a_bucket_turns_away_what_does_not_come_over_tls(bare: Stage) -> None:
    """Which is everything here; `mend_buckets` takes the policy away."""
    with bare.wearing(bare.stack.resources("AWS::IAM::Role")["ExportForMlRole"]) as clients:
        assert denied(ACTS["write raw"], clients, bare)


@gap("it knows no leading keys, so neither denials nor grants by key count")
def test_the_api_does_not_see_whose_pseudonym_is_whose(stage: Stage, told: Story) -> None:
    key = {"pk": {"S": f"PSEUDONYM#{told.asha}"}, "sk": {"S": "PSEUDONYM"}}
    with stage.wearing(stage.stack.resources("AWS::IAM::Role")["ApiFunctionRole"]) as clients:
        table = stage.outputs["TableName"]
        assert denied(lambda _, __: clients("dynamodb").get_item(TableName=table, Key=key), clients, stage)


@gap("it hands <aws.scheduler.scheduled-time> on as it stands")
def test_a_clock_tells_its_time(bare: Stage, struck: Strikes) -> None:
    assert [line for line in bare.lines("SweepFacts") if line.get("message") == "swept"]


def test_a_deployment_that_cannot_be_made_says_what_failed(bucket: Bucket) -> None:
    key = bucket.write("e2e", json.dumps({"Resources": {"One": ALARM}}))
    stack = Stack(bucket.account, "e2e-fails")
    planned = stack.planned(bucket.url(key), {}, "e2e")
    assert planned is not None
    with pytest.raises(Refused, match="What failed first:\n  One"):
        stack.execute(planned, lambda _: None)
