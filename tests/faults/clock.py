"""The one clock of a round: it stands still unless somebody moves it, and a pause in our code moves it.

`datetime`, `time.time` and everything made of them are held by time-machine; `time.sleep` moves them on instead of
waiting, and `time.monotonic`, which deadlines are made of, moves along. So a slow machine runs into no deadline that a
fast one would meet. Locks and pools of the tests have their own hands on the real clock.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import time_machine

#: After so long real time counts as well, so that what never comes to an end comes to one.
PATIENCE_SECONDS = 600.0
_MONOTONIC = time.monotonic
_SLEEP = time.sleep


class Clock:
    """The traveller of a round. Begin a round with `running`; `slept` is all that our code has paused in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traveller: time_machine.Traveller | None = None
        self._began = _MONOTONIC()
        self._waits = False
        self.moved = 0.0
        self.slept = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Pauses are real meanwhile: threads that wait for one another would only use up the time of all."""
        self._waits, began = True, _MONOTONIC()
        try:
            yield
        finally:
            self._waits = False
            self.shift(_MONOTONIC() - began)

    @contextmanager
    def running(self, start: datetime) -> Iterator[None]:
        self.moved = self.slept = 0.0
        self._began = _MONOTONIC()
        with (
            time_machine.travel(start, tick=False) as traveller,
            patch("time.sleep", self._sleep),
            patch("time.monotonic", self._monotonic),
        ):
            self._traveller = traveller
            try:
                yield
            finally:
                self._traveller = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def shift(self, seconds: float | timedelta) -> None:
        amount = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        with self._lock:
            self.moved += max(amount, 0.0)  # A skewed wall clock turns no deadline back.
            if self._traveller is not None:
                self._traveller.shift(amount)

    def move_to(self, moment: datetime) -> None:
        self.shift((moment - self.now()).total_seconds())

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept += seconds
        if self._waits:
            _SLEEP(seconds)
            return
        self.shift(seconds)
        _SLEEP(0)  # Other threads have their turn, as in a real pause.

    def _monotonic(self) -> float:
        passed = _MONOTONIC() - self._began
        return self._began + self.moved + (passed if passed > PATIENCE_SECONDS else 0.0)
