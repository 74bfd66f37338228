"""What the three kinds of event sources share: a name, one step at a time, and a memory of how it went."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.cloud import Cloud
from infra.local.invocation import FindHandler, Run, invoke, own_traceback, summary
from infra.local.lookout import Waiting
from infra.local.triggers import Function

log = logging.getLogger("learnflow.local")


class Source(ABC):
    """Feeds one function. `step` does one round of work and says whether there was any."""

    def __init__(self, function: Function, cloud: Cloud, find: FindHandler) -> None:
        self.function = function
        self.cloud = cloud
        self.find = find
        self.runs = 0
        self.last: Run | None = None
        self.last_failure: Run | None = None

    @property
    def name(self) -> str:
        return self.function.name

    @abstractmethod
    def step(self) -> bool:
        """Do one round of work now; False when there was nothing to do."""

    def is_called(self, _: Waiting, /) -> bool:
        """Whether a step may find something, going by what waits in the engine."""
        return True

    @abstractmethod
    def pause(self) -> float:
        """How many seconds `run` should wait before the next step."""

    def invoke(self, event: Mapping[str, Any]) -> Run:
        run = invoke(self.find, self.function.handler, event, self.function.timeout)
        self.runs += 1
        self.last = run
        if run.error:
            self.tell(run.error)
            self.last_failure = run
        return run

    def tell(self, error: BaseException) -> None:
        """One line, and the traceback the first time: a retry fails with the same one again."""
        trace = own_traceback(error)
        before = self.last_failure.error if self.last_failure else None
        known = before is not None and own_traceback(before) == trace
        log.error("%s failed: %s%s", self.name, summary(error), "" if known else f"\n{trace}")


def failed_items(run: Run, identifiers: Sequence[str], partial: bool) -> set[str]:
    """Which of the items the run failed, by AWS's rules for `ReportBatchItemFailures`.

    An error fails all of them, and so does a report that is empty-named, ill-named or names an item not in the batch.
    """
    everything = set(identifiers)
    if run.failed:
        return everything
    if not partial or not run.answer:
        return set()
    if not isinstance(run.answer, Mapping):
        return everything
    reported = run.answer.get("batchItemFailures") or []
    named = [item.get("itemIdentifier") if isinstance(item, Mapping) else None for item in reported]
    return {str(name) for name in named} if all(name in identifiers for name in named) else everything
