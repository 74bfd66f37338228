"""What the local pages show, as plain values: mails, clocks, queues, facts; only `pages` calls it."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from boto3.dynamodb.types import TypeDeserializer

from infra.local.cloud import Cloud
from infra.local.environment import PREFIX
from infra.local.invocation import Run, summary
from infra.local.mailbox import inbox
from infra.local.queue_source import QueueSource
from infra.local.schedule_source import ScheduleSource
from infra.local.source import Source
from infra.local.stream_source import StreamSource
from infra.local.template import Template

LATEST_FACTS = 100
MAIL_EVENTS = ("bounce", "complaint")
LOG_INS = ("admin", "teacher", "student", "premium", "guardian")
PASSWORD = "learn-by-doing-2026"  # noqa: S105  # of the demo accounts, printed on purpose
PLACES = {
    "API documentation (try it out)": "/api/docs",
    "API documentation (to read)": "/redoc",
    "OpenAPI document": "/api/schema",
    "Health": "/api/health",
    "Mailbox: every mail that was sent": "/_local/mail",
    "Payments: pay, decline, refund, deliver again": "/_local/stripe",
    "Clocks: what runs when, and now": "/_local/schedules",
    "Queues and dead letters": "/_local/queues",
    "Facts: what happened, and who has read it": "/_local/facts",
}


def index(cloud: Cloud) -> Any:
    accounts = [{"username": name, "email": f"{name}@learnflow.example", "password": PASSWORD} for name in LOG_INS]
    return {"places": PLACES, "accounts": accounts, "aws_endpoint": cloud.endpoint_url}


def mails(cloud: Cloud, kept: Path | None, to: str | None) -> list[dict[str, Any]]:
    found = (mail for mail in inbox(cloud, kept) if to is None or to in mail.to)
    return [asdict(mail) for mail in found]


def report_mail_event(cloud: Cloud, template: Template, address: str, kind: str) -> Any:
    """Tell the product what SES would: the mail to this address bounced, or somebody complained about it."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{prefix(template)}mail-events")["QueueUrl"]
    event = mail_event(address, kind, datetime.now(UTC))
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
    return event


def mail_event(address: str, kind: str, at: datetime) -> dict[str, Any]:
    """An event as SES publishes it to the topic of a configuration set."""
    moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    common = {"timestamp": moment, "feedbackId": str(uuid.uuid4())}
    details: Mapping[str, Any] = {
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": address, "action": "failed", "status": "5.1.1"}],
        },
        "complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": [{"emailAddress": address}]},
    }
    return {
        "eventType": kind.capitalize(),
        kind: {**details[kind], **common},
        "mail": {
            "timestamp": moment,
            "messageId": str(uuid.uuid4()),
            "destination": [address],
            "source": "no-reply@learnflow.example",
            "tags": {"ses:configuration-set": [PREFIX]},
        },
    }


def schedule(source: ScheduleSource) -> dict[str, Any]:
    return {
        "name": source.name,
        "expression": source.trigger.expression,
        "zone": source.trigger.zone,
        "next": written(source.due),
        **history(source),
    }


def outcome(name: str, run: Run) -> dict[str, Any]:
    return {
        "name": name,
        "fired_at": written(run.at),
        "failed": run.failed,
        "error": summary(run.error) if run.error else None,
        "answer": run.answer,
    }


def reader(source: StreamSource) -> dict[str, Any]:
    read_at = max((each.read_at for each in source.readers.values() if each.read_at), default=None)
    return {
        "name": source.name,
        "lag_seconds": round(source.lag_seconds(), 3),
        "read_at": written(read_at),
        "attempts": source.attempts,
        **history(source),
    }


def worker(source: QueueSource) -> dict[str, Any]:
    return {"name": source.name, "queue": source.trigger.queue, **history(source)}


def history(source: Source) -> dict[str, Any]:
    failure = source.last_failure
    return {
        "runs": source.runs,
        "last_run": written(source.last.at) if source.last else None,
        "last_failure": written(failure.at) if failure else None,
        "last_error": summary(failure.error) if failure and failure.error else None,
    }


def queues(cloud: Cloud, template: Template) -> list[dict[str, Any]]:
    """The queues that workers read and those where only failures end, each with its dead letters."""
    dead = {queue.dead_letter for queue in template.queues.values()}
    return [queue(cloud, template, name, own.dead_letter) for name, own in template.queues.items() if name not in dead]


def queue(cloud: Cloud, template: Template, name: str, dead: str | None) -> dict[str, Any]:
    visible, in_flight, delayed = depth(cloud, name)
    return {
        "name": name.removeprefix(prefix(template)),
        "depth": visible,
        "in_flight": in_flight,
        "delayed": delayed,
        "redrivable": dead is not None,
        "dead_letters": [letter(message) for message in peek(cloud, dead or name)],
    }


def depth(cloud: Cloud, name: str) -> list[int]:
    sqs = cloud.client("sqs")
    wanted = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return [int(found[attribute]) for attribute in wanted]


def peek(cloud: Cloud, name: str) -> Iterator[dict[str, Any]]:
    """The messages of a queue without receiving them: that is the engine's own window, not an AWS interface."""
    url = cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    answer = json.loads(cloud.ask(f"/_ministack/sqs/messages?QueueUrl={quote(url, safe='')}"))
    for regions in answer["messages"].values():
        for found in regions.values():
            for messages in found.values():
                yield from messages


def letter(message: Mapping[str, Any]) -> dict[str, Any]:
    reason = (message.get("MessageAttributes") or {}).get("reason", {}).get("StringValue")
    return {
        "id": message["MessageId"],
        "reason": reason or condition(message["Body"]) or f"failed {message['ReceiveCount']} times",
        "sent_at": written(datetime.fromtimestamp(message["SentTimestamp"], UTC)),
        "body": message["Body"],
    }


def condition(body: str) -> str | None:
    """Why AWS gave up, where the body is one of its on-failure messages."""
    try:
        told = json.loads(body)["requestContext"]["condition"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(told)


def facts(cloud: Cloud, template: Template) -> list[dict[str, Any]]:
    """The latest facts, newest first. It scans, which no code of the product may: a demo table is small."""
    found = sorted(scanned(cloud, template.table), key=lambda item: str(item["sk"]), reverse=True)
    return [{name: value for name, value in item.items() if name not in HIDDEN} for item in islice(found, LATEST_FACTS)]


HIDDEN = ("pk", "sk", "kind", "ttl", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "lsi1sk")


def scanned(cloud: Cloud, table: str) -> Iterator[dict[str, Any]]:
    plain = TypeDeserializer().deserialize
    pages = (
        cloud.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            FilterExpression="#kind = :fact",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":fact": {"S": "fact"}},
        )
    )
    for page in pages:
        for item in page["Items"]:
            yield {name: plain(value) for name, value in item.items()}


def prefix(template: Template) -> str:
    """What the full name of a queue begins with."""
    return f"{template.table}-"


def written(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
