"""A short way into the engine for tests: what botocore sends goes over one socket, without HTTP on either side.

Half of a test's time went into headers that two HTTP libraries wrote and took apart, and into signatures that nobody
checks. All else of the client stays as it is: validation, retries, parsing. `leash` holds the other end; `make run` and
`make bench` never go here.
"""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from infra.local.engine import Engine

LENGTHS = struct.Struct(">II")
SOCKET = "door"


class Door:
    """The connections to one engine; an idle one is used again by whoever comes next."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.idle: list[socket.socket] = []

    def answer(self, request: Any, seconds: float | None) -> AWSResponse:
        connection = self._connection(request)
        try:
            connection.settimeout(seconds)
            connection.sendall(told(request))
            head, body = self._heard(connection)
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except OSError as error:
            connection.close()
            raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)
        return answered(request, head, body)

    def _connection(self, request: Any) -> socket.socket:
        try:
            return self.idle.pop()
        except IndexError:
            fresh = socket.socket(socket.AF_UNIX)
        try:
            fresh.connect(self.path)
        except OSError as error:
            fresh.close()
            raise EndpointConnectionError(endpoint_url=request.url, error=error) from error
        return fresh

    @staticmethod
    def _heard(connection: socket.socket) -> tuple[bytes, bytes]:
        got = b""
        wanted = LENGTHS.size
        while len(got) < wanted:
            part = connection.recv(262_144)
            if not part:
                raise ConnectionResetError("The engine has gone.")
            got += part
            if wanted == LENGTHS.size and len(got) >= wanted:
                wanted += sum(LENGTHS.unpack_from(got))
        body = LENGTHS.size + LENGTHS.unpack_from(got)[0]
        return got[LENGTHS.size : body], got[body:]

    def close(self) -> None:
        while self.idle:
            self.idle.pop().close()


def told(request: Any) -> bytes:
    """A request in the words of the door: two lengths, the head as JSON, the body."""
    url = urlsplit(request.url)
    headers = [(name.lower(), _text(value)) for name, value in request.headers.items()]
    head = json.dumps([request.method, url.path or "/", url.query, [*headers, ("host", url.netloc)]]).encode()
    body: bytes = request.body
    return LENGTHS.pack(len(head), len(body)) + head + body


def answered(request: Any, head: bytes, body: bytes) -> AWSResponse:
    status, headers = json.loads(head)
    made = AWSResponse(request.url, status, dict(headers), None)
    made._content = body  # There is no stream to read it from.
    return made


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def named(auth: Any, request: Any) -> None:
    """In place of a signature, what the engine reads of one: whose request it is, for which region and service."""
    whose = f"{auth.credentials.access_key}/20000101/{auth._region_name}/{auth._service_name}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={whose}, SignedHeaders=host, Signature=none"


@contextmanager
def opened(engine: Engine) -> Iterator[None]:
    """While the block lasts, plain questions to this engine go through its door: no streams, no uploads in pieces."""
    door, theirs = Door(engine.scratch / SOCKET), URLLib3Session.send
    sign = SigV4Auth.add_auth

    def send(session: Any, request: Any) -> Any:
        plain = request.method == "POST" and isinstance(request.body, bytes) and not request.stream_output
        if plain and request.url.startswith(engine.endpoint_url):
            return door.answer(request, session._timeout.read_timeout)
        return theirs(session, request)

    def add_auth(auth: Any, request: Any) -> Any:
        plain = type(auth) is SigV4Auth and request.url.startswith(engine.endpoint_url)
        return named(auth, request) if plain else sign(auth, request)

    URLLib3Session.send, SigV4Auth.add_auth = send, add_auth
    try:
        yield
    finally:
        URLLib3Session.send, SigV4Auth.add_auth = theirs, sign
        door.close()
