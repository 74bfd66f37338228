"""One JSON line per request or message, on standard output, for people and machines.

The product logs ids and outcomes, never bodies, addresses or tokens.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts: dict[str, Any] = dict(getattr(record, "facts", {}))
        line["request_id"] = facts.pop("request_id", None)
        line["extra"] = facts
        if record.exc_info:
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, separators=(",", ":"))


class _Stdout(logging.StreamHandler[Any]):
    """Looks standard output up at each line, because Lambda and pytest replace it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stdout

    @stream.setter
    def stream(self, _: Any) -> None: ...


def configure() -> None:
    """Send what `app.*` loggers say to standard output as JSON; called by each Lambda's entry module."""
    root = logging.getLogger("app")
    if not root.handlers:
        handler = _Stdout()
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        root.propagate = False


def facts(**values: Any) -> dict[str, Any]:
    """The `extra` of a log call: `log.info("sent", extra=facts(letter=...))`."""
    return {"facts": values}
