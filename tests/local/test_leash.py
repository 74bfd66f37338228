"""What the engine answers to tests alone: which queues have something to give, and going back to a moment."""

import json

import pytest

from infra.local import resources
from infra.local.cloud import Cloud
from infra.local.template import Template

WORK = "learnflow-local-work"


def waiting(cloud: Cloud) -> list[str]:
    found: list[str] = json.loads(cloud.ask("/_leash/waiting"))["queues"]
    return found


def send(cloud: Cloud, delay: int = 0) -> None:
    url = cloud.client("sqs").get_queue_url(QueueName=WORK)["QueueUrl"]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="m", DelaySeconds=delay)


def put(cloud: Cloud, table: str, *keys: str) -> None:
    for key in keys:
        cloud.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": key}, "sk": {"S": "s"}})


def held(cloud: Cloud, table: str) -> set[str]:
    return {item["pk"]["S"] for item in cloud.client("dynamodb").scan(TableName=table)["Items"]}


def test_a_queue_is_waiting_that_has_a_message_to_give(cloud: Cloud) -> None:
    assert waiting(cloud) == []
    send(cloud)
    assert waiting(cloud) == [WORK]


def test_a_message_that_somebody_works_on_or_that_is_of_later_makes_no_queue_wait(cloud: Cloud) -> None:
    send(cloud)
    sqs = cloud.client("sqs")
    sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=WORK)["QueueUrl"])
    send(cloud, delay=60)
    assert waiting(cloud) == []


def test_each_moment_comes_back_under_its_name(cloud: Cloud, small: Template) -> None:
    put(cloud, small.table, "a")
    resources.remember(cloud, "one")
    put(cloud, small.table, "b")
    send(cloud)
    resources.remember(cloud, "two")
    put(cloud, small.table, "c")
    assert resources.recalled(cloud, "one")
    assert (held(cloud, small.table), waiting(cloud)) == ({"a"}, [])
    assert resources.recalled(cloud, "two")
    assert (held(cloud, small.table), waiting(cloud)) == ({"a", "b"}, [WORK])


def test_remembering_changes_nothing(cloud: Cloud, small: Template) -> None:
    put(cloud, small.table, "a")
    send(cloud)
    resources.remember(cloud, "quietly")
    assert (held(cloud, small.table), waiting(cloud)) == ({"a"}, [WORK])


def test_what_happens_after_a_moment_was_brought_back_does_not_become_part_of_it(cloud: Cloud, small: Template) -> None:
    put(cloud, small.table, "a")
    resources.remember(cloud, "again")
    for _ in range(2):
        assert resources.recalled(cloud, "again")
        assert held(cloud, small.table) == {"a"}
        put(cloud, small.table, "b")
        cloud.client("dynamodb").update_item(
            TableName=small.table,
            Key={"pk": {"S": "a"}, "sk": {"S": "s"}},
            UpdateExpression="SET pages = :pages",
            ExpressionAttributeValues={":pages": {"L": [{"N": "1"}]}},
        )
    assert resources.recalled(cloud, "again")
    assert cloud.client("dynamodb").scan(TableName=small.table)["Items"] == [{"pk": {"S": "a"}, "sk": {"S": "s"}}]


def test_a_moment_told_anew_replaces_the_one_of_its_name(cloud: Cloud, small: Template) -> None:
    resources.remember(cloud, "latest")
    put(cloud, small.table, "a")
    resources.remember(cloud, "latest")
    assert resources.recalled(cloud, "latest")
    assert held(cloud, small.table) == {"a"}


def test_a_wipe_goes_back_to_the_beginning_and_to_no_other_moment(cloud: Cloud, small: Template) -> None:
    put(cloud, small.table, "a")
    resources.remember(cloud, "later")
    resources.wipe(small, cloud)
    assert held(cloud, small.table) == set()


def test_a_moment_that_nobody_remembers_leaves_everything_as_it_is(cloud: Cloud, small: Template) -> None:
    put(cloud, small.table, "a")
    assert not resources.recalled(cloud, "never")
    assert held(cloud, small.table) == {"a"}


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"])
def test_nothing_is_remembered_where_the_table_is_in_another_engine(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://localhost:9")
    resources.remember(cloud, name)
    assert not resources.recalled(cloud, name)
