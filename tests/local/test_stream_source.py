"""How the local cloud feeds a function from the table's stream: as Lambda does."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local import resources
from infra.local.cloud import Cloud
from infra.local.driver import Driver
from infra.local.invocation import Killed
from infra.local.lookout import Waiting, waiting
from infra.local.stream_source import StreamSource
from infra.local.template import Template
from tests.local.doubles import Handlers, failing, out_of_order

FOLLOW = "functions.follow.handler"


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def driver(small: Template, cloud: Cloud, handlers: Handlers) -> Driver:
    return Driver(small, cloud, handlers.find)


def put(cloud: Cloud, *names: str, kind: str = "fact") -> None:
    for name in names:
        cloud.client("dynamodb").put_item(
            TableName="learnflow-local",
            Item={"pk": {"S": "p"}, "sk": {"S": name}, "kind": {"S": kind}, "raw": {"B": b"\x00"}},
        )


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["dynamodb"]["NewImage"]["sk"]["S"] for record in records]


def sequence(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def given_up(cloud: Cloud) -> list[dict[str, Any]]:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="learnflow-local-given-up")["QueueUrl"]
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def follower(driver: Driver) -> StreamSource:
    return driver.streams[0]


def test_the_handler_gets_records_in_the_shape_of_lambda(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    put(cloud, "one")
    driver.settle()
    ((record,),) = handlers.batches(FOLLOW)
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"].startswith("arn:aws:dynamodb:us-east-1:000000000000:table/learnflow-local/stream/")
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "p"}, "sk": {"S": "one"}}
    assert record["dynamodb"]["NewImage"]["raw"] == {"B": "AA=="}
    assert record["dynamodb"]["StreamViewType"] == "NEW_IMAGE"
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)


def test_only_what_the_filter_wants_arrives_in_order_and_in_batches(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    put(cloud, "a", "b")
    put(cloud, "noise", kind="user")
    put(cloud, "c", "d", "e")
    put(cloud, "a")  # Nothing changed, or a MODIFY: neither is wanted.
    driver.settle()
    arrived = [names(batch) for batch in handlers.batches(FOLLOW)]
    assert [name for batch in arrived for name in batch] == ["a", "b", "c", "d", "e"]
    assert all(len(batch) <= 4 for batch in arrived)


def test_from_the_lowest_failed_record_on_everything_is_delivered_again(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    def once(records: list[dict[str, Any]]) -> Any:
        first = len(handlers.batches(FOLLOW)) == 1
        return failing(sequence(records[3]), sequence(records[1])) if first else None

    handlers.answers[FOLLOW] = once
    put(cloud, "a", "b", "c", "d")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a", "b", "c", "d"], ["b", "c", "d"]]


def test_an_error_cuts_the_batch_in_two_until_the_culprit_is_alone(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    handlers.answers[FOLLOW] = lambda records: out_of_order(records) if "bad" in names(records) else None
    put(cloud, "a", "b", "bad", "d")
    driver.settle()
    taken = [names(batch) for batch in handlers.batches(FOLLOW) if "bad" not in names(batch)]
    assert taken == [["a", "b"], ["d"]]
    (message,) = given_up(cloud)
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["requestContext"]["approximateInvokeCount"] == 3
    position = message["DDBStreamBatchInfo"]
    assert position["batchSize"] == 1
    assert position["startSequenceNumber"] == position["endSequenceNumber"]
    assert position["shardId"].startswith("shardId-")


def test_a_record_that_is_reported_for_ever_takes_those_behind_it_along(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    handlers.answers[FOLLOW] = lambda records: failing(
        *(sequence(record) for record in records if names([record]) == ["bad"])
    )
    put(cloud, "a", "bad", "c", "d", "e")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [
        ["a", "bad", "c", "d"],
        ["bad", "c", "d"],
        ["bad", "c", "d"],
        ["e"],
    ]
    (message,) = given_up(cloud)
    assert message["DDBStreamBatchInfo"]["batchSize"] == 3


def test_a_report_that_makes_no_sense_fails_the_whole_batch(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    handlers.answers[FOLLOW] = lambda _: failing("nobody") if len(handlers.batches(FOLLOW)) == 1 else None
    put(cloud, "a", "b")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a", "b"], ["a", "b"]]


def test_a_record_that_failed_and_grew_too_old_is_given_up(
    driver: Driver, cloud: Cloud, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers.answers[FOLLOW] = out_of_order
    put(cloud, "a")
    follower(driver).step()
    now = time.time()
    monkeypatch.setattr("infra.local.stream_source.time.time", lambda: now + 3601)
    assert follower(driver).lag_seconds() > 3600
    driver.settle()
    (message,) = given_up(cloud)
    assert message["requestContext"]["condition"] == "RecordAgeExceeded"
    assert len(handlers.batches(FOLLOW)) == 1


def test_a_reader_goes_on_where_the_one_before_it_stopped(
    small: Template, cloud: Cloud, handlers: Handlers, tmp_path: Path
) -> None:
    put(cloud, "a", "b")
    Driver(small, cloud, handlers.find, positions=tmp_path).settle()
    put(cloud, "c")
    Driver(small, cloud, handlers.find, positions=tmp_path).settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a", "b"], ["c"]]


def test_a_table_that_is_made_anew_is_read_from_its_beginning(
    driver: Driver, small: Template, cloud: Cloud, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cloud, "a")
    driver.settle()
    monkeypatch.setattr(resources, "recalled", lambda _: False)
    resources.wipe(small, cloud)
    put(cloud, "b")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a"], ["b"]]


def test_a_reader_that_has_taken_everything_has_no_lag(driver: Driver, cloud: Cloud) -> None:
    put(cloud, "a")
    driver.settle()
    assert follower(driver).lag_seconds() == 0


def test_a_record_whose_run_fails_without_a_report_is_delivered_again(
    driver: Driver, cloud: Cloud, handlers: Handlers
) -> None:
    handlers.answers[FOLLOW] = lambda records: out_of_order(records) if len(handlers.batches(FOLLOW)) < 3 else None
    put(cloud, "a")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a"]] * 3
    assert given_up(cloud) == []


def test_a_run_that_is_killed_has_failed(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    def killed(records: list[dict[str, Any]]) -> Any:
        if len(handlers.batches(FOLLOW)) == 1:
            raise Killed

    handlers.answers[FOLLOW] = killed
    put(cloud, "a", "b", "c", "d")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"]]


def test_what_the_stream_has_trimmed_never_arrives(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    put(cloud, "a", "b")
    assert follower(driver).trim() == 2
    put(cloud, "c")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["c"]]


def test_a_reader_that_is_rewound_gets_everything_once_more(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    put(cloud, "a", "b")
    driver.settle()
    follower(driver).rewind()
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a", "b"], ["a", "b"]]


def test_records_may_be_dealt_out_as_other_batches(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    follower(driver).arrange = lambda records: [records[2:], records[:3]]
    put(cloud, "a", "b", "c", "d")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["c", "d"], ["a", "b", "c"]]


def test_what_comes_does_not_wait_for_what_was_left_behind(
    small: Template, cloud: Cloud, handlers: Handlers, tmp_path: Path
) -> None:
    driver = Driver(small, cloud, handlers.find, positions=tmp_path)
    put(cloud, "old-1", "old-2")
    put(cloud, "old-3", kind="other")
    driver.leave_behind("follow", afresh=True)
    put(cloud, "new")
    driver.settle()
    while driver.behind[0].step():
        pass
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["new"], ["old-1", "old-2"]]
    assert driver.behind[0].at_end()


def test_what_was_left_behind_is_read_on_by_the_next_process(
    small: Template, cloud: Cloud, handlers: Handlers, tmp_path: Path
) -> None:
    put(cloud, "old")
    Driver(small, cloud, handlers.find, positions=tmp_path).leave_behind("follow", afresh=True)
    again = Driver(small, cloud, handlers.find, positions=tmp_path)
    again.leave_behind("follow", afresh=False)
    while again.behind[0].step():
        pass
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["old"]]

    third = Driver(small, cloud, handlers.find, positions=tmp_path)
    third.leave_behind("follow", afresh=False)
    assert third.behind[0].at_end()


def test_an_idle_reader_is_called_by_the_next_record_even_if_it_does_not_want_it(driver: Driver, cloud: Cloud) -> None:
    def is_called() -> bool:
        seen = waiting(cloud)
        assert seen
        return follower(driver).is_called(seen)

    assert is_called()  # It has not yet looked where the stream is.
    for kind in ("fact", "other"):
        put(cloud, "a", kind=kind)
        driver.settle()
        assert not is_called()
        put(cloud, "b", kind=kind)
        assert is_called()


def test_a_reader_with_something_to_repeat_is_called(driver: Driver, cloud: Cloud, handlers: Handlers) -> None:
    handlers.answers[FOLLOW] = out_of_order
    put(cloud, "a")
    follower(driver).step()
    seen = waiting(cloud)
    assert seen
    assert follower(driver).is_called(seen)


def test_where_the_engine_does_not_hold_the_table_a_reader_looks_for_itself(driver: Driver) -> None:
    driver.settle()
    assert follower(driver).is_called(Waiting(frozenset(), {}))


def test_an_engine_that_cannot_tell_what_waits_is_asked_by_each_source(
    driver: Driver, cloud: Cloud, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.driver.waiting", lambda _: None)
    put(cloud, "a")
    driver.settle()
    assert [names(batch) for batch in handlers.batches(FOLLOW)] == [["a"]]
