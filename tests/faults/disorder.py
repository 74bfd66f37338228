"""A stream on a bad day: many shards, so facts about one thing overtake one another, and batches that come twice.

Lambda keeps the order of the records of one shard, and an item stays in its shard; between shards it promises nothing.
A batch may be cut anywhere and come again from any of its records on.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra.local.driver import Driver
from infra.local.shards import Record
from infra.local.stream_source import MOST_RECORDS, StreamSource

SHARDS = 8
LARGEST = 7


def disturb(driver: Driver, chance: random.Random) -> None:
    """From now on, everything reaches its readers out of order and some of it twice."""
    for stream in driver.streams:
        stream.trigger = replace(stream.trigger, batch_size=MOST_RECORDS)
        stream.arrange = lambda records: dealt(records, chance)
    for queue in driver.queues:
        queue.undeleted = lambda message: received(message) <= 2 and chance.random() < 0.25


def received(message: object) -> int:
    assert isinstance(message, dict)
    return int(message["Attributes"]["ApproximateReceiveCount"])


def dealt(records: Sequence[Record], chance: random.Random) -> Iterator[Sequence[Record]]:
    """The records as batches of many shards, one shard after another at random, with repeats."""
    salt = chance.random()
    shards: dict[int, list[Record]] = {}
    for record in records:
        shards.setdefault(shard_of(record, salt), []).append(record)
    waiting = [list(batches(shard, chance)) for shard in shards.values()]
    while waiting:
        shard = chance.choice(waiting)
        yield shard.pop(0)
        waiting = [each for each in waiting if each]


def shard_of(record: Record, salt: float) -> int:
    return hashlib.sha256(f"{salt}|{record['dynamodb']['Keys']}".encode()).digest()[0] % SHARDS


def batches(shard: Sequence[Record], chance: random.Random) -> Iterator[Sequence[Record]]:
    """One shard in its order. About every third batch comes again, from some record on."""
    start = 0
    while start < len(shard):
        batch = shard[start : start + chance.randint(1, LARGEST)]
        yield batch
        if chance.random() < 0.33:
            yield batch[chance.randrange(len(batch)) :]
        start += len(batch)


def reader(driver: Driver) -> StreamSource:
    """The reader of the stream that passes facts on."""
    source = driver.source("react_to_facts")
    assert isinstance(source, StreamSource)
    return source
