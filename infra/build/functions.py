"""What every function gets beside its own entry: a name, its artefact, a role of its own, a log, a place for its clock.

`template` calls `complete`; the entries stand in infra/functions.yaml and infra/gateway.yaml.
"""

import re
from typing import Any

FUNCTION = "AWS::Serverless::Function"
API = "ApiFunction"
#: Which person is which pseudonym: two put it into datasets, one cuts it. To all others it is refused.
READ_PSEUDONYMS = frozenset({"ExportForMl", "CompactExports", "EraseAccounts"})
RETENTION = {"Fn::If": ["IsProd", 90, 14]}
#: A clock that cannot start its function tries again for a day; its occurrence is dated, so late is harmless.
CLOCK_RETRIES = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}

#: Changes and checks read too: `ReturnValues` shows what was there, and a failed condition says something about it.
_READING = [
    f"dynamodb:{name}" for name in "GetItem BatchGetItem Query UpdateItem DeleteItem ConditionCheckItem".split()
]
_REPLACING = ["dynamodb:PutItem"]

Resources = dict[str, Any]


def of(resources: Resources) -> Resources:
    return {name: body for name, body in resources.items() if body["Type"] == FUNCTION}


def complete(resources: Resources) -> None:
    """Fill in every function, and add its role, its log group and its line to the error tracker."""
    clocks = []
    for logical, function in of(resources).items():
        properties = function["Properties"]
        statements = [statement for policy in properties.pop("Policies", []) for statement in policy["Statement"]]
        name = {"Fn::Sub": f"learnflow-${{Stage}}-{short_name(logical, properties)}"}
        properties |= {
            "FunctionName": name,
            "CodeUri": "api.zip" if logical == API else "workers.zip",
            "Role": {"Fn::GetAtt": [f"{logical}Role", "Arn"]},
            "LoggingConfig": {"LogGroup": {"Ref": f"{logical}Log"}},
        }
        for event in (properties.get("Events") or {}).values():
            statements += _to_read(event)
            if event["Type"] == "ScheduleV2":
                event["Properties"] |= _clock(name)
                clocks.append({"Fn::GetAtt": [logical, "Arn"]})
        resources[f"{logical}Log"] = _log(name)
        resources[f"{logical}Role"] = _role([*statements, _to_log(logical), *_denials(logical, statements)])
        resources[f"{logical}Errors"] = _errors(logical)
    resources["ClocksRole"]["Properties"]["Policies"] = [_policy(_to_strike(clocks))]


def short_name(logical: str, properties: dict[str, Any]) -> str:
    """`send-email` for functions.send_email.handler: the name of its file, or what comes before the app."""
    module = properties["Handler"].rpartition(".")[0].rpartition(".")[2]
    return "api" if logical == API else str(module).replace("_", "-")


def _log(name: dict[str, str]) -> dict[str, Any]:
    properties = {"LogGroupName": {"Fn::Sub": f"/aws/lambda/{name['Fn::Sub']}"}, "RetentionInDays": RETENTION}
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": properties,
    }


def _role(statements: list[dict[str, Any]]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [_policy(statements)],
        },
    }


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}


def _to_log(logical: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": [f"{logical}Log", "Arn"]},
    }


def _to_read(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Lambda reads a stream in the role of the function. (What it needs of a queue stands in the function's entry.)"""
    if event["Type"] != "DynamoDB":
        return []
    stream = event["Properties"]["Stream"]
    reading = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    listing = {"Fn::Sub": f"${{{stream['Fn::GetAtt'][0]}.Arn}}/stream/*"}
    return [
        {"Effect": "Allow", "Action": reading, "Resource": stream},
        {"Effect": "Allow", "Action": ["dynamodb:ListStreams"], "Resource": listing},
    ]


def _denials(logical: str, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One table holds everything, so what must stay apart is refused by key, whatever else is allowed."""
    touches = any("dynamodb:" in action for statement in statements for action in statement["Action"])
    if not touches or logical in READ_PSEUDONYMS:
        return []
    denials = [_refused(_READING + (_REPLACING if logical != API else []))]
    if logical == API:  # Registration puts a pseudonym; what the put replaces, nobody shows it.
        denials.append(_refused(_REPLACING, {"StringEquals": {"dynamodb:ReturnValues": "ALL_OLD"}}))
    return denials


def _refused(actions: list[str], also: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": actions,
        "Resource": {"Fn::GetAtt": ["Table", "Arn"]},
        "Condition": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["PSEUDONYM#*"]}} | (also or {}),
    }


def _errors(logical: str) -> dict[str, Any]:
    """The error lines of a function's log, for whoever has plugged in a tracker."""
    return {
        "Type": "AWS::Logs::SubscriptionFilter",
        "Condition": "HasErrorTracker",
        "DependsOn": ["ErrorTrackerPermission"],
        "Properties": {
            "LogGroupName": {"Ref": f"{logical}Log"},
            "DestinationArn": {"Ref": "ErrorTrackerArn"},
            "FilterPattern": '{ $.level = "ERROR" }',
        },
    }


def _clock(name: dict[str, str]) -> dict[str, Any]:
    return {
        "Name": name,
        "RoleArn": {"Fn::GetAtt": ["ClocksRole", "Arn"]},
        "RetryPolicy": CLOCK_RETRIES,
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["SchedulesDead", "Arn"]}},
    }


def _to_strike(clocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    dead = {"Fn::GetAtt": ["SchedulesDead", "Arn"]}
    return [
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": clocks},
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": dead},
    ]


def words(camel: str) -> str:
    """`SendEmail` -> `send-email`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", camel).lower()
