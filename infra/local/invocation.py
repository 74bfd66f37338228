"""Calls a handler the way Lambda does: an event that went through JSON, a context, and an answer or an error."""

import importlib
import json
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.environment import ACCOUNT, REGION

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

Handler = Callable[[Any, Any], Any]
FindHandler = Callable[[str], Handler]


@dataclass
class Context:
    """The part of Lambda's context object that handlers and Powertools read."""

    function_name: str
    timeout: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1024
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = time.monotonic()

    @property
    def invoked_function_arn(self) -> str:
        return function_arn(self.function_name)

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.timeout - (time.monotonic() - self.started)) * 1000))


class Killed(BaseException):
    """The instance ends here, in the middle of its work: no code of the function runs any more. Tests raise it."""


@dataclass(frozen=True)
class Run:
    """What became of one invocation; the pages show the last of each source."""

    at: datetime
    request_id: str
    answer: Any = None
    error: BaseException | None = None

    @property
    def failed(self) -> bool:
        return self.error is not None


def imported(name: str) -> Handler:
    """The handler with this dotted name, imported when it is first wanted."""
    module, attribute = name.rsplit(".", 1)
    handler: Handler = getattr(importlib.import_module(module), attribute)
    return handler


def invoke(find: FindHandler, handler: str, event: Mapping[str, Any], timeout: float) -> Run:
    """Run a handler once. Whatever it raises is its own: kept in the `Run`, never passed on."""
    at = datetime.now(UTC)
    context = Context(handler.split(".")[-2], timeout)
    try:
        answer = find(handler)(json.loads(json.dumps(event)), context)
        return Run(at, context.aws_request_id, answer=json.loads(json.dumps(answer)))
    except (Exception, Killed) as error:  # noqa: BLE001  # A worker's failure must never end the loop that feeds it.
        return Run(at, context.aws_request_id, error=error)


def summary(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip()


def own_traceback(error: BaseException) -> str:
    """The traceback from the first frame on that is the author's: not ours, and not Python's import machinery."""
    start = error.__traceback__
    while start and not is_product(Path(start.tb_frame.f_code.co_filename)):
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start)).rstrip()


def is_product(file: Path) -> bool:
    return file.is_relative_to(ROOT) and not file.is_relative_to(HERE)


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def error_payload(error: BaseException) -> dict[str, Any]:
    """What Lambda would answer for this error."""
    frames = traceback.format_tb(error.__traceback__)
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": frames}
