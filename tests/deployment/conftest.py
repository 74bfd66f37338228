"""A small build that deploys in a moment, and an account to deploy it to; each test has its own stage and bucket."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.build import Manifest, Target
from infra.build.archive import Archive
from infra.deploy import deployment
from infra.deploy.account import Account
from infra.deploy.bucket import Bucket
from infra.deploy.deployment import Order
from infra.deploy.releases import Release
from infra.deploy.stack import Stack
from infra.local.testing import running_engine

CODE = """
import json
def handler(event, context):
    print(json.dumps({"level": "INFO", "logger": "app.test", "message": "hello", "extra": {"n": 1}}))
    print("plain words")
    return {}
"""
_numbers = count(1)


def template(stage: str, word: str, **more: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {
            "Stage": {"Type": "String", "Default": stage},
            "Word": {"Type": "String", "Default": word},
            "MailSender": {"Type": "String", "Description": "who sends"},
        },
        "Resources": {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": "Retain",
                "Properties": {
                    "TableName": f"learnflow-{stage}",
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                },
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
            },
            "Worker": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "worker.handler",
                    "CodeUri": "workers.zip",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Environment": {"Variables": {"WORD": {"Ref": "Word"}}},
                },
            },
            **more,
        },
        "Outputs": {"TableName": {"Value": {"Ref": "Table"}}, "Worker": {"Value": {"Ref": "Worker"}}},
    }


def archived(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("worker.py"), code)
    return content.getvalue()


@dataclass
class Bench:
    """Somebody who deploys: builds a version of the small product, and brings it to the account."""

    account: Account
    folder: Path
    stage: str
    bucket: Bucket
    said: list[str] = field(default_factory=list)

    def build(
        self, word: str = "one", commit: str = "abc1", bytecode: bool = True, code: str = CODE, **more: Any
    ) -> Path:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "workers.zip").write_bytes(archived(code))
        text = json.dumps(template(self.stage, word, **more))
        (self.folder / "template.yaml").write_text(text, "utf-8")
        made = Archive("workers.zip", digest(self.folder / "workers.zip"), 1, 1)
        sums = digest(self.folder / "template.yaml")
        Manifest(self.stage, "1.0", commit, Target.here(), bytecode, {"workers": made}, sums).write(self.folder)
        return self.folder

    def deploy(self, build: Path | None = None, anyway: bool = False, **given: str) -> Release | None:
        order = Order(self.stage, build or self.folder, given or {"MailSender": "a@b.example"}, anyway)
        return deployment.deploy(order, self.bucket, self.said.append)

    def roll_back(self, to: str | None = None) -> Release:
        return deployment.roll_back(self.stage, self.bucket, to, self.said.append)

    @property
    def stack(self) -> Stack:
        return deployment.stack_of(self.account, self.stage)

    def word(self) -> str:
        """What the deployed function has been told."""
        found = self.account.client("lambda").get_function_configuration(FunctionName=self.stack.physical("Worker"))
        return str(found["Environment"]["Variables"]["WORD"])


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    with running_engine() as url:
        yield Account(url)


@pytest.fixture
def bench(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("infra.deploy.stack.PAUSE_SECONDS", (0.02, 0.2))
    number = next(_numbers)
    bucket = Bucket(account, f"artefacts-{number}")
    bucket.require(make=True)
    return Bench(account, tmp_path / "build", f"t{number}", bucket)
