"""CloudFormation's Ref, Fn::Sub, Fn::GetAtt, Fn::If and Fn::Equals as plain values; only `template` calls it.

What it does not know it refuses by name, so that a template never means one thing here and another on AWS.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from infra.local.environment import ACCOUNT, REGION


class TemplateError(Exception):
    """The template says something the local cloud cannot do."""


class Resolver:
    """Turns the body of a template into plain values, given its parameters and conditions."""

    pseudo: ClassVar[dict[str, str]] = {
        "AWS::AccountId": ACCOUNT,
        "AWS::Region": REGION,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": "learnflow-local",
    }

    def __init__(
        self, parameters: Mapping[str, Any], conditions: Mapping[str, Any], declared: Mapping[str, Any]
    ) -> None:
        self.names: dict[str, Any] = {**self.pseudo, **parameters}
        self.conditions = conditions
        self.declared = declared
        self.functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self.ref,
            "Fn::Sub": self.sub,
            "Fn::GetAtt": lambda path: self.attribute(*(path.split(".", 1) if isinstance(path, str) else path)),
            "Fn::If": lambda parts: self.plain(parts[1] if self.holds(parts[0]) else parts[2]),
            "Fn::Equals": lambda pair: self.plain(pair[0]) == self.plain(pair[1]),
            "Fn::Not": lambda one: not self.plain(one[0]),
            "Fn::Join": lambda parts: parts[0].join(self.plain(parts[1])),
            "Condition": self.holds,
        }

    def wanted(self, body: Mapping[str, Any]) -> bool:
        """Whether a resource with this body exists in this stage."""
        return self.holds(body["Condition"]) if "Condition" in body else True

    def holds(self, condition: str) -> bool:
        return bool(self.plain(self.conditions[condition]))

    def plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self.plain, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in self.functions and name != "Condition":
            return self.functions[name](value[name])
        if unknown := [name for name in value if name.startswith("Fn::")]:
            raise TemplateError(f"The local cloud does not know {unknown[0]}: {value}")
        resolved = {name: self.plain(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not None}

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        if name in self.names:
            return self.names[name]
        kind, own = self.identity(name)
        returned = {
            "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{own}",
            "AWS::SQS::Queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{own}",
        }
        return returned.get(kind, own)

    def attribute(self, logical: str, attribute: str) -> str:
        kind, own = self.identity(logical)
        known = {
            ("AWS::DynamoDB::Table", "Arn"): f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{own}",
            # A stream's real name carries its birthday; readers look it up by the table when they start.
            ("AWS::DynamoDB::Table", "StreamArn"): f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{own}/stream/latest",
            ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs:{REGION}:{ACCOUNT}:{own}",
            ("AWS::SQS::Queue", "QueueName"): own,
            ("AWS::S3::Bucket", "Arn"): f"arn:aws:s3:::{own}",
            ("AWS::SNS::Topic", "TopicArn"): f"arn:aws:sns:{REGION}:{ACCOUNT}:{own}",
            ("AWS::Serverless::Function", "Arn"): f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{logical}",
        }
        if (kind, attribute) not in known:
            raise TemplateError(f"The local cloud does not know the attribute {attribute} of {logical}, a {kind}.")
        return known[kind, attribute]

    def sub(self, text: Any) -> str:
        if not isinstance(text, str):
            raise TemplateError(f"The local cloud knows Fn::Sub only with one text: {text}")
        return re.sub(r"\$\{([^!}][^}]*)\}", lambda match: str(self.named(match[1].strip())), text)

    def named(self, name: str) -> Any:
        return self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)

    def identity(self, logical: str) -> tuple[str, str]:
        """The type of a declared resource and the name it will have."""
        body = self.declared.get(logical)
        if body is None:
            raise TemplateError(f"The template refers to {logical}, which it does not declare.")
        properties = body.get("Properties") or {}
        named = next((properties[key] for key in NAMES if key in properties), logical)
        return body["Type"], str(self.plain(named))


NAMES = ("TableName", "QueueName", "BucketName", "TopicName", "FunctionName", "Name")
