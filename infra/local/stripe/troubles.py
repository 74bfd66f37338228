"""Stripe on a bad day: what becomes of the next requests. Tests and the page plan it, `server` asks each time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.stripe.refusals import Refusal, broken

#: By name: whether the effect happens, and whether whoever asked hears an answer.
KINDS = {
    "error": "500 and no effect; the same key gets the same 500",
    "error_after": "500 although it was done; the same key gets the same 500",
    "unavailable": "503 before anything began",
    "rate_limited": "429 before anything began",
    "lock_timeout": "429 because something else holds the object",
    "timeout": "no answer, and nothing was done",
    "timeout_after": "no answer in time although it was done",
    "cut": "the connection breaks after it was done",
}


class Lost(Exception):
    """No answer comes. The caller cannot know whether it was done."""

    def __init__(self, in_time: bool) -> None:
        super().__init__("connection reset" if in_time else "read timed out")
        self.in_time = in_time


@dataclass
class Planned:
    kind: str
    times: int
    where: str


class Troubles:
    """`mood` may decide each request by itself; `during` runs while a request holds its key and nothing is done yet."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []
        self.mood: Callable[[str, str], str | None] = lambda *_: None
        self.during: Callable[[str, str], None] = lambda *_: None
        self._lock = threading.Lock()

    def plan(self, kind: str, times: int = 1, where: str = "POST /v1/") -> None:
        """The next `times` requests whose method and path begin with `where` go wrong in this way."""
        if kind not in KINDS or times < 1:
            raise ValueError(f"{times} times {kind}")
        with self._lock:
            self.planned.append(Planned(kind, times, where))

    def of(self, method: str, path: str) -> str | None:
        with self._lock:
            for planned in self.planned:
                if f"{method} {path}".startswith(planned.where):
                    planned.times -= 1
                    self.planned = [each for each in self.planned if each.times]
                    return planned.kind
        return self.mood(method, path)


def before(trouble: str | None) -> None:
    """What keeps a request from beginning; no key remembers it."""
    refusal = {
        "unavailable": broken(503, "Stripe is unavailable for a moment.", should_retry=True),
        "rate_limited": broken(429, "Too many requests hit the API too quickly.", "rate_limit"),
        "lock_timeout": broken(429, "This object cannot be accessed right now.", "lock_timeout", should_retry=True),
    }.get(trouble or "")
    if refusal:
        raise refusal
    if trouble == "timeout":
        raise Lost(in_time=False)


def server_error() -> Refusal:
    """Asking again with the same key would bring the same answer, and Stripe says so."""
    return broken(500, "An unknown error occurred", should_retry=False)


def after(trouble: str | None) -> None:
    """What keeps the answer from arriving."""
    if trouble in ("timeout_after", "cut"):
        raise Lost(in_time=trouble == "cut")
