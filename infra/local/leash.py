"""Runs ministack under its own interpreter and stops it cleanly when its owner goes away; started by `engine`.

Ministack saves its state only on a clean stop, and an owner that is killed cannot ask for one: so this file, which
imports nothing of ours, holds the other end of a pipe and notices when it closes.
"""

import asyncio
import copy
import importlib
import json
import os
import pickle
import runpy
import signal
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

Answer = tuple[int, dict[str, str], bytes]
LENGTHS = struct.Struct(">II")


def watch_owner() -> None:
    # Not sys.stdin: its lock would still be held when the interpreter ends, which Python answers with an abort.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def mend_versions(s3: Any) -> None:
    """S3 gives parts of any version, under the headers that a signed link asks for; ministack 1.5.33 only of the
    newest. Films are links to versions, and no player does without parts.
    """
    whole: Callable[..., Answer] = s3._get_object

    def get_object(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Answer:
        status, told, body = whole(bucket, key, headers, query)
        if status != 200 or not s3._qp(query or {}, "versionId", ""):
            return status, told, body
        s3._apply_response_overrides(told, query)
        part = s3._parse_range(headers["range"], len(body)) if headers.get("range") else None
        if part is None:
            return status, told, body
        start, end = part
        # The checksums are of the whole.
        kept = {name: value for name, value in told.items() if not name.lower().startswith("x-amz-checksum")}
        more = {"Content-Length": str(end + 1 - start), "Content-Range": f"bytes {start}-{end}/{len(body)}"}
        return 206, {**kept, **more}, body[start : end + 1]

    s3._get_object = get_object


def mend_queries(dynamodb: Any) -> None:
    """Ministack takes the key condition apart anew for each item of a partition: seconds where there are 40,000. It is
    the same for all of them, so what the first has passed is only evaluated for the others.
    """
    thorough: Callable[..., bool] = dynamodb._evaluate_condition
    passed: list[Any] = [None, None]

    def evaluate(expression: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> bool:
        known, tokens = passed
        if slot == "KeyConditionExpression" and values is known:
            return bool(dynamodb._ExprEval(tokens, item, values, names).evaluate())
        holds = thorough(expression, item, values, names, slot)
        if slot == "KeyConditionExpression" and values:
            passed[:] = values, dynamodb._tokenize(expression)
        return holds

    dynamodb._evaluate_condition = evaluate


class Bookmark:
    """What stands in the engine at a moment, to be brought back in a few milliseconds: tests begin with it by the
    thousand, and making it anew takes fifty calls. Ministack's own reset empties; what it has emptied is filled again.
    Moments have names: what hundreds of tests build first is built once.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        #: As pickles, which become containers three times faster than a deep copy would.
        self.kept: dict[str, bytes] = {}

    def remember(self, moment: str) -> None:
        held = {place: container for place, container in self._containers() if container}
        memo: dict[int, Any] = {}
        copies = {place: _copied(container, memo) for place, container in held.items()}
        self.app._reset_all_state()
        emptied = {place: copies[place] for place, container in held.items() if not container}
        if lost := [place for place, kept in emptied.items() if kept is None]:
            raise TypeError(f"cannot be remembered: {lost}")
        self.kept[moment] = pickle.dumps(emptied)
        self._fill(moment)

    def recall(self, moment: str) -> None:
        self.app._reset_all_state()
        self._fill(moment)

    def _containers(self) -> Iterator[tuple[tuple[str, str], Any]]:
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith("ministack.services.") and hasattr(module, "reset"):
                for name, value in vars(module).items():
                    if not isinstance(value, type) and hasattr(value, "clear") and hasattr(value, "__len__"):
                        yield (module_name, name), getattr(value, "_data", value)

    def _fill(self, moment: str) -> None:
        now = dict(self._containers())
        for place, kept in pickle.loads(self.kept[moment]).items():  # noqa: S301 - of our own making
            container = now[place]
            (container.extend if hasattr(container, "extend") else container.update)(kept)


def _copied(container: Any, memo: dict[int, Any]) -> Any:
    """None for what holds locks or threads; whether that matters shows when it is emptied."""
    try:
        return copy.deepcopy(container, memo)
    except TypeError:
        return None


def keep_place(app: Any) -> None:
    """`POST /_leash/remember/<moment>` keeps it, `POST /_leash/recall/<moment>` goes back; others wait meanwhile.

    `GET /_leash/waiting` names the queues that have something to give, and the newest record of each table's stream, so
    that nobody need ask each of them.
    """
    theirs, bookmark = app._handle_pre_body_request, Bookmark(app)
    ours = {"/_leash/remember": bookmark.remember, "/_leash/recall": bookmark.recall}

    async def handled(method: str, path: str, *more: Any) -> Any:
        if path == "/_leash/waiting":
            return 200, {"Content-Type": "application/json"}, json.dumps(waiting()).encode()
        asked, _, moment = path.rpartition("/")
        if method != "POST" or asked not in ours:
            return await theirs(method, path, *more)
        if asked.endswith("recall") and moment not in bookmark.kept:
            return 404, {}, b""
        async with app._get_reset_lock():
            await asyncio.to_thread(ours[asked], moment)
        return 200, {}, b""

    app._handle_pre_body_request = handled


def waiting() -> dict[str, Any]:
    dynamodb: Any = importlib.import_module("ministack.services.dynamodb")
    queues, now = importlib.import_module("ministack.services.sqs")._queues._data.values(), time.time()
    records = dynamodb._stream_records._data
    return {
        "queues": [queue["name"] for queue in queues if any(each["visible_at"] <= now for each in queue["messages"])],
        "newest": {place[-1]: newest(records.get(place)) for place in dynamodb._tables._data},
    }


def newest(records: list[Any] | None) -> str | None:
    return records[-1]["dynamodb"]["SequenceNumber"] if records else None


class Door(asyncio.Protocol):
    """Takes requests without HTTP around them, one at a time from each connection; the other end is `door`."""

    transport: asyncio.WriteTransport

    def __init__(self, application: Any) -> None:
        self.application = application
        self.heard = b""
        self.answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if len(self.heard) < LENGTHS.size:
            return
        head, body = LENGTHS.unpack_from(self.heard)
        start = LENGTHS.size + head
        if len(self.heard) == start + body:
            asked, sent = json.loads(self.heard[LENGTHS.size : start]), self.heard[start:]
            self.heard = b""
            self.answering = asyncio.get_running_loop().create_task(self.answer(asked, sent))

    async def answer(self, asked: list[Any], sent: bytes) -> None:
        head: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                parts.append(message.get("body", b""))

        await self.application(scope(*asked), receive, send)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head["headers"]]
        told, body = json.dumps([head["status"], headers]).encode(), b"".join(parts)
        self.transport.write(LENGTHS.pack(len(told), len(body)) + told + body)


def scope(method: str, path: str, query: str, headers: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 0),
    }


def open_door(application: Any) -> None:
    """The door stands in the folder for temporary files, which is this engine's alone."""
    serving: Any = importlib.import_module("hypercorn.asyncio")
    theirs, place = serving.serve, os.path.join(tempfile.gettempdir(), "door")  # noqa: PTH118 - no more imports

    async def serve(*given: Any, **named: Any) -> None:
        door = await asyncio.get_running_loop().create_unix_server(lambda: Door(application), place)
        try:
            await theirs(*given, **named)
        finally:
            door.close()

    serving.serve = serve


if __name__ == "__main__":
    threading.Thread(target=watch_owner, daemon=True).start()
    mend_versions(importlib.import_module("ministack.services.s3"))
    mend_queries(importlib.import_module("ministack.services.dynamodb"))
    keep_place(importlib.import_module("ministack.app"))
    open_door(importlib.import_module("ministack.app").app)
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")
