"""How each type of resource that a template declares is made in an engine; `resources` calls what `MAKERS` lists."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from infra.local.cloud import Clients
from infra.local.intrinsics import TemplateError

Properties = Mapping[str, Any]


def make_table(cloud: Clients, properties: Properties) -> None:
    dynamodb = cloud.client("dynamodb")
    name = properties["TableName"]
    given = {key: properties[key] for key in TABLE_AS_GIVEN if key in properties}
    given["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    refuse_unknown("AWS::DynamoDB::Table", properties, (*TABLE_AS_GIVEN, *TABLE_OTHERWISE))
    allowing("ResourceInUseException", dynamodb.create_table, **given)
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    refuse_older(dynamodb.describe_table(TableName=name)["Table"], properties)
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if "TimeToLiveSpecification" in properties and expiry["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])


def refuse_older(made: Mapping[str, Any], properties: Properties) -> None:
    """A kept table is not rebuilt: better say so than fail at the first query."""
    if _indexes(made) != _indexes(properties):
        raise TemplateError("The kept data is from a template with other indexes: start with a fresh DATA folder.")


def _indexes(table: Mapping[str, Any]) -> set[str]:
    return {index["IndexName"] for kind in INDEXES for index in table.get(kind) or ()}


INDEXES = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
TABLE_AS_GIVEN = ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema", *INDEXES)
TABLE_OTHERWISE = (
    "StreamSpecification",
    "TimeToLiveSpecification",
    "PointInTimeRecoverySpecification",
    "DeletionProtectionEnabled",
    "SSESpecification",
    "Tags",
)


def make_queue(cloud: Clients, properties: Properties) -> None:
    sqs = cloud.client("sqs")
    attributes = {
        key: json.dumps(value) if isinstance(value, dict) else str(value).lower() if value is True else str(value)
        for key, value in properties.items()
        if key not in ("QueueName", "Tags")
    }
    try:
        sqs.create_queue(QueueName=properties["QueueName"], Attributes=attributes)
    except ClientError as error:
        # It exists and was made from an older template.
        if error.response["Error"]["Code"] not in ("QueueAlreadyExists", "QueueNameExists"):
            raise
        url = sqs.get_queue_url(QueueName=properties["QueueName"])["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def make_queue_policy(cloud: Clients, properties: Properties) -> None:
    sqs = cloud.client("sqs")
    for reference in properties["Queues"]:
        url = sqs.get_queue_url(QueueName=reference.rsplit("/", 1)[1])["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})


def make_bucket(cloud: Clients, properties: Properties) -> None:
    s3 = cloud.client("s3")
    name = properties["BucketName"]
    locked = bool(properties.get("ObjectLockEnabled", False))
    refuse_unknown("AWS::S3::Bucket", properties, BUCKET)
    allowing("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=name, ObjectLockEnabledForBucket=locked)
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    if "ObjectLockConfiguration" in properties:
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=properties["ObjectLockConfiguration"])
    if "CorsConfiguration" in properties:
        rules = [renamed(rule, CORS) for rule in properties["CorsConfiguration"]["CorsRules"]]
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    if "NotificationConfiguration" in properties:
        told = [queue_told(each) for each in properties["NotificationConfiguration"]["QueueConfigurations"]]
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={"QueueConfigurations": told},
            # Otherwise a message of trial would wait in the queue at each start.
            SkipDestinationValidation=True,
        )


def queue_told(configuration: Properties) -> dict[str, Any]:
    """Which queue hears of which event, in the words of the API instead of CloudFormation's."""
    rules = configuration["Filter"]["S3Key"]["Rules"]
    return {
        "QueueArn": configuration["Queue"],
        "Events": [configuration["Event"]],
        "Filter": {"Key": {"FilterRules": [{"Name": rule["Name"], "Value": rule["Value"]} for rule in rules]}},
    }


def renamed(values: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}


CORS = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}

BUCKET = (
    "BucketName",
    "ObjectLockEnabled",
    "ObjectLockConfiguration",
    "VersioningConfiguration",
    "BucketEncryption",
    "PublicAccessBlockConfiguration",
    "LifecycleConfiguration",
    "NotificationConfiguration",
    "CorsConfiguration",
    "OwnershipControls",
    "Tags",
)


def make_topic(cloud: Clients, properties: Properties) -> None:
    cloud.client("sns").create_topic(Name=properties["TopicName"])


def make_subscription(cloud: Clients, properties: Properties) -> None:
    cloud.client("sns").subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes={"RawMessageDelivery": str(properties.get("RawMessageDelivery", False)).lower()},
        ReturnSubscriptionArn=True,
    )


def make_mail_tracking(cloud: Clients, properties: Properties) -> None:
    ses = cloud.client("sesv2")
    allowing("AlreadyExists", ses.create_configuration_set, ConfigurationSetName=properties["Name"])


def make_mail_destination(cloud: Clients, properties: Properties) -> None:
    destination = properties["EventDestination"]
    with suppress(NotImplementedError):  # moto: no mail event ever comes there, so nothing is missed.
        allowing(
            "AlreadyExists",
            cloud.client("sesv2").create_configuration_set_event_destination,
            ConfigurationSetName=properties["ConfigurationSetName"],
            EventDestinationName=destination.get("Name", "events"),
            EventDestination={
                "Enabled": destination["Enabled"],
                "MatchingEventTypes": [kind.upper() for kind in destination["MatchingEventTypes"]],
                "SnsDestination": {"TopicArn": destination["SnsDestination"]["TopicARN"]},
            },
        )


def allowing(code: str, call: Callable[..., Any], **arguments: Any) -> None:
    """Make the call; an error with this in its code means that there is nothing to do (engines differ in the rest)."""
    try:
        call(**arguments)
    except ClientError as error:
        if code not in error.response["Error"]["Code"]:
            raise


def refuse_unknown(type_: str, properties: Properties, known: tuple[str, ...]) -> None:
    if unknown := properties.keys() - set(known):
        raise TemplateError(f"The local cloud does not know {', '.join(sorted(unknown))} of {type_}.")


# In the order of their needs: a subscription wants its topic and its queue, a bucket the queue that it tells.
MAKERS: dict[str, Callable[[Clients, Properties], None]] = {
    "AWS::DynamoDB::Table": make_table,
    "AWS::SQS::Queue": make_queue,
    "AWS::SQS::QueuePolicy": make_queue_policy,
    "AWS::S3::Bucket": make_bucket,
    "AWS::SNS::Topic": make_topic,
    "AWS::SES::ConfigurationSet": make_mail_tracking,
    "AWS::SES::ConfigurationSetEventDestination": make_mail_destination,
    "AWS::SNS::Subscription": make_subscription,
}
