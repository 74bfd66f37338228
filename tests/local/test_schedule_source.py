"""How the local cloud fires a clock: as EventBridge Scheduler does."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.cloud import Cloud
from infra.local.driver import Driver
from infra.local.template import Template
from tests.local.doubles import Handlers, out_of_order

TICK = "schedules.tick.handler"


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def driver(small: Template, cloud: Cloud, handlers: Handlers) -> Driver:
    return Driver(small, cloud, handlers.find)


def test_the_input_carries_the_scheduled_time(driver: Driver, handlers: Handlers) -> None:
    run = driver.fire("tick", datetime(2026, 1, 31, 2, 30, tzinfo=UTC))
    assert not run.failed
    assert handlers.events[TICK] == [{"scheduled_at": "2026-01-31T02:30:00Z"}]


def test_a_clock_that_fails_three_times_is_told_to_its_on_failure_queue(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    handlers.answers[TICK] = out_of_order
    assert driver.fire("tick", datetime(2026, 1, 31, 2, 30, tzinfo=UTC)).failed
    assert len(handlers.events[TICK]) == 3
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-given-up")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["requestPayload"] == {"scheduled_at": "2026-01-31T02:30:00Z"}
    assert told["responsePayload"]["errorMessage"] == "out of order"


def test_a_clock_that_recovers_is_not_told(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    handlers.answers[TICK] = lambda records: out_of_order(records) if len(handlers.events[TICK]) < 3 else None
    assert not driver.fire("tick").failed
    sqs = cloud.client("sqs")
    assert "Messages" not in sqs.receive_message(
        QueueUrl=sqs.get_queue_url(QueueName="learnflow-local-given-up")["QueueUrl"]
    )


def test_between_its_attempts_lie_a_minute_and_two_for_who_cares_to_wait(driver: Driver, handlers: Handlers) -> None:
    waited: list[float] = []
    driver.schedules[0].wait = waited.append
    handlers.answers[TICK] = out_of_order
    driver.fire("tick")
    assert (waited, len(handlers.events[TICK])) == ([60, 120], 3)


def test_an_unknown_clock_is_an_error(driver: Driver) -> None:
    with pytest.raises(KeyError):
        driver.fire("tock")


def test_a_clock_strikes_once_when_it_is_due_and_for_all_it_slept_through(driver: Driver, handlers: Handlers) -> None:
    (clock,) = driver.schedules
    assert not clock.step()
    clock.due = datetime(2026, 1, 31, 1, 30, tzinfo=UTC)
    assert clock.step()
    assert not clock.step()
    assert handlers.events[TICK] == [{"scheduled_at": "2026-01-31T01:30:00Z"}]
    assert clock.due is not None
    assert clock.due > datetime.now(UTC)


def test_running_threads_feed_every_source_until_they_are_stopped(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    driver.schedules[0].due = datetime.now(UTC) + timedelta(seconds=0.1)
    stop = threading.Event()
    threads = driver.run(stop)
    try:
        cloud.client("dynamodb").put_item(
            TableName="learnflow-local", Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "kind": {"S": "fact"}}
        )
        sqs = cloud.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="learnflow-local-work")["QueueUrl"], MessageBody="m")
        deadline = time.monotonic() + 5
        while len(handlers.events) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
    assert {name.split(".")[1] for name in handlers.events} == {"follow", "work", "tick"}
    assert not any(thread.is_alive() for thread in threads)
