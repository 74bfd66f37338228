"""The template as CloudFormation would understand it, for the tests of the template: SAM expanded, values resolved."""

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from infra.build import template
from infra.local.template import INFRA

#: `make install` puts the translator beside the emulation, not beside the product.
PYTHON = INFRA.parent / ".venv" / "cloud" / "bin" / "python"
EXPAND = """
import json, sys
from samtranslator.translator.transform import transform
class Nothing:
    def load(self):
        return {}
print(json.dumps(transform(json.load(sys.stdin), {}, Nothing())))
"""
PSEUDO = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
STAGES = ("dev", "staging", "prod")


@cache
def expanded(stage: str) -> dict[str, Any]:
    """The template without SAM, as CloudFormation's own transform leaves it."""
    given = template.build(stage, "1.2.3", "abc")
    for body in given["Resources"].values():
        if body["Type"] == "AWS::Serverless::Function":
            body["Properties"]["CodeUri"] = f"s3://artefacts/{body['Properties']['CodeUri']}"
    done = subprocess.run(
        [PYTHON, "-c", EXPAND],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": PSEUDO["AWS::Region"], "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@dataclass(frozen=True)
class Stack:
    """One stage with the parameters given at its deployment; a resource's name is its logical one."""

    stage: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def template(self) -> dict[str, Any]:
        return expanded(self.stage)

    @cached_property
    def names(self) -> dict[str, Any]:
        defaults = {name: body.get("Default") for name, body in self.template["Parameters"].items()}
        lists = [n for n, body in self.template["Parameters"].items() if body["Type"] == "CommaDelimitedList"]
        said = PSEUDO | defaults | dict(self.parameters)
        return said | {name: said[name].split(",") for name in lists}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """What exists in this stage, with plain values."""
        return {
            name: self.plain(body)
            for name, body in self.template["Resources"].items()
            if "Condition" not in body or self.holds(body["Condition"])
        }

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of one type."""
        return {name: body["Properties"] for name, body in self.resources.items() if body["Type"] == f"AWS::{kind}"}

    def statements(self, function: str) -> list[dict[str, Any]]:
        role = self.of("Lambda::Function")[function]["Role"].removesuffix(".Arn")
        policies = self.of("IAM::Role")[role]["Policies"]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def holds(self, condition: str) -> bool:
        return bool(self.plain(self.template["Conditions"][condition]))

    def plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", name)]:
                return self.names.get(name, name)
            case [("Fn::GetAtt", path)]:
                return path if isinstance(path, str) else ".".join(path)
            case [("Fn::Join", [between, parts])]:
                return between.join(self.plain(parts))
            case [("Fn::If", [condition, yes, no])]:
                return self.plain(yes if self.holds(condition) else no)
            case [("Fn::Equals", [one, other])]:
                return self.plain(one) == self.plain(other)
            case [("Fn::Not", [one])]:
                return not self.plain(one)
            case [("Fn::Sub", text)]:
                return self.filled(text)
        return {name: self.plain(item) for name, item in value.items()}

    def filled(self, text: Any) -> str:
        words, own = (text, {}) if isinstance(text, str) else text
        known = self.names | self.plain(own)
        return re.sub(r"\$\{([^}]+)\}", lambda match: str(known.get(match[1], match[1])), words)


@cache
def stack(stage: str, **parameters: str) -> Stack:
    return Stack(stage, tuple(sorted(parameters.items())))


def references(value: Any) -> set[str]:
    """Every logical name that a part of a template refers to."""
    if isinstance(value, list):
        return {name for item in value for name in references(item)}
    if not isinstance(value, dict):
        return set()
    match list(value.items()):
        case [("Ref", name)]:
            return {name}
        case [("Fn::GetAtt", path)]:
            return {path.split(".")[0] if isinstance(path, str) else path[0]}
        case [("Fn::Sub", text)]:
            words, own = (text, {}) if isinstance(text, str) else text
            named: set[str] = {name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", words)}
            return (named - set(own)) | references(own)
    return {name for item in value.values() for name in references(item)}
