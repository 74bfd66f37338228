"""A function's log as a person reads it: one line per line of JSON, everything else as it is."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import Refused
from infra.deploy.account import Account
from infra.deploy.bucket import code
from infra.deploy.stack import Stack

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
#: Lambda's own lines, which tell nothing that ours do not.
PLATFORM = ("START ", "END ", "INIT_START ")
FOLLOW_SECONDS = 2.0
#: Lines arrive late and out of order: each look goes back a little, and shows nothing twice.
OVERLAP_MS = 30_000


def group_of(stack: Stack, function: str) -> str:
    """The log group of a function, by the name it has in the template."""
    name = stack.physical(function)
    found = stack.account.client("lambda").get_function_configuration(FunctionName=name)
    return str(found.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}")


def since(text: str) -> timedelta:
    """`90s`, `10m`, `2h`, `1d`."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise Refused(f"SINCE wants a number with s, m, h or d, for example 10m: {text}")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def lines(account: Account, group: str, start: datetime, follow: bool = False) -> Iterator[str]:
    seen: set[tuple[Any, ...]] = set()
    begin = int(start.timestamp() * 1000)
    while True:
        for event in events(account, group, begin):
            identity = (event["logStreamName"], event["timestamp"], event["message"])
            if identity not in seen and (line := readable(event)):
                yield line
            seen.add(identity)
            begin = max(begin, event["timestamp"] - OVERLAP_MS)
        if not follow:
            return
        time.sleep(FOLLOW_SECONDS)


def events(account: Account, group: str, begin: int) -> Iterator[dict[str, Any]]:
    pages = account.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=begin)
    try:
        for page in pages:
            yield from page["events"]
    except ClientError as error:
        # The group is made by the first line.
        if code(error) != "ResourceNotFoundException":
            raise


def readable(event: dict[str, Any]) -> str:
    """One event as one line, or nothing when it tells nothing."""
    message = str(event["message"]).rstrip()
    at = f"{datetime.fromtimestamp(event['timestamp'] / 1000, UTC):%H:%M:%S.%f}"[:-3]
    if message.startswith(PLATFORM):
        return ""
    try:
        said = json.loads(message)
    except ValueError:
        return f"{at} {message}"
    return f"{at} {as_words(said)}" if isinstance(said, dict) and "message" in said else f"{at} {message}"


def as_words(said: dict[str, Any]) -> str:
    facts = {**(said.get("extra") or {}), **{name: value for name, value in said.items() if name not in SHOWN_APART}}
    told = " ".join(f"{name}={plain(value)}" for name, value in facts.items() if value is not None)
    head = f"{said.get('level', ''):<7} {said.get('logger', ''):<10} {said['message']}"
    stack = said.get("stack_trace")
    return f"{head}  {told}".rstrip() + (f"\n{stack}" if stack else "")


SHOWN_APART = frozenset({"timestamp", "level", "logger", "message", "extra", "stack_trace"})


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
