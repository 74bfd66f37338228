"""What keeps data in the template: the table, queues, buckets and topics, their privacy, and their copies."""

from typing import Any

import pytest

from tests.packaging.stacks import STAGES, Stack, stack

DEV, PROD = stack("dev"), stack("prod")
BUCKETS = sorted(DEV.of("S3::Bucket"))
#: The catalogue is built, and papers are drawn, from the table.
MADE_AGAIN = {"CatalogBucket", "CertificatesBucket"}
KEEPERS = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Backup::BackupVault")


def table(of: Stack) -> dict[str, Any]:
    (found,) = of.of("DynamoDB::Table").values()
    return found


@pytest.mark.row("M135", "M140")
@pytest.mark.parametrize("stage", STAGES)
def test_the_table_is_encrypted_expires_is_paid_by_use_and_goes_back_to_any_second(stage: str) -> None:
    properties = table(stack(stage))
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_only_the_table_of_prod_refuses_to_be_deleted() -> None:
    assert {stage: table(stack(stage))["DeletionProtectionEnabled"] for stage in STAGES} == {
        "dev": False,
        "staging": False,
        "prod": True,
    }


def test_what_cannot_be_made_again_stays_when_the_stack_goes() -> None:
    kept = {name: body for name, body in DEV.resources.items() if body["Type"] in KEEPERS}
    assert len(kept) == 7
    assert all(body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain" for body in kept.values())


@pytest.mark.row("M140")
@pytest.mark.parametrize("name", sorted(DEV.of("SQS::Queue")))
def test_every_queue_is_encrypted(name: str) -> None:
    assert DEV.of("SQS::Queue")[name]["SqsManagedSseEnabled"] is True


@pytest.mark.row("M140")
def test_every_topic_is_encrypted_with_a_key_that_those_who_speak_there_may_use() -> None:
    topics = DEV.of("SNS::Topic")
    assert {"AlarmTopic", "MailEventsTopic"} == topics.keys()
    assert all(topic["KmsMasterKeyId"] == "TopicsKey" for topic in topics.values())
    key = DEV.of("KMS::Key")["TopicsKey"]
    assert key["EnableKeyRotation"] is True
    speakers = [s["Principal"]["Service"] for s in key["KeyPolicy"]["Statement"] if "Service" in s["Principal"]]
    assert speakers == ["cloudwatch.amazonaws.com", "ses.amazonaws.com"]


def test_the_key_of_the_topics_serves_our_own_alarms_and_mails_only() -> None:
    statements = DEV.of("KMS::Key")["TopicsKey"]["KeyPolicy"]["Statement"]
    origins = {}
    for statement in (s for s in statements if "Service" in s["Principal"]):
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        origins[statement["Principal"]["Service"]] = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert origins == {
        "cloudwatch.amazonaws.com": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*",
        "ses.amazonaws.com": "arn:aws:ses:eu-west-1:123456789012:configuration-set/learnflow-dev",
    }


def test_the_mail_provider_is_told_of_the_topic_when_it_may_speak_there() -> None:
    assert DEV.resources["MailEventsDestination"]["DependsOn"] == ["MailEventsTopicPolicy"]


def test_only_the_mail_provider_speaks_in_the_topic_of_mail_events() -> None:
    (policy,) = DEV.of("SNS::TopicPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (policy["Topics"], statement["Principal"]) == (["MailEventsTopic"], {"Service": "ses.amazonaws.com"})
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.row("M140")
@pytest.mark.parametrize("name", BUCKETS)
def test_every_bucket_is_private_encrypted_and_versioned_where_it_cannot_be_made_again(name: str) -> None:
    bucket = DEV.of("S3::Bucket")[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms")
    assert bucket.get("VersioningConfiguration") == (None if name in MADE_AGAIN else {"Status": "Enabled"})


@pytest.mark.row("M140")
@pytest.mark.parametrize("name", BUCKETS)
def test_every_bucket_turns_away_what_does_not_come_over_tls(name: str) -> None:
    (policy,) = [p for p in DEV.of("S3::BucketPolicy").values() if p["Bucket"] == name]
    (refusal,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (refusal["Principal"], refusal["Action"]) == ("*", "s3:*")
    assert refusal["Resource"] == [f"{name}.Arn", f"{name}.Arn/*"]


@pytest.mark.row("M115")
def test_media_are_read_through_the_network_only_and_only_what_is_public() -> None:
    policy = DEV.of("S3::BucketPolicy")["MediaBucketPolicy"]
    (allowed,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert (allowed["Action"], allowed["Resource"]) == ("s3:GetObject", "MediaBucket.Arn/public/*")
    network = "arn:aws:cloudfront::123456789012:distribution/MediaNetwork"
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": network}}


@pytest.mark.row("M115", "M140")
def test_the_network_signs_what_it_asks_of_the_bucket_and_speaks_tls() -> None:
    config = DEV.of("CloudFront::Distribution")["MediaNetwork"]["DistributionConfig"]
    (origin,) = config["Origins"]
    assert (origin["DomainName"], origin["OriginAccessControlId"]) == (
        "MediaBucket.RegionalDomainName",
        "MediaAccess.Id",
    )
    access = DEV.of("CloudFront::OriginAccessControl")["MediaAccess"]["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["OriginAccessControlOriginType"]) == ("always", "s3")
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert config["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD"]


@pytest.mark.row("M136")
@pytest.mark.parametrize("stage", STAGES)
def test_a_picture_that_was_replaced_is_kept_for_a_while_and_half_an_upload_is_not(stage: str) -> None:
    bucket = stack(stage).of("S3::Bucket")["MediaBucket"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    kept = rules["replaced-and-deleted"]["NoncurrentVersionExpiration"]["NoncurrentDays"]
    assert kept == (90 if stage == "prod" else 7)
    assert rules["unfinished-uploads"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 2


@pytest.mark.row("K69")
def test_the_bucket_of_uploads_tells_its_queue_of_uploads_and_nobody_else_speaks_there() -> None:
    (told,) = DEV.of("S3::Bucket")["MediaBucket"]["NotificationConfiguration"]["QueueConfigurations"]
    assert (told["Event"], told["Queue"]) == ("s3:ObjectCreated:*", "MediaQueue.Arn")
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "u/"}]}}
    assert DEV.resources["MediaBucket"]["DependsOn"] == ["MediaQueuePolicy"]
    policy = DEV.of("SQS::QueuePolicy")["MediaQueuePolicy"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (policy["Queues"], statement["Principal"]) == (["MediaQueue"], {"Service": "s3.amazonaws.com"})
    bucket = f"arn:aws:s3:::{DEV.of('S3::Bucket')['MediaBucket']['BucketName']}"
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": bucket},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_uploads_come_from_our_own_pages() -> None:
    for stage in STAGES:
        of = stack(stage)
        (rule,) = of.of("S3::Bucket")["MediaBucket"]["CorsConfiguration"]["CorsRules"]
        variables = of.of("Lambda::Function")["ApiFunction"]["Environment"]["Variables"]
        assert rule["AllowedMethods"] == ["POST"]
        assert ",".join(rule["AllowedOrigins"]) == variables["CORS_ALLOWED_ORIGINS"]
        assert "*" not in rule["AllowedOrigins"]


def test_nobody_lifts_the_lock_of_the_audit_heads_in_prod() -> None:
    modes = {
        stage: stack(stage).of("S3::Bucket")["AuditHeadsBucket"]["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        for stage in STAGES
    }
    assert {stage: mode["Mode"] for stage, mode in modes.items()} == {
        "dev": "GOVERNANCE",
        "staging": "GOVERNANCE",
        "prod": "COMPLIANCE",
    }
    assert {mode["Days"] for mode in modes.values()} == {400}


def rules(of: Stack) -> dict[str, dict[str, Any]]:
    (plan,) = of.of("Backup::BackupPlan").values()
    return {rule["RuleName"]: rule for rule in plan["BackupPlan"]["BackupPlanRule"]}


@pytest.mark.row("M135")
@pytest.mark.parametrize(("stage", "days"), [("dev", 7), ("staging", 7), ("prod", 35)])
def test_the_table_is_copied_every_day(stage: str, days: int) -> None:
    daily = rules(stack(stage))["daily"]
    assert daily["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert daily["Lifecycle"] == {"DeleteAfterDays": days}
    copied(stack(stage), daily)


@pytest.mark.row("M137")
@pytest.mark.parametrize(("stage", "days"), [("dev", 28), ("staging", 28), ("prod", 365)])
def test_a_full_copy_of_every_week_is_kept_longer(stage: str, days: int) -> None:
    weekly = rules(stack(stage))["weekly"]
    assert weekly["ScheduleExpression"] == "cron(0 4 ? * SUN *)"
    assert weekly["Lifecycle"] == {"DeleteAfterDays": days}
    copied(stack(stage), weekly)


def copied(of: Stack, rule: dict[str, Any]) -> None:
    (selection,) = of.of("Backup::BackupSelection").values()
    assert selection["BackupSelection"]["Resources"] == ["Table.Arn"]
    assert selection["BackupPlanId"] == "BackupPlan"
    assert rule["TargetBackupVault"] == "BackupVault"
    assert selection["BackupSelection"]["IamRoleArn"] == "BackupRole.Arn"


@pytest.mark.row("M138")
@pytest.mark.parametrize(("stage", "days"), [("dev", 14), ("staging", 14), ("prod", 90)])
def test_every_log_forgets_by_itself(stage: str, days: int) -> None:
    groups = stack(stage).of("Logs::LogGroup")
    assert {group["RetentionInDays"] for group in groups.values()} == {days}
    assert len(groups) == len(stack(stage).of("Lambda::Function")) + 1
