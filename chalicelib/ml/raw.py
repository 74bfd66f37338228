"""The raw zone: what was exported, as it came, in objects that are written once and never changed.

An object is named by a hash of its rows, so that the same rows make the same object, however often they are written.
Changes may come twice, in other groups or late; `compaction` makes one row of each.
"""

import gzip
import hashlib
import json
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, logs
from chalicelib.ml.rows import Row
from chalicelib.settings import settings

READERS = 8
THERE = "PreconditionFailed"

Line = dict[str, Any]

log = logging.getLogger("app.ml")


class Damaged(RuntimeError):
    """An object's rows are not those that its name says."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A row and where its change stood in the stream; nowhere if it was read from the table."""

    row: Row
    sequence: str | None = None


def write(rows: Iterable[Exported], now: datetime) -> list[Exported]:
    """One object per dataset and day; returns the rows of objects that could not be written. Repeating is harmless."""
    groups: dict[tuple[str, str], list[Exported]] = {}
    for each in rows:
        groups.setdefault((each.row.dataset, each.row.day), []).append(each)
    return [
        each
        for (dataset, day), group in sorted(groups.items())
        if not _put(dataset, day, _text(group, now))
        for each in group
    ]


def _text(group: Iterable[Exported], now: datetime) -> bytes:
    # The hour: a second would tell more of when something happened than the row may.
    exported = now.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")
    lines = [{**each.row.columns(), "sequence": each.sequence, "exported": exported} for each in group]
    return as_lines(sorted(lines, key=lambda line: (line["event"], line["sequence"] or "")))


def as_lines(lines: Iterable[Line]) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def packed(text: bytes) -> bytes:
    """The same bytes for the same text: no time in the header."""
    return gzip.compress(text, compresslevel=6, mtime=0)


def _put(dataset: str, day: str, text: bytes) -> bool:
    key = f"{folder(dataset, day)}{_name(text)}"
    try:
        aws.client("s3").put_object(
            Bucket=settings.ml_bucket, Key=key, Body=packed(text), ContentType="application/gzip", IfNoneMatch="*"
        )
    except ClientError as error:
        return error.response["Error"]["Code"] == THERE or _not_taken(key, error)
    except BotoCoreError as error:
        return _not_taken(key, error)
    return True


def _not_taken(key: str, error: Exception) -> bool:
    log.warning("not taken", extra=logs.facts(object=key, error=str(error)))
    return False


def _name(text: bytes) -> str:
    return f"{hashlib.sha256(text).hexdigest()[:32]}.jsonl.gz"


def folder(dataset: str, day: str) -> str:
    return f"raw/{dataset}/date={day}/"


def objects(dataset: str, day: str) -> list[str]:
    """The keys of a day's objects, in order."""
    return sorted(listed(folder(dataset, day)))


def listed(prefix: str) -> Iterator[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=settings.ml_bucket, Prefix=prefix)
    return (each["Key"] for page in pages for each in page.get("Contents", ()))


def read(names: Iterable[str]) -> Iterator[list[Line]]:
    """The rows of each object."""
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(_read, names)


def _read(key: str) -> list[Line]:
    text = gzip.decompress(aws.client("s3").get_object(Bucket=settings.ml_bucket, Key=key)["Body"].read())
    if not key.endswith(f"/{_name(text)}"):
        raise Damaged(key)
    return [json.loads(line) for line in text.splitlines()]
