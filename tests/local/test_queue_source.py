"""How the local cloud feeds a function from a queue: as Lambda does."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.cloud import Cloud
from infra.local.driver import Driver
from infra.local.invocation import Killed
from infra.local.template import Template
from tests.local.doubles import Handlers, failing, out_of_order

WORK = "functions.work.handler"


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def driver(small: Template, cloud: Cloud, handlers: Handlers) -> Driver:
    return Driver(small, cloud, handlers.find)


def url(cloud: Cloud, name: str) -> str:
    return str(cloud.client("sqs").get_queue_url(QueueName=f"learnflow-local-{name}")["QueueUrl"])


def send(cloud: Cloud, *bodies: str) -> None:
    for body in bodies:
        cloud.client("sqs").send_message(
            QueueUrl=url(cloud, "work"),
            MessageBody=body,
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "letter"}},
        )


def waiting(cloud: Cloud, name: str) -> int:
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=url(cloud, name), AttributeNames=wanted)
    return sum(int(count) for count in attributes["Attributes"].values())


def by_body(records: list[dict[str, Any]], *bodies: str) -> list[str]:
    return [record["messageId"] for record in records if record["body"] in bodies]


def test_the_handler_gets_messages_in_the_shape_of_lambda(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    send(cloud, "hello")
    driver.settle()
    ((record,),) = handlers.batches(WORK)
    assert record["body"] == "hello"
    assert record["messageAttributes"]["kind"] == {
        "stringValue": "letter", "stringListValues": [], "binaryListValues": [], "dataType": "String",
    }  # fmt: skip
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert int(record["attributes"]["SentTimestamp"]) > 0
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:learnflow-local-work"
    assert record["awsRegion"] == "us-east-1"
    assert record["messageId"]
    assert record["receiptHandle"]


def test_what_succeeded_is_deleted(driver: Driver, cloud: Cloud) -> None:
    send(cloud, *(str(number) for number in range(25)))
    driver.settle()
    assert waiting(cloud, "work") == 0


def test_only_the_failed_ones_stay_and_they_stay_invisible(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    handlers.answers[WORK] = lambda records: failing(*by_body(records, "bad"))
    send(cloud, "good", "bad", "good too")
    driver.settle()
    assert waiting(cloud, "work") == 1
    assert len(handlers.batches(WORK)) == 1


def test_an_error_fails_the_whole_batch(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    handlers.answers[WORK] = out_of_order
    send(cloud, "a", "b")
    driver.settle()
    assert waiting(cloud, "work") == 2
    failure = driver.source("work").last_failure
    assert failure is not None
    assert str(failure.error) == "out of order"


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "nobody"}]},
        {"batchItemFailures": [{"itemIdentifier": {}}]},
        {"batchItemFailures": [{"messageId": "ill-named"}]},
        {"batchItemFailures": ["bare"]},
        "not a report",
    ],
)
def test_a_malformed_report_fails_the_whole_batch(
    driver: Driver, cloud: Cloud, handlers: Handlers, answer: Any
) -> None:
    handlers.answers[WORK] = lambda _: answer
    send(cloud, "a", "b")
    driver.settle()
    assert waiting(cloud, "work") == 2


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_empty_report_means_that_all_succeeded(
    driver: Driver, cloud: Cloud, handlers: Handlers, answer: Any
) -> None:
    handlers.answers[WORK] = lambda _: answer
    send(cloud, "a", "b")
    driver.settle()
    assert waiting(cloud, "work") == 0


def test_without_delays_a_message_that_always_fails_ends_as_a_dead_letter(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    handlers.answers[WORK] = lambda records: failing(*by_body(records, "bad"))
    send(cloud, "bad", "good")
    driver.settle(skip_delays=True)
    assert waiting(cloud, "work") == 0
    assert waiting(cloud, "work-dead") == 1
    counts = [record["attributes"]["ApproximateReceiveCount"] for batch in handlers.batches(WORK) for record in batch
              if record["body"] == "bad"]  # fmt: skip
    assert counts == ["1", "2", "3"]


def test_a_delay_that_the_handler_chose_can_be_skipped_too(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    def postpone(records: list[dict[str, Any]]) -> Any:
        if len(handlers.batches(WORK)) > 1:
            return None
        for record in records:
            cloud.client("sqs").change_message_visibility(
                QueueUrl=url(cloud, "work"), ReceiptHandle=record["receiptHandle"], VisibilityTimeout=900
            )
        return failing(*(record["messageId"] for record in records))

    handlers.answers[WORK] = postpone
    send(cloud, "later")
    driver.settle()
    assert waiting(cloud, "work") == 1
    driver.settle(skip_delays=True)
    assert waiting(cloud, "work") == 0


def test_a_message_whose_deletion_was_forgotten_is_delivered_once_more(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    def once(message: Mapping[str, Any]) -> bool:
        return bool(message["Body"] == "twice" and message["Attributes"]["ApproximateReceiveCount"] == "1")

    driver.queues[0].undeleted = once
    send(cloud, "once", "twice")
    driver.settle(skip_delays=True)
    first, second = handlers.batches(WORK)
    assert [record["body"] for record in (*first, *second)] == ["once", "twice", "twice"]
    assert by_body(first, "twice") == by_body(second, "twice")
    assert waiting(cloud, "work") == 0


def test_a_run_that_is_killed_fails_its_batch(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    def killed(records: list[dict[str, Any]]) -> Any:
        if len(handlers.batches(WORK)) == 1:
            raise Killed

    handlers.answers[WORK] = killed
    send(cloud, "a", "b")
    driver.settle(skip_delays=True)
    assert [len(batch) for batch in handlers.batches(WORK)] == [2, 2]
    assert waiting(cloud, "work") == 0
