"""What the local cloud reads in the templates."""

from pathlib import Path

import pytest

from infra.local import template
from infra.local.environment import KEYS_PARAMETER, local_environment
from infra.local.intrinsics import TemplateError
from infra.local.template import Template
from infra.local.triggers import QueueTrigger, ScheduleTrigger, StreamTrigger


def test_references_become_the_names_and_addresses_of_this_stage(small: Template) -> None:
    queue = small.resources["WorkQueue"].properties
    assert queue["QueueName"] == "learnflow-local-work"
    assert (
        queue["RedrivePolicy"]["deadLetterTargetArn"] == "arn:aws:sqs:us-east-1:000000000000:learnflow-local-work-dead"
    )
    assert small.table == "learnflow-local"


def test_conditions_choose_values_and_resources() -> None:
    files = (Path(__file__).with_name("small.yaml"),)
    local, production = template.load("local", files), template.load("prod", files)
    assert local.resources["Table"].properties["DeletionProtectionEnabled"] is False
    assert production.resources["Table"].properties["DeletionProtectionEnabled"] is True
    assert "OnlyInProduction" not in local.resources
    assert "OnlyInProduction" in production.resources


def test_queues_say_how_long_and_how_often(small: Template) -> None:
    work = small.queues["learnflow-local-work"]
    assert (work.visibility, work.max_receive_count, work.dead_letter) == (60, 3, "learnflow-local-work-dead")
    dead = small.queues["learnflow-local-work-dead"]
    assert (dead.visibility, dead.max_receive_count, dead.dead_letter) == (30, None, None)


def test_functions_say_what_starts_them(small: Template) -> None:
    triggers = {function.name: function.triggers[0] for function in small.functions}
    assert triggers["work"] == QueueTrigger("learnflow-local-work", batch_size=10, partial=True)
    assert triggers["tick"] == ScheduleTrigger(
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        '{"scheduled_at": "<aws.scheduler.scheduled-time>"}',
        retries=2,
        on_failure="learnflow-local-given-up",
    )
    follow = triggers["follow"]
    assert isinstance(follow, StreamTrigger)
    assert (follow.table, follow.batch_size, follow.bisect, follow.retries) == ("learnflow-local", 4, True, 2)
    assert follow.on_failure == "learnflow-local-given-up"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ('{"Fn::ImportValue": other}', "Fn::ImportValue"),
        ("{Ref: Nobody}", "Nobody"),
        ('{"Fn::GetAtt": [Queue, Colour]}', "Colour"),
    ],
)
def test_what_it_cannot_resolve_it_refuses_by_name(tmp_path: Path, value: str, complaint: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(
        f"Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: q\n      Odd: {value}\n"
    )
    with pytest.raises(TemplateError, match=complaint):
        template.load(files=(file,))


def test_a_substitution_may_name_an_attribute_and_keeps_what_is_escaped(tmp_path: Path) -> None:
    file = tmp_path / "sub.yaml"
    file.write_text(
        "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties:\n"
        '      BucketName: {"Fn::Sub": "b-${AWS::AccountId}"}\n      Odd: {"Fn::Sub": "${Bucket.Arn}/*"}\n'
    )
    properties = template.load(files=(file,)).resources["Bucket"].properties
    assert properties == {"BucketName": "b-000000000000", "Odd": "arn:aws:s3:::b-000000000000/*"}


def test_the_local_environment_names_what_the_real_template_makes() -> None:
    real = template.load()
    names = local_environment("http://localhost:1")
    assert names["TABLE_NAME"] == real.table
    buckets = {bucket.properties["BucketName"] for bucket in real.of_type("AWS::S3::Bucket")}
    assert {names["AUDIT_HEADS_BUCKET"], names["ML_BUCKET"]} <= buckets
    assert names["MAIL_TRACKING"] in {one.properties["Name"] for one in real.of_type("AWS::SES::ConfigurationSet")}
    assert all(queue.startswith(names["RESOURCE_PREFIX"] + "-") for queue in real.queues)
    assert names["KEYS_PARAMETER"] == KEYS_PARAMETER


def test_every_trigger_of_the_real_template_is_understood() -> None:
    assert all(function.triggers for function in template.load().functions)
