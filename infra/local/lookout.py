"""What waits in the engine, asked once for all sources: one that has nothing to do need not ask for itself.

`driver` looks before it steps. Engines other than ours cannot tell, and then every source looks for itself.
"""

import json
import threading
import time
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.cloud import Cloud

FRESH_SECONDS = 0.1


@dataclass(frozen=True)
class Waiting:
    """The queues with messages that can be received now, and the newest record of each table's stream."""

    queues: frozenset[str]
    newest: Mapping[str, str | None]


def waiting(cloud: Cloud) -> Waiting | None:
    """None where the engine cannot tell."""
    try:
        told = json.loads(cloud.ask("/_leash/waiting"))
    except urllib.error.HTTPError:
        return None
    return Waiting(frozenset(told["queues"]), told["newest"])


class Lookout:
    """One answer for all the threads that want it at about the same time."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._seen: Waiting | None = None
        self._until = 0.0
        self._looking = threading.Lock()

    def look(self) -> Waiting | None:
        with self._looking:
            if time.monotonic() >= self._until:
                self._seen = self._asked()
                self._until = time.monotonic() + FRESH_SECONDS
            return self._seen

    def _asked(self) -> Waiting | None:
        try:
            return waiting(self.cloud)
        except OSError:
            return None  # Each source finds out for itself that there is trouble, and says so.
