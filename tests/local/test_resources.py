"""Making the resources of the template, again and again."""

import json
import os
from pathlib import Path

import boto3
import moto
import pytest

from infra.local import engine, mailbox, resources, template
from infra.local.cloud import Cloud
from infra.local.environment import ACCOUNT, KEYS_PARAMETER, MAIL_SENDER
from infra.local.intrinsics import TemplateError
from infra.local.template import Resource, Template
from infra.local.testing import running_engine


def keys(cloud: Cloud) -> str:
    return str(cloud.client("ssm").get_parameter(Name=KEYS_PARAMETER, WithDecryption=True)["Parameter"]["Value"])


def put(cloud: Cloud, table: str) -> None:
    cloud.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "p"}, "sk": {"S": "s"}})


def count(cloud: Cloud, table: str) -> int:
    return int(cloud.client("dynamodb").scan(TableName=table)["Count"])


def send_mail(cloud: Cloud, subject: str) -> None:
    cloud.client("sesv2").send_email(
        FromEmailAddress=MAIL_SENDER,
        Destination={"ToAddresses": ["student@learnflow.example"]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "text"}}}},
    )


def test_everything_of_the_real_template_can_be_made_twice(cloud: Cloud) -> None:
    real = template.load()
    resources.reset(cloud)
    resources.create(real, cloud)
    before = keys(cloud)
    put(cloud, real.table)
    resources.create(real, cloud)
    assert keys(cloud) == before
    assert count(cloud, real.table) == 1
    table = cloud.client("dynamodb").describe_table(TableName=real.table)["Table"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"


def test_kept_data_with_other_indexes_is_refused_in_a_sentence(cloud: Cloud) -> None:
    with pytest.raises(TemplateError, match="fresh DATA folder"):
        resources.create(template.load(), cloud)


def test_a_queue_made_from_an_older_template_is_brought_up_to_date(cloud: Cloud, small: Template) -> None:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-work")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    resources.create(small, cloud)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "60"}


def test_the_redrive_policy_of_a_queue_is_the_template_s(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-work")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 3
    assert attributes["VisibilityTimeout"] == "60"


def test_the_real_bucket_locks_its_objects_and_the_real_table_expires_its_items(cloud: Cloud) -> None:
    real = template.load()
    resources.reset(cloud)
    resources.create(real, cloud)
    name = real.of_type("AWS::S3::Bucket")[0].properties["BucketName"]
    lock = cloud.client("s3").get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    expiry = cloud.client("dynamodb").describe_time_to_live(TableName=real.table)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "ttl")


def test_what_ses_says_of_a_mail_reaches_the_queue_through_the_real_topic(cloud: Cloud) -> None:
    real = template.load()
    resources.reset(cloud)
    resources.create(real, cloud)
    topic = cloud.client("sns").list_topics()["Topics"][0]["TopicArn"]
    cloud.client("sns").publish(TopicArn=topic, Message='{"eventType": "Bounce"}')
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-mail-events")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]
    assert message["Body"] == '{"eventType": "Bounce"}'


def test_the_bucket_of_uploads_tells_its_queue_and_lets_front_ends_send(cloud: Cloud) -> None:
    real = template.load()
    resources.reset(cloud)
    resources.create(real, cloud)
    s3, sqs, bucket = cloud.client("s3"), cloud.client("sqs"), "learnflow-local-media-000000000000"
    (rule,) = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert (rule["AllowedMethods"], "http://localhost:3000" in rule["AllowedOrigins"]) == (["POST"], True)
    s3.put_object(Bucket=bucket, Key="public/x", Body=b"x")
    version = s3.put_object(Bucket=bucket, Key="u/x", Body=b"x")["VersionId"]
    url = sqs.get_queue_url(QueueName="learnflow-local-media")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2, MaxNumberOfMessages=10)["Messages"]
    (told,) = json.loads(message["Body"])["Records"]
    assert (told["s3"]["object"]["key"], told["s3"]["object"]["versionId"]) == ("u/x", version)


def test_a_version_that_is_not_the_newest_is_read_in_parts_and_under_other_headers(cloud: Cloud) -> None:
    resources.reset(cloud)
    resources.create(template.load(), cloud)
    s3, place = cloud.client("s3"), {"Bucket": "learnflow-local-media-000000000000", "Key": "u/x"}
    first = s3.put_object(**place, Body=b"0123456789")["VersionId"]
    s3.put_object(**place, Body=b"another")
    asked = {"VersionId": first, "Range": "bytes=2-4", "ResponseContentDisposition": "attachment"}
    part = s3.get_object(**place, **asked)
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert part["ContentDisposition"] == "attachment"


@pytest.mark.parametrize("remembers", [True, False])
def test_a_wipe_forgets_everything_but_the_keys(
    cloud: Cloud, small: Template, monkeypatch: pytest.MonkeyPatch, remembers: bool
) -> None:
    """Whether the engine can go back to where it stood, or everything is made anew."""
    if not remembers:
        monkeypatch.setattr(resources, "recalled", lambda _: False)
    before = keys(cloud)
    put(cloud, small.table)
    send_mail(cloud, "hello")
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    resources.wipe(small, cloud)
    assert count(cloud, small.table) == 0
    assert mailbox.inbox(cloud) == []
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert keys(cloud) == before


def test_an_engine_that_remembers_stands_again_as_it_was_made(cloud: Cloud, small: Template) -> None:
    assert resources.recalled(cloud)
    dynamodb, sqs = cloud.client("dynamodb"), cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-work")["QueueUrl"]
    table = dynamodb.describe_table(TableName=small.table)["Table"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    put(cloud, small.table)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    cloud.client("ssm").put_parameter(Name="/another", Type="String", Value="x")
    resources.wipe(small, cloud)
    assert dynamodb.describe_table(TableName=small.table)["Table"] == table
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] == attributes
    assert not cloud.client("ssm").get_parameters(Names=["/another"])["Parameters"]


def test_keys_that_were_turned_meanwhile_stay_turned(cloud: Cloud, small: Template) -> None:
    name = {"Name": KEYS_PARAMETER}
    old = cloud.client("ssm").get_parameter(**name, WithDecryption=True)["Parameter"]["Value"]
    cloud.client("ssm").put_parameter(**name, Type="SecureString", Value="turned", Overwrite=True)
    resources.wipe(small, cloud)
    assert cloud.client("ssm").get_parameter(**name, WithDecryption=True)["Parameter"]["Value"] == "turned"
    cloud.client("ssm").put_parameter(**name, Type="SecureString", Value=old, Overwrite=True)


def test_a_type_it_does_not_know_is_refused_by_name(cloud: Cloud) -> None:
    odd = Template("local", {"Ledger": Resource("Ledger", "AWS::QLDB::Ledger", {})})
    with pytest.raises(TemplateError, match="AWS::QLDB::Ledger"):
        resources.create(odd, cloud)


def test_a_property_it_does_not_know_is_refused_by_name(cloud: Cloud) -> None:
    odd = Template("local", {"B": Resource("B", "AWS::S3::Bucket", {"BucketName": "b", "WebsiteConfiguration": {}})})
    with pytest.raises(TemplateError, match="WebsiteConfiguration"):
        resources.create(odd, cloud)


def test_a_data_folder_keeps_items_messages_keys_and_mail_over_a_restart(small: Template, tmp_path: Path) -> None:
    kept_mail = tmp_path / "mail.json"
    with running_engine(tmp_path) as url:
        cloud = Cloud(url)
        resources.create(small, cloud)
        before = keys(cloud)
        put(cloud, small.table)
        send_mail(cloud, "before")
        mailbox.keep(cloud, kept_mail)
    with running_engine(tmp_path) as url:
        cloud = Cloud(url)
        resources.create(small, cloud)
        assert count(cloud, small.table) == 1
        assert keys(cloud) == before
        send_mail(cloud, "after")
        assert [mail.subject for mail in mailbox.inbox(cloud, kept_mail)] == ["after", "before"]


def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(engine.EngineFailed, match="make run"):
        engine.start(python=tmp_path / "nothing")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named ministack'\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(engine.EngineFailed, match=r"(?s)ended with code 3.*no module named ministack"):
        engine.start(port=engine.free_port(), python=broken, log=tmp_path / "log")


def test_the_engine_hears_only_this_machine_and_sees_nothing_of_ours(tmp_path: Path) -> None:
    os.environ["LEARNFLOW_SECRET"] = "ours"
    try:
        seen = engine.clean_environment(1, tmp_path, None)
    finally:
        del os.environ["LEARNFLOW_SECRET"]
    assert seen["BIND_HOST"] == "127.0.0.1"
    assert "LEARNFLOW_SECRET" not in seen
    assert not any(name.startswith("AWS_") for name in seen)


def test_an_engine_whose_owner_is_killed_still_saves_and_ends(small: Template, tmp_path: Path) -> None:
    running = engine.start(port=engine.free_port(), data=tmp_path)
    cloud = Cloud(running.endpoint_url)
    resources.create(small, cloud)
    put(cloud, small.table)
    assert running.process.stdin is not None
    running.process.stdin.close()  # What the kernel does when the owner dies.
    assert running.process.wait(5) == 0
    assert running.last_words() == "(it wrote nothing)"
    running.stop()
    with running_engine(tmp_path) as url:
        assert count(Cloud(url), small.table) == 1


def test_moto_in_process_takes_the_real_template_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    with moto.mock_aws():
        session = boto3.Session(region_name="us-east-1")
        resources.create(template.load(), session)
        resources.create(template.load(), session)
        assert session.client("dynamodb").list_tables()["TableNames"] == ["learnflow-local"]


def test_two_engines_that_start_at_once_do_not_want_the_same_port() -> None:
    port = engine.free_port()
    first = engine.claimed(port)
    assert first is not None
    assert engine.claimed(port) is None
    os.close(first)
    again = engine.claimed(port)
    assert again is not None
    os.close(again)
