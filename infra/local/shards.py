"""The shards of a table's stream and how they are read; only `stream_source` uses them."""

import base64
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.local.cloud import Cloud

# The answers that mean: this iterator leads nowhere any more.
LOST = ("ExpiredIteratorException", "TrimmedDataAccessException", "ResourceNotFoundException")

Record = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    records: tuple[Record, ...]
    attempts: int = 0


@dataclass
class Reader:
    """One shard: where its next records are, and the batches that were read but not yet taken."""

    shard: str
    parent: str | None
    iterator: str | None
    position: str | None = None
    #: The last record that was read, whether or not somebody wants it.
    newest: str | None = None
    read_at: datetime | None = None
    pending: deque[Batch] = field(default_factory=deque)

    @property
    def closed(self) -> bool:
        return self.iterator is None

    def read(self, cloud: Cloud, limit: int, stream: str) -> list[Record]:
        if self.iterator is None:
            return []
        answer = cloud.client("dynamodbstreams").get_records(ShardIterator=self.iterator, Limit=limit)
        self.iterator = answer.get("NextShardIterator")
        if answer["Records"]:
            self.newest = answer["Records"][-1]["dynamodb"]["SequenceNumber"]
        return [as_record(record, stream) for record in answer["Records"]]


def stream_of(cloud: Cloud, table: str) -> str:
    return str(cloud.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"])


def shards_of(cloud: Cloud, stream: str) -> Iterator[Mapping[str, Any]]:
    streams = cloud.client("dynamodbstreams")
    page: dict[str, str] = {}
    while True:
        description = streams.describe_stream(StreamArn=stream, **page)["StreamDescription"]
        yield from description["Shards"]
        if "LastEvaluatedShardId" not in description:
            return
        page = {"ExclusiveStartShardId": description["LastEvaluatedShardId"]}


def open_reader(cloud: Cloud, stream: str, shard: Mapping[str, Any], checkpoint: str | None) -> Reader:
    """A reader that goes on after `checkpoint`, or from the oldest record when that is gone or there is none."""
    place: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
    if checkpoint:
        place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": checkpoint}
    try:
        iterator = iterator_at(cloud, stream, shard["ShardId"], place)
    except ClientError as error:
        if not checkpoint or error.response["Error"]["Code"] not in LOST:
            raise
        iterator = iterator_at(cloud, stream, shard["ShardId"], {"ShardIteratorType": "TRIM_HORIZON"})
    return Reader(shard["ShardId"], shard.get("ParentShardId"), iterator, checkpoint, checkpoint)


def iterator_at(cloud: Cloud, stream: str, shard: str, place: Mapping[str, str]) -> str:
    streams = cloud.client("dynamodbstreams")
    return str(streams.get_shard_iterator(StreamArn=stream, ShardId=shard, **place)["ShardIterator"])


def created(record: Record) -> float:
    """When the change was made, in seconds since 1970."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def as_record(record: Mapping[str, Any], stream: str) -> Record:
    """One stream record as Lambda shows it to a handler: times as numbers, bytes as base64, and its source named."""
    return {**as_json(record), "eventSourceARN": stream}


def as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
