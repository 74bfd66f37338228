"""The short way into the engine: what goes through it, what does not, and what is told when nobody answers."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from infra.local import door
from infra.local.cloud import Cloud
from infra.local.door import SOCKET, Door
from infra.local.engine import Engine
from infra.local.template import Template

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
BUCKET = "things-of-the-door"
#: More than one reading of a socket brings.
LARGE = b"x" * 300_000


@pytest.fixture
def over_http(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent in the usual way, by its method and address."""
    sent: list[str] = []
    usual = URLLib3Session.send

    def noted(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
        sent.append(f"{request.method} {request.url}")
        return usual(session, request)

    monkeypatch.setattr(URLLib3Session, "send", noted)
    return sent


def a_request() -> AWSPreparedRequest:
    make: Any = AWSPreparedRequest
    made: AWSPreparedRequest = make("POST", "http://localhost:9/", {}, b"{}", False)
    return made


@contextmanager
def a_house(*, opens: Callable[[socket.socket], object]) -> Iterator[Door]:
    """A door behind which nobody is like our engine: one connection, with which `opens` does as it likes."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder) / SOCKET
        listening.bind(str(path))
        listening.listen(1)
        own = Door(path)
        answering = threading.Thread(target=lambda: opens(listening.accept()[0]), daemon=True)
        answering.start()
        yield own
        own.close()
        answering.join()


def test_plain_questions_go_through_the_door(
    cloud: Cloud, small: Template, running: Engine, over_http: list[str]
) -> None:
    with door.opened(running):
        cloud.client("dynamodb").put_item(TableName=small.table, Item=KEY)
        found = cloud.client("dynamodb").get_item(TableName=small.table, Key=KEY)
    assert found["Item"] == KEY
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert over_http == []


def test_an_answer_is_the_same_as_over_http(cloud: Cloud, small: Template, running: Engine) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.put_item(TableName=small.table, Item=KEY | {"large": {"B": LARGE}})
    with door.opened(running):
        short = dynamodb.get_item(TableName=small.table, Key=KEY)
    usual = dynamodb.get_item(TableName=small.table, Key=KEY)
    assert short["Item"] == usual["Item"]
    assert {*short["ResponseMetadata"]["HTTPHeaders"]} >= {"content-type", "x-amzn-requestid"}


def test_a_large_question_arrives_whole(cloud: Cloud, small: Template, running: Engine) -> None:
    dynamodb = cloud.client("dynamodb")
    with door.opened(running):
        dynamodb.put_item(TableName=small.table, Item=KEY | {"large": {"B": LARGE}})
    assert dynamodb.get_item(TableName=small.table, Key=KEY)["Item"]["large"]["B"] == LARGE


def test_a_refusal_comes_through_the_door_as_one(cloud: Cloud, running: Engine) -> None:
    with door.opened(running), pytest.raises(ClientError, match="ResourceNotFoundException"):
        cloud.client("dynamodb").get_item(TableName="nothing", Key=KEY)


def test_streams_and_uploads_go_over_http_as_ever(cloud: Cloud, running: Engine, over_http: list[str]) -> None:
    s3 = cloud.client("s3")
    with door.opened(running):
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"film")
        assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"film"
        with pytest.raises(ClientError, match="Function not found"):
            cloud.client("lambda").invoke(FunctionName="nothing", Payload=b"{}")  # Its answer is a stream.
    assert [each.partition(" ")[0] for each in over_http] == ["PUT", "PUT", "GET", "POST"]


def test_another_engine_is_not_asked_through_this_one_s_door(
    cloud: Cloud, small: Template, running: Engine, over_http: list[str]
) -> None:
    elsewhere = Cloud(running.endpoint_url.replace("localhost", "127.0.0.1"))
    with door.opened(running):
        elsewhere.client("dynamodb").describe_table(TableName=small.table)
    assert len(over_http) == 1


@pytest.mark.parametrize(("host", "unsigned"), [("localhost", True), ("127.0.0.1", False)])
def test_only_what_goes_to_this_engine_goes_unsigned(
    small: Template, cloud: Cloud, running: Engine, host: str, unsigned: bool
) -> None:
    dynamodb, sent = Cloud(running.endpoint_url.replace("localhost", host)).client("dynamodb"), list[str]()
    dynamodb.meta.events.register(
        "before-send.dynamodb", lambda request, **_: sent.append(str(request.headers["Authorization"]))
    )
    with door.opened(running):
        dynamodb.describe_table(TableName=small.table)
    assert ["Signature=none" in each for each in sent] == [unsigned]
    assert "Credential=test/" in sent[0]


def test_the_door_is_shut_after_the_block(cloud: Cloud, small: Template, running: Engine, over_http: list[str]) -> None:
    with door.opened(running):
        pass
    cloud.client("dynamodb").describe_table(TableName=small.table)
    assert len(over_http) == 1


def test_one_connection_serves_one_question_after_another(running: Engine, cloud: Cloud, small: Template) -> None:
    own = Door(running.scratch / SOCKET)
    own.answer(a_request(), 5)
    (first,) = own.idle
    own.answer(a_request(), 5)
    assert own.idle == [first]
    own.close()
    assert first.fileno() == -1


def test_where_there_is_no_door_the_engine_cannot_be_reached() -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.raises(EndpointConnectionError):
        Door(Path(folder) / SOCKET).answer(a_request(), 5)


def test_an_engine_that_goes_in_the_middle_has_closed_the_connection() -> None:
    with a_house(opens=lambda connection: connection.close()) as own:
        with pytest.raises(ConnectionClosedError):
            own.answer(a_request(), 5)
        assert own.idle == []


def test_an_engine_that_says_nothing_is_given_up_after_the_client_s_patience() -> None:
    given_up = threading.Event()

    def silent(connection: socket.socket) -> None:
        given_up.wait(5)
        connection.close()

    with a_house(opens=silent) as own:
        with pytest.raises(ReadTimeoutError):
            own.answer(a_request(), 0.05)
        given_up.set()
        assert own.idle == []
