"""Fires a function by its schedule, or when somebody asks, with EventBridge Scheduler's rules; the driver runs it."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from infra.local.clockwork import next_after
from infra.local.cloud import Cloud
from infra.local.environment import ACCOUNT, REGION
from infra.local.invocation import FindHandler, Run
from infra.local.on_failure import asynchronous_message, tell
from infra.local.source import Source
from infra.local.triggers import Function, ScheduleTrigger

LONGEST_PAUSE_SECONDS = 1.0
#: How long Lambda waits before it tries an asynchronous call a second and a third time.
RETRY_PAUSES = (60.0, 120.0)


class ScheduleSource(Source):
    """One clock. A failure is tried again and then told to the on-failure queue.

    Here nobody waits between the attempts, unless `wait` says otherwise: a test lets its own clock pass.
    """

    def __init__(self, function: Function, trigger: ScheduleTrigger, cloud: Cloud, find: FindHandler) -> None:
        super().__init__(function, cloud, find)
        self.trigger = trigger
        self.wait: Callable[[float], None] = lambda _: None
        self.due = next_after(trigger.expression, trigger.zone, datetime.now(UTC))

    def step(self) -> bool:
        """Fire if it is due. A time slept through is made up for once, however often it passed."""
        now = datetime.now(UTC)
        if self.due is None or now < self.due:
            return False
        scheduled = self.due
        self.due = next_after(self.trigger.expression, self.trigger.zone, now)
        self.fire(scheduled)
        return True

    def pause(self) -> float:
        left = (self.due - datetime.now(UTC)).total_seconds() if self.due else LONGEST_PAUSE_SECONDS
        return min(max(left, 0.0), LONGEST_PAUSE_SECONDS)

    def fire(self, at: datetime | None = None) -> Run:
        """Invoke the function now, as of `at` (default: now)."""
        event = json.loads(self.filled(at or datetime.now(UTC)))
        attempts = self.trigger.retries + 1
        for pause in (0.0, *RETRY_PAUSES)[:attempts]:
            if pause:
                self.wait(pause)
            run = self.invoke(event)
            if not run.failed:
                return run
        if self.trigger.on_failure:
            tell(self.cloud, self.trigger.on_failure, asynchronous_message(self.name, event, attempts, run))
        return run

    def filled(self, scheduled: datetime) -> str:
        """The template's input with the words that the scheduler replaces."""
        words = {
            "<aws.scheduler.scheduled-time>": scheduled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "<aws.scheduler.schedule-arn>": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{self.name}",
            "<aws.scheduler.execution-id>": str(uuid.uuid4()),
            "<aws.scheduler.attempt-number>": "1",
        }
        text = self.trigger.input
        for word, value in words.items():
            text = text.replace(word, value)
        return text
