"""The command that sends dead letters back."""

import pytest

from infra import redrive
from infra.local.cloud import Cloud
from infra.local.environment import local_environment


@pytest.fixture
def environment(cloud: Cloud, engine_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in local_environment(engine_url).items():
        monkeypatch.setenv(name, value)


def url(cloud: Cloud, name: str) -> str:
    return str(cloud.client("sqs").get_queue_url(QueueName=f"learnflow-local-{name}")["QueueUrl"])


@pytest.mark.usefixtures("environment")
def test_the_command_moves_them_and_says_how_many(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    sqs = cloud.client("sqs")
    sqs.send_message(QueueUrl=url(cloud, "work-dead"), MessageBody="again")
    assert redrive.main(["work"]) == 0
    assert capsys.readouterr().out == "1 dead letter went back to learnflow-local-work.\n"
    (message,) = sqs.receive_message(QueueUrl=url(cloud, "work"))["Messages"]
    assert message["Body"] == "again"


@pytest.mark.usefixtures("environment")
def test_a_queue_that_does_not_exist_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive.main(["letters"]) == 1
    assert "no queue learnflow-local-letters" in capsys.readouterr().out


def test_without_a_queue_the_command_says_how_to_name_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive.main([]) == 2
    assert "make redrive QUEUE=" in capsys.readouterr().out
