"""What the emulation (ministack 1.5.33) cannot do with the production template, made up for around a deployment.

`leave_out` works on a copy of the build, before; `mend` through the APIs, after. tests/e2e/test_bridges.py says when
each part may go. The template itself is never written for the emulation.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.build import read
from infra.deploy.account import Account
from infra.deploy.stack import Stack
from infra.local.template import parsed

Template = dict[str, Any]

#: SQS authorizes a batch as the single action; the emulation wants an action that IAM does not know. Of SES it asks
#: for the right to send on "*", where AWS asks for it on the identity and the configuration set.
BATCHES = {
    "sqs:SendMessage": "sqs:SendMessageBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
}


def unknown(logical: str, body: dict[str, Any]) -> bool:
    """Whether the emulation's CloudFormation refuses this resource."""
    is_math = body["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in body["Properties"]
    return is_math or body["Type"] == "AWS::Backup::BackupSelection"


def leave_out(build: Path, to: Path) -> list[str]:
    """Copy a build without what the emulation refuses, none of which runs in a story; the names of what is missing."""
    shutil.copytree(build, to)
    template = load(to)
    left = [name for name, body in template["Resources"].items() if unknown(name, body)]
    for name in left:
        del template["Resources"][name]
    save(template, to)
    return left


def add_settings(build: Path, settings: Mapping[str, str]) -> None:
    """As if the configuration of the stage said them too."""
    template = load(build)
    template["Globals"]["Function"]["Environment"]["Variables"] |= settings
    save(template, build)


def load(build: Path) -> Template:
    template: Template = parsed(build / "template.yaml")
    return template


def save(template: Template, build: Path) -> None:
    text = json.dumps(template)  # JSON is YAML
    (build / "template.yaml").write_text(text, "utf-8")
    replace(read(build), template_sha256=hashlib.sha256(text.encode()).hexdigest()).write(build)


def mend(account: Account, stack: Stack, template: Template) -> None:
    mend_table(account, stack)
    mend_gateway_responses(account, stack, template)
    mend_roles(account, stack)
    mend_buckets(account, stack)


def mend_table(account: Account, stack: Stack) -> None:
    """Its CloudFormation drops expiry and point-in-time recovery of a table."""
    table, dynamodb = stack.outputs()["TableName"], account.client("dynamodb")
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def mend_gateway_responses(account: Account, stack: Stack, template: Template) -> None:
    """Its API Gateway drops the gateway responses of an API's definition."""
    api, apigateway = stack.outputs()["ApiId"], account.client("apigateway")
    for kind, answer in gateway_responses(template).items():
        apigateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            statusCode=str(answer["statusCode"]),
            responseParameters=answer["responseParameters"],
            responseTemplates={media: told(text, stack) for media, text in answer["responseTemplates"].items()},
        )
    apigateway.create_deployment(restApiId=api, stageName=stack.parameters()["Stage"])


def gateway_responses(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["Api"]["Properties"]["DefinitionBody"][
        "x-amazon-apigateway-gateway-responses"
    ]
    return found


def told(text: Any, stack: Stack) -> str:
    """`Fn::Sub` with the one variable that the responses use: where the API is."""
    written: str = text["Fn::Sub"][0]
    return written.replace("${Address}", f"/{stack.parameters()['Stage']}")


def mend_roles(account: Account, stack: Stack) -> None:
    iam = account.client("iam")
    for role in stack.resources("AWS::IAM::Role").values():
        extra = [more for statement in statements(iam, role) for more in also_meant(statement)]
        if extra:
            document = json.dumps({"Version": "2012-10-17", "Statement": extra})
            iam.put_role_policy(RoleName=role, PolicyName="emulation", PolicyDocument=document)


def also_meant(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """What AWS lets a role do by this statement, and the emulation does not."""
    if statement["Effect"] != "Allow":
        return []
    batches = [BATCHES[action] for action in statement["Action"] if action in BATCHES]
    more = [{"Effect": "Allow", "Action": batches, "Resource": statement["Resource"]}] if batches else []
    if "ses:SendEmail" in statement["Action"]:
        more.append({"Effect": "Allow", "Action": ["ses:SendEmail"], "Resource": "*"})
    return more


def statements(iam: Any, role: str) -> list[dict[str, Any]]:
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return [statement for policy in policies for statement in policy["Statement"]]


def mend_buckets(account: Account, stack: Stack) -> None:
    """It speaks plain HTTP, which our buckets turn away."""
    s3 = account.client("s3")
    for bucket in stack.resources("AWS::S3::Bucket").values():
        s3.delete_bucket_policy(Bucket=bucket)
