"""Runs every event source of the template: queues, streams and clocks call the real handlers with real event shapes.

`make run` lets it run in threads; tests steer the same one step by step.
"""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.cloud import Cloud
from infra.local.invocation import FindHandler, Run, imported, summary
from infra.local.lookout import FRESH_SECONDS, Lookout, waiting
from infra.local.queue_source import QueueSource
from infra.local.schedule_source import ScheduleSource
from infra.local.source import Source
from infra.local.stream_source import StreamSource
from infra.local.template import Template
from infra.local.triggers import QueueTrigger, ScheduleTrigger, StreamTrigger

log = logging.getLogger("learnflow.local")

TROUBLE_PAUSE_SECONDS = 1.0


class Unsettled(Exception):
    """The sources were still moving when the time was up."""


class Driver:
    """Every source of the template.

    `find` gives the handler for a dotted name; `positions` is a folder that keeps the place of each stream reader.
    """

    def __init__(
        self, template: Template, cloud: Cloud, find: FindHandler = imported, positions: Path | None = None
    ) -> None:
        self.cloud = cloud
        self.queues: list[QueueSource] = []
        self.streams: list[StreamSource] = []
        self.schedules: list[ScheduleSource] = []
        #: Readers of what `leave_behind` has left.
        self.behind: list[StreamSource] = []
        self.positions = positions
        for function in template.functions:
            for trigger in function.triggers:
                if isinstance(trigger, QueueTrigger):
                    self.queues.append(QueueSource(function, trigger, cloud, find))
                elif isinstance(trigger, StreamTrigger):
                    place = positions / f"{function.name}.json" if positions else None
                    self.streams.append(StreamSource(function, trigger, cloud, find, place))
                elif isinstance(trigger, ScheduleTrigger):
                    self.schedules.append(ScheduleSource(function, trigger, cloud, find))

    def source(self, name: str) -> Source:
        """The source that feeds the function of this name."""
        return next(source for source in (*self.streams, *self.queues, *self.schedules) if source.name == name)

    def fire(self, name: str, at: datetime | None = None) -> Run:
        """Fire one schedule now, as of `at`; KeyError when there is none of this name."""
        return {schedule.name: schedule for schedule in self.schedules}[name].fire(at)

    def settle(self, limit_seconds: float = 20.0, skip_delays: bool = False) -> int:
        """Step streams and queues until nothing moves; returns the number of steps that did something.

        With `skip_delays` a message that failed is tried again at once, until it succeeds or is a dead letter.
        Clocks do not run here: a test fires the one it means.
        """
        deadline = time.monotonic() + limit_seconds
        steps = 0
        while moved := self.round(skip_delays):
            steps += len(moved)
            if time.monotonic() > deadline:
                raise Unsettled(f"Still moving after {limit_seconds:g} s: {', '.join(moved)}")
        return steps

    def round(self, skip_delays: bool = False) -> list[str]:
        """One step of every stream and queue; the names of those that did something."""
        if skip_delays:
            for queue in self.queues:
                queue.release()
        return list(self._moved())

    def _moved(self) -> Iterator[str]:
        """Where the engine can say what waits in it, those who have nothing are not asked one by one."""
        seen = waiting(self.cloud)
        for source in (*self.streams, *self.queues):
            if (seen is None or source.is_called(seen)) and source.step():
                yield source.name
                seen = waiting(self.cloud)  # One function sends to the next.

    def leave_behind(self, name: str, afresh: bool) -> None:
        """Have what the stream holds by now read beside what comes, so that what comes does not wait for it.

        Unless `afresh`, what an earlier process left behind is read to its end.
        """
        stream = next((each for each in self.streams if each.name == name), None)
        if stream is None or self.positions is None:
            return
        place = self.positions / f"{name}.behind.json"
        if afresh:
            self.behind.append(stream.leave_behind(place))
        elif place.exists():
            self.behind.append(stream.left_behind(place))

    def run(self, stop: threading.Event) -> list[threading.Thread]:
        """Run every source in a thread of its own until `stop` is set."""
        sources: tuple[Source, ...] = (*self.streams, *self.behind, *self.queues, *self.schedules)
        lookout = Lookout(self.cloud)
        threads = [
            threading.Thread(target=keep_stepping, args=(source, lookout, stop), name=source.name, daemon=True)
            for source in sources
        ]
        for thread in threads:
            thread.start()
        return threads


def keep_stepping(source: Source, lookout: Lookout, stop: threading.Event) -> None:
    in_trouble = False
    while not stop.is_set():
        try:
            seen = lookout.look()
            called = seen is None or source.is_called(seen)
            if called:
                source.step()
        except (BotoCoreError, ClientError) as error:
            if not in_trouble and not stop.is_set():
                log.warning("%s cannot reach the local cloud, and keeps trying: %s", source.name, summary(error))
            in_trouble = True
            stop.wait(TROUBLE_PAUSE_SECONDS)
        else:
            in_trouble = False
            stop.wait(source.pause() if called else FRESH_SECONDS)
