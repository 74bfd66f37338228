"""Things that a function could be made to do, harmless where they are allowed: the list that roles are held to.

Authorization comes before everything else, so an allowed act may well fail otherwise: on a condition, a limit.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.stage import Stage

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
KEY = {"pk": {"S": "E2E#nobody"}, "sk": {"S": "-"}}
NEVER = {"ConditionExpression": "attribute_exists(pk)"}

Clients = Callable[[str], Any]
Act = Callable[[Clients, Stage], object]


def denied(act: Act, clients: Clients, stage: Stage) -> bool:
    try:
        act(clients, stage)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    except BotoCoreError as error:
        raise AssertionError("the act itself is malformed") from error
    return False


def on_table(operation: str, **arguments: Any) -> Act:
    return lambda clients, stage: getattr(clients("dynamodb"), operation)(
        TableName=stage.outputs["TableName"], **arguments
    )


def on_queue(operation: str, queue: str, **arguments: Any) -> Act:
    return lambda clients, stage: getattr(clients("sqs"), operation)(QueueUrl=stage.outputs[queue], **arguments)


def on_bucket(operation: str, bucket: str, **arguments: Any) -> Act:
    return lambda clients, stage: getattr(clients("s3"), operation)(Bucket=stage.outputs[bucket], **arguments)


def batch_get(clients: Clients, stage: Stage) -> object:
    return clients("dynamodb").batch_get_item(RequestItems={stage.outputs["TableName"]: {"Keys": [KEY]}})


def check(clients: Clients, stage: Stage) -> object:
    return transact(clients, stage, "ConditionCheck")


def smuggle_delete(clients: Clients, stage: Stage) -> object:
    return transact(clients, stage, "Delete")


def transact(clients: Clients, stage: Stage, member: str) -> object:
    write = {member: {"TableName": stage.outputs["TableName"], "Key": KEY, **NEVER}}
    return clients("dynamodb").transact_write_items(TransactItems=[write])


def query_index(clients: Clients, stage: Stage) -> object:
    return on_table(
        "query",
        IndexName="gsi1",
        KeyConditionExpression="gsi1pk = :k",
        ExpressionAttributeValues={":k": {"S": "E2E#nobody"}},
    )(clients, stage)


def read_stream(clients: Clients, stage: Stage) -> object:
    table = stage.client("dynamodb").describe_table(TableName=stage.outputs["TableName"])["Table"]
    return clients("dynamodbstreams").describe_stream(StreamArn=table["LatestStreamArn"])


def send_mail(clients: Clients, stage: Stage) -> object:
    return clients("sesv2").send_email(
        FromEmailAddress="no-reply@learnflow.example",
        Destination={"ToAddresses": ["roles@example.org"]},
        Content={"Simple": {"Subject": {"Data": "-"}, "Body": {"Text": {"Data": "-"}}}},
    )


def read_keys(clients: Clients, stage: Stage) -> object:
    return clients("ssm").get_parameter(Name=stage.outputs["KeysParameter"], WithDecryption=True)


def read_payment_keys(clients: Clients, stage: Stage) -> object:
    name = f"/learnflow/{stage.name}/payments"
    return clients("ssm").get_parameter(Name=name, WithDecryption=True)


def change_keys(clients: Clients, stage: Stage) -> object:
    return clients("ssm").put_parameter(Name=stage.outputs["KeysParameter"], Value="-", Type="SecureString")


def read_other_parameter(clients: Clients, stage: Stage) -> object:
    return clients("ssm").get_parameter(Name="/learnflow/prod/keys", WithDecryption=True)


def grant_itself_more(clients: Clients, stage: Stage) -> object:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    role = stage.stack.resources("AWS::IAM::Role")["SendEmailRole"]
    return clients("iam").put_role_policy(RoleName=role, PolicyName="x", PolicyDocument=json.dumps(everything))


def change_code(clients: Clients, stage: Stage) -> object:
    return clients("lambda").update_function_code(
        FunctionName=stage.outputs["SendEmail"], S3Bucket="none", S3Key="none"
    )


def start_function(clients: Clients, stage: Stage) -> object:
    return clients("lambda").invoke(FunctionName=stage.outputs["EraseAccounts"], InvocationType="DryRun")


def delete_log(clients: Clients, stage: Stage) -> object:
    return clients("logs").delete_log_group(logGroupName=f"/aws/lambda/{stage.outputs['SendEmail']}")


QUEUES: Mapping[str, str] = {
    "emails": "EmailsQueue",
    "history": "HistoryQueue",
    "projections": "ProjectionsQueue",
    "mail events": "MailEventsQueue",
    "media": "MediaQueue",
    "media dead": "MediaDead",
    "catalog": "CatalogQueue",
    "certificates": "CertificatesQueue",
    "certificates dead": "CertificatesDead",
    "receipts": "ReceiptsQueue",
    "receipts dead": "ReceiptsDead",
    "catalog dead": "CatalogDead",
    "counters": "CountersQueue",
    "counters dead": "CountersDead",
    "emails dead": "EmailsDead",
    "history dead": "HistoryDead",
    "projections dead": "ProjectionsDead",
    "reminders": "RemindersQueue",
    "reminders dead": "RemindersDead",
    "mail events dead": "MailEventsDead",
    "stripe events": "StripeEventsQueue",
    "stripe events dead": "StripeEventsDead",
    "payments": "PaymentsQueue",
    "payments dead": "PaymentsDead",
    "facts dead": "FactsDead",
    "exports dead": "ExportsDead",
    "schedules dead": "SchedulesDead",
}


def with_queue(queue: str) -> dict[str, Act]:
    logical = QUEUES[queue]
    return {
        "send": on_queue("send_message", logical, MessageBody="-", DelaySeconds=9999),
        "receive": on_queue("receive_message", logical, VisibilityTimeout=0),
        "delete": on_queue("delete_message", logical, ReceiptHandle="-"),
        "put back": on_queue("change_message_visibility", logical, ReceiptHandle="-", VisibilityTimeout=0),
        "purge": on_queue("purge_queue", logical),
    }


ACTS: Mapping[str, Act] = {
    "get": on_table("get_item", Key=KEY),
    "batch get": batch_get,
    "query": on_table("query", KeyConditionExpression="pk = :k", ExpressionAttributeValues={":k": {"S": "E2E#nobody"}}),
    "query index": query_index,
    "scan": on_table("scan", Limit=1),
    "put": on_table("put_item", Item=KEY, **NEVER),
    "update": on_table("update_item", Key=KEY, UpdateExpression="SET x = pk", **NEVER),
    "delete": on_table("delete_item", Key=KEY, **NEVER),
    "delete in a transaction": smuggle_delete,
    "check": check,
    "drop table": on_table("delete_table"),
    "change table": on_table("update_table", DeletionProtectionEnabled=False),
    "copy table": lambda clients, stage: clients("dynamodb").create_backup(
        TableName=stage.outputs["TableName"], BackupName="stolen"
    ),
    **{f"{name} {queue}": act for queue in QUEUES for name, act in with_queue(queue).items()},
    "read heads": on_bucket("get_object", "AuditHeadsBucket", Key="heads/none"),
    "write heads": on_bucket("put_object", "AuditHeadsBucket", Key="heads/e2e", Body=b"-"),
    "delete heads": on_bucket("delete_object", "AuditHeadsBucket", Key="heads/none"),
    "read raw": on_bucket("get_object", "MlBucket", Key="raw/none"),
    "write raw": on_bucket("put_object", "MlBucket", Key="raw/e2e", Body=b"-"),
    "delete raw": on_bucket("delete_object", "MlBucket", Key="raw/none"),
    "read compacted": on_bucket("get_object", "MlBucket", Key="compacted/none"),
    "write compacted": on_bucket("put_object", "MlBucket", Key="compacted/e2e", Body=b"-"),
    "read media": on_bucket("get_object", "MediaBucket", Key="public/none"),
    "write media": on_bucket("put_object", "MediaBucket", Key="public/e2e", Body=b"-"),
    "read uploads": on_bucket("get_object", "MediaBucket", Key="u/none", VersionId="none"),
    "write uploads": on_bucket("put_object", "MediaBucket", Key="u/e2e", Body=b"-"),
    "delete uploads": on_bucket("delete_object", "MediaBucket", Key="u/none"),
    "read papers": on_bucket("get_object", "CertificatesBucket", Key="none"),
    "write papers": on_bucket("put_object", "CertificatesBucket", Key="e2e", Body=b"-"),
    "delete papers": on_bucket("delete_object", "CertificatesBucket", Key="none"),
    "write receipts": on_bucket("put_object", "CertificatesBucket", Key="receipts/e2e", Body=b"-"),
    "delete receipts": on_bucket("delete_object", "CertificatesBucket", Key="receipts/none"),
    "read catalogue": on_bucket("get_object", "CatalogBucket", Key="base/none"),
    "write catalogue": on_bucket("put_object", "CatalogBucket", Key="base/e2e", Body=b"-"),
    "delete catalogue": on_bucket("delete_object", "CatalogBucket", Key="base/none"),
    "open bucket": on_bucket("delete_bucket_policy", "MlBucket"),
    "send mail": send_mail,
    "read keys": read_keys,
    "read payment keys": read_payment_keys,
    "change keys": change_keys,
    "read keys of prod": read_other_parameter,
    "grant itself more": grant_itself_more,
    "change code": change_code,
    "start function": start_function,
    "delete log": delete_log,
}
