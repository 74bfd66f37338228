"""Feeds a function from the table's stream with Lambda's rules: filter, batch, partial failure, bisect, retries, age.

The driver runs one per stream trigger; what the function cannot take ends as a position in its on-failure queue.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local.cloud import Cloud
from infra.local.invocation import FindHandler, Run
from infra.local.lookout import Waiting
from infra.local.on_failure import stream_message, tell
from infra.local.patterns import passes
from infra.local.shards import LOST, Batch, Reader, Record, created, open_reader, shards_of, stream_of
from infra.local.source import Source, failed_items
from infra.local.triggers import Function, StreamTrigger

IDLE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
MOST_RECORDS = 1000  # GetRecords gives no more at once.


class StreamSource(Source):
    """Reads every shard from the beginning, or from where `positions` says that an earlier reader stopped."""

    def __init__(
        self, function: Function, trigger: StreamTrigger, cloud: Cloud, find: FindHandler, positions: Path | None = None
    ) -> None:
        super().__init__(function, cloud, find)
        self.trigger = trigger
        self.positions = positions
        self.checkpoints = read_positions(positions)
        self.readers: dict[str, Reader] = {}
        self.stream = ""
        self.attempts = 0
        self.idle = True
        #: For a reader of what was left behind: the last record of each shard that is still its own.
        self.until: dict[str, str] | None = None
        #: How the records of one read become batches. A test may deal them out as several shards and repeats would.
        self.arrange: Callable[[Sequence[Record]], Iterable[Sequence[Record]]] = lambda records: [records]

    def step(self) -> bool:
        if self.at_end():
            return False
        if not self.readers:
            self.discover()
        try:
            moved = [self.advance(reader) for reader in list(self.ready())]
        except ClientError as error:
            if error.response["Error"]["Code"] not in LOST:
                raise
            self.readers.clear()  # The table was made anew, or we slept too long: find our place again.
            self.idle = False
            return True
        self.idle = not any(moved)
        return not self.idle

    def is_called(self, seen: Waiting) -> bool:
        """An idle reader is, once there is a newer record than the last it has read."""
        if not self.idle or self.trigger.table not in seen.newest:
            return True
        return all(reader.newest != seen.newest[self.trigger.table] for reader in self.readers.values())

    def pause(self) -> float:
        if self.at_end():
            return LONGEST_PAUSE_SECONDS
        if self.attempts:
            return min(IDLE_SECONDS * float(2**self.attempts), LONGEST_PAUSE_SECONDS)
        return IDLE_SECONDS if self.idle else 0.0

    def lag_seconds(self) -> float:
        """How long the oldest record that was read but not yet taken has been waiting."""
        waiting = [created(batch.records[0]) for reader in self.readers.values() for batch in reader.pending]
        return max(0.0, time.time() - min(waiting)) if waiting else 0.0

    def rewind(self) -> None:
        """Start over at the oldest record there is, as a function does that is newly put on the stream."""
        self.readers.clear()
        self.checkpoints.clear()
        self.attempts = 0

    def trim(self) -> int:
        """Let everything that is not read yet be lost, as the stream itself does after a day; returns how much."""
        if not self.readers:
            self.discover()
        lost = 0
        for reader in self.readers.values():
            reader.pending.clear()
            while records := reader.read(self.cloud, MOST_RECORDS, self.stream):
                self.keep(reader, records[-1])
                lost += len(records)
        return lost

    def leave_behind(self, positions: Path) -> "StreamSource":
        """A second reader for what is in the stream by now; this one goes on with what comes after."""
        write_positions(positions, {})  # Before the first step away from it: whoever starts anew sees that it is there.
        self.trim()
        return self.left_behind(positions)

    def left_behind(self, positions: Path) -> "StreamSource":
        """The reader of what was left behind, also by a process that ended before it was through."""
        rest = StreamSource(self.function, self.trigger, self.cloud, self.find, positions)
        rest.until = dict(self.checkpoints)
        return rest

    def at_end(self) -> bool:
        return self.until is not None and all(self.checkpoints.get(shard) == "CLOSED" for shard in self.until)

    def discover(self) -> None:
        self.stream = stream_of(self.cloud, self.trigger.table)
        for shard in shards_of(self.cloud, self.stream):
            if self.until is not None and shard["ShardId"] not in self.until:
                continue
            checkpoint = self.checkpoints.get(shard["ShardId"])
            if checkpoint != "CLOSED" and shard["ShardId"] not in self.readers:
                self.readers[shard["ShardId"]] = open_reader(self.cloud, self.stream, shard, checkpoint)

    def ready(self) -> Iterator[Reader]:
        """A shard is read only when its parent has been read to the end: that keeps the order per item."""
        return (reader for reader in self.readers.values() if reader.parent not in self.readers)

    def advance(self, reader: Reader) -> bool:
        if not reader.pending and not self.read(reader):
            return False
        if reader.pending:
            self.deliver(reader, reader.pending.popleft())
        return True

    def read(self, reader: Reader) -> bool:
        records = self.own(reader, reader.read(self.cloud, self.trigger.batch_size, self.stream))
        wanted = [record for record in records if passes(self.trigger.patterns, record)]
        if wanted:
            reader.pending.extend(Batch(tuple(batch)) for batch in self.arrange(wanted))
        elif records:
            self.keep(reader, records[-1])
        elif reader.closed:
            self.checkpoints[reader.shard] = "CLOSED"
            self.remember()
            del self.readers[reader.shard]
            self.discover()
        return bool(records)

    def own(self, reader: Reader, records: list[Record]) -> list[Record]:
        """Those up to where the other reader begins; behind them the shard has ended for this one."""
        if self.until is None:
            return records
        last = int(self.until[reader.shard])
        if records and sequence(records[-1]) >= last:
            reader.iterator = None
        return [record for record in records if sequence(record) <= last]

    def deliver(self, reader: Reader, batch: Batch) -> None:
        """Hand a batch over; what the function did not take goes back to the front of the shard, so order holds."""
        if self.too_old(batch):
            self.give_up(reader, batch, "RecordAgeExceeded", None)
            return
        run = self.invoke({"Records": list(batch.records)})
        taken = self.taken(run, batch)
        if taken:
            self.keep(reader, batch.records[taken - 1])
        if taken == len(batch.records):
            self.attempts = 0
            return
        self.again(reader, batch, taken, run)

    def taken(self, run: Run, batch: Batch) -> int:
        """How many records from the front count as done: those before the lowest failed sequence number."""
        identifiers = [record["dynamodb"]["SequenceNumber"] for record in batch.records]
        failed = failed_items(run, identifiers, self.trigger.partial)
        return next((place for place, name in enumerate(identifiers) if name in failed), len(identifiers))

    def again(self, reader: Reader, batch: Batch, taken: int, run: Run) -> None:
        rest = Batch(batch.records[taken:], batch.attempts + 1)
        self.attempts = rest.attempts
        if run.failed and self.trigger.bisect and len(rest.records) > 1:
            # Cutting a batch in two does not count as a retry.
            middle = len(rest.records) // 2
            halves = (rest.records[:middle], rest.records[middle:])
            reader.pending.extendleft(Batch(half, batch.attempts) for half in reversed(halves))
        elif self.trigger.retries is not None and rest.attempts > self.trigger.retries:
            self.give_up(reader, rest, "RetryAttemptsExhausted", run)
        else:
            reader.pending.appendleft(rest)

    def too_old(self, batch: Batch) -> bool:
        limit = self.trigger.max_age_seconds
        return limit is not None and batch.attempts > 0 and time.time() - created(batch.records[0]) > limit

    def give_up(self, reader: Reader, batch: Batch, condition: str, run: Run | None) -> None:
        if self.trigger.on_failure:
            message = stream_message(self.name, condition, batch, reader.shard, self.stream, run)
            tell(self.cloud, self.trigger.on_failure, message)
        self.attempts = 0
        self.keep(reader, batch.records[-1])

    def keep(self, reader: Reader, record: dict[str, Any]) -> None:
        reader.position = self.checkpoints[reader.shard] = record["dynamodb"]["SequenceNumber"]
        reader.read_at = datetime.now(UTC)
        self.remember()

    def remember(self) -> None:
        if self.positions:
            write_positions(self.positions, self.checkpoints)


def sequence(record: Record) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def read_positions(file: Path | None) -> dict[str, str]:
    if file is None or not file.exists():
        return {}
    found: dict[str, str] = json.loads(file.read_text("utf-8"))
    return found


def write_positions(file: Path, positions: dict[str, str]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(positions), "utf-8")
    fresh.replace(file)
