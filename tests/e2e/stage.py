"""A deployed stage as its users and its operators see it: through its gateway, its mails, its logs, its roles."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3

from infra.deploy.account import Account
from infra.deploy.stack import Stack
from infra.local.cloud import Cloud
from infra.local.gateway import Reply
from infra.local.mailbox import Mail, inbox

T = TypeVar("T")
#: Only what never happens takes as long; a busy machine needs much of it.
PATIENCE_SECONDS = 120.0
REPEATS = 3
#: A page of ours in a browser; its origin is among those of the stage dev.
ORIGIN = "http://localhost:3000"


class TooLate(Exception):
    """What should have happened did not, in the time it had."""


def until(what: str, ask: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    """The first answer that is something."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > deadline:
            raise TooLate(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)


def as_json(line: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"message": line, "level": "ERROR"}
    return said


@dataclass(frozen=True)
class Stage:
    account: Account
    stack: Stack
    outputs: dict[str, str] = field(repr=False)
    left_out: list[str]

    @property
    def name(self) -> str:
        return self.stack.parameters()["Stage"]

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        timeout: float = PATIENCE_SECONDS,
        **headers: str,
    ) -> Reply:
        """A request through the gateway; header names are written with underscores, bytes are sent as they are.

        On a busy machine the limiter may not answer in time: as every client, this one comes again when it is told to.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Host": f"{self.outputs['ApiId']}.execute-api.localhost"}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body)
        reply = self._asked(method, path, raw, sent, timeout)
        for _ in range(REPEATS):
            if reply.status != 503 or not reply.header("retry-after"):
                break
            time.sleep(float(reply.header("retry-after") or 0))
            reply = self._asked(method, path, raw, sent, timeout)
        return reply

    def _asked(self, method: str, path: str, raw: str | bytes | None, sent: dict[str, str], timeout: float) -> Reply:
        connection = HTTPConnection(urlsplit(self.account.endpoint_url or "").netloc, timeout=timeout)
        try:
            connection.request(method, f"/{self.outputs['ApiUrl'].rsplit('/', 1)[1]}{path}", raw, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def mail_to(self, address: str, about: str = "") -> Mail:
        """The newest mail to this address with this word in its subject, as soon as there is one."""
        cloud = Cloud(self.account.endpoint_url)

        def mails() -> list[Mail]:
            return [mail for mail in inbox(cloud) if address in mail.to and about in mail.subject]

        return until(f"a mail to {address} {about}", mails)[0]

    def log(self, function: str) -> list[str]:
        """What a function printed, without Lambda's own lines."""
        pages = self.client("logs").get_paginator("filter_log_events")
        events = [event for page in pages.paginate(logGroupName=f"/aws/lambda/{function}") for event in page["events"]]
        lines = [line for event in events for line in event["message"].splitlines() if line.strip()]
        return [line for line in lines if not line.startswith(("START ", "END ", "REPORT ", "INIT_START "))]

    def lines(self, function: str) -> list[dict[str, Any]]:
        """What a function printed, by the name it has in the template; a line that is no JSON is its own message."""
        return [as_json(line) for line in self.log(self.outputs[function])]

    def depth(self, queue: str) -> int:
        """How many messages a queue holds, by its name in the template."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.outputs[queue]
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    @contextmanager
    def wearing(self, role: str) -> Iterator[Callable[[str], Any]]:
        """Clients with the rights of a role, as Lambda would give them to its function, and nothing else.

        Its trust is widened to us meanwhile: who may wear a role is another question than what it may do.
        """
        iam = self.client("iam")
        found = iam.get_role(RoleName=role)["Role"]
        trust = found["AssumeRolePolicyDocument"]
        us = {"Effect": "Allow", "Principal": {"AWS": self.account.number}, "Action": "sts:AssumeRole"}
        widened = {**trust, "Statement": [*trust["Statement"], us]}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(widened))
        given = self.client("sts").assume_role(RoleArn=found["Arn"], RoleSessionName="e2e")["Credentials"]
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        session = boto3.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=self.account.region
        )
        place, config = self.account.endpoint_url, self.account.config()
        yield cache(lambda service: session.client(service, endpoint_url=place, config=config))
