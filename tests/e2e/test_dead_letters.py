"""What a worker cannot digest ends beside its queue with its reason, and nothing else is held up."""

import json
from typing import Any

import pytest

from tests.e2e.stage import Stage, until
from tests.e2e.story import Story


@pytest.mark.parametrize(
    ("queue", "dead"),
    [
        ("EmailsQueue", "EmailsDead"),
        ("HistoryQueue", "HistoryDead"),
        ("MailEventsQueue", "MailEventsDead"),
        ("MediaQueue", "MediaDead"),
        ("StripeEventsQueue", "StripeEventsDead"),
    ],
)
def test_an_unreadable_message_is_buried_with_its_reason(stage: Stage, told: Story, queue: str, dead: str) -> None:
    sqs = stage.client("sqs")
    sqs.send_message(QueueUrl=stage.outputs[queue], MessageBody="{not json")
    letter = until(f"a letter in {dead}", lambda: received(sqs, stage.outputs[dead]))
    assert letter["Body"] == "{not json"
    assert letter["MessageAttributes"]["reason"]["StringValue"]
    assert until(f"{queue} is empty", lambda: stage.depth(queue) == 0)


def test_a_bounce_comes_through_topic_and_queue_and_silences_the_address(stage: Stage, told: Story) -> None:
    bounce = {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "gone@example.org"}]},
        "mail": {"messageId": "m-1", "timestamp": "2026-11-21T00:00:00Z"},
    }
    topic = stage.stack.resources("AWS::SNS::Topic")["MailEventsTopic"]
    stage.client("sns").publish(TopicArn=topic, Message=json.dumps(bounce))
    assert until("an address is silenced", lambda: silenced(stage))


def silenced(stage: Stage) -> list[Any]:
    items = stage.client("dynamodb").scan(TableName=stage.outputs["TableName"], ConsistentRead=True)["Items"]
    return [item for item in items if item["kind"]["S"] == "silenced"]


def received(sqs: Any, url: str) -> dict[str, Any] | None:
    messages = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
    return messages[0] if messages else None
