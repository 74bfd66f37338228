"""Feeds a function from its SQS queue by Lambda's rules; the driver runs it. Dead letters are the engine's own job."""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from infra.local.cloud import Cloud
from infra.local.environment import REGION
from infra.local.invocation import FindHandler
from infra.local.lookout import Waiting
from infra.local.source import Source, failed_items
from infra.local.template import queue_arn
from infra.local.triggers import Function, QueueTrigger

log = logging.getLogger("learnflow.local")

IDLE_SECONDS = 0.2
RECEIVE_AT_MOST = 10  # SQS gives no more at once; Lambda makes larger batches of several.


class QueueSource(Source):
    """Receives a batch, calls the handler, deletes what succeeded; the rest returns when its time-out is over."""

    def __init__(self, function: Function, trigger: QueueTrigger, cloud: Cloud, find: FindHandler) -> None:
        super().__init__(function, cloud, find)
        self.trigger = trigger
        self.held: dict[str, str] = {}
        self.idle = True
        #: SQS may forget that a message was deleted and deliver it once more; a test says of which.
        self.undeleted: Callable[[Mapping[str, Any]], bool] = lambda _: False

    @cached_property
    def url(self) -> str:
        return str(self.cloud.client("sqs").get_queue_url(QueueName=self.trigger.queue)["QueueUrl"])

    def step(self) -> bool:
        messages = self.receive()
        self.idle = not messages
        if not messages:
            return False
        run = self.invoke({"Records": [as_record(message, self.trigger.queue) for message in messages]})
        failed = failed_items(run, [message["MessageId"] for message in messages], self.trigger.partial)
        kept = [message for message in messages if message["MessageId"] in failed or self.undeleted(message)]
        self.delete([message for message in messages if message not in kept])
        self.held |= {message["MessageId"]: message["ReceiptHandle"] for message in kept}
        return True

    def is_called(self, seen: Waiting) -> bool:
        return self.trigger.queue in seen.queues

    def pause(self) -> float:
        # No long poll: an answer that finds nobody any more would hide its messages until their time-out.
        return IDLE_SECONDS if self.idle else 0.0

    def receive(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while (wanted := min(self.trigger.batch_size - len(messages), RECEIVE_AT_MOST)) > 0:
            answer = self.cloud.client("sqs").receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=wanted,
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            messages += answer["Messages"]
        return messages

    def delete(self, messages: list[dict[str, Any]]) -> None:
        for start in range(0, len(messages), RECEIVE_AT_MOST):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[start : start + RECEIVE_AT_MOST])
            ]
            answer = self.cloud.client("sqs").delete_message_batch(QueueUrl=self.url, Entries=entries)
            for refused in answer.get("Failed", []):
                log.warning("%s: a message it had dealt with could not be deleted: %s", self.name, refused["Message"])

    def release(self) -> None:
        """Make the messages that failed visible at once, whatever delay they were given: tests need not wait."""
        for handle in self.held.values():
            try:
                self.cloud.client("sqs").change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0
                )
            except self.cloud.client("sqs").exceptions.ReceiptHandleIsInvalid:
                continue  # Meanwhile deleted, or received again.
        self.held.clear()


def as_record(message: Mapping[str, Any], queue: str) -> dict[str, Any]:
    """One message as Lambda shows it to a handler."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: as_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": REGION,
    }


def as_attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stringValue": value.get("StringValue"),
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
