"""Stripe's webhooks: each event signed and sent, once or twice, at once or late, and again until it is taken.

Tests call `step` or `settle`; `make run` lets `run` do it in a thread. The page and tests choose how events travel.
"""

import json
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.local.invocation import Killed
from infra.local.stripe.server import Stripe
from infra.local.stripe.store import shown

PLANS = {
    "now": "at once",
    "twice": "twice",
    "late": "late",
    "reversed": "newest first",
    "dropped": "lost the first time, then tried again",
    "held": "not until somebody delivers them",
}
#: What the endpoint has subscribed to; other events can only be looked up.
SUBSCRIBED = frozenset(
    f"payment_intent.{what}" for what in ("created", "succeeded", "payment_failed", "canceled", "requires_action")
) | {
    *(f"charge.{what}" for what in ("succeeded", "updated", "refunded", "dispute.created", "dispute.closed")),
    *(f"refund.{what}" for what in ("created", "updated", "failed")),
}
FIRST_PAUSE, LONGEST_PAUSE, GIVE_UP_AFTER = 5.0, 6 * 3600.0, 3 * 86_400.0
POLL_SECONDS = 0.2
LATE_SECONDS = 30.0
DROPPED = "dropped"

#: Takes body and headers, gives the status.
Send = Callable[[bytes, Mapping[str, str]], int]


@dataclass(order=True)
class Parcel:
    """One delivery to come; `place` decides between those that are due at the same time."""

    due: float
    place: int
    event_id: str
    attempt: int = 1
    made: float = 0.0
    drops: int = 0


@dataclass(frozen=True)
class Attempt:
    at: int
    outcome: str

    @property
    def taken(self) -> bool:
        return self.outcome.startswith("2")


@dataclass
class Deliveries:
    """`secrets` sign: two of them while one is being replaced. `plan` is how new events travel."""

    server: Stripe
    send: Send
    secrets: Sequence[str]
    plan: str = "now"
    late_seconds: float = LATE_SECONDS
    subscribed: frozenset[str] = SUBSCRIBED
    waiting: list[Parcel] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._placed = 0
        self.server.store.heard = self._heard

    def _heard(self, event_id: str) -> None:
        if self.server.store.find("event", event_id)["type"] not in self.subscribed:
            return
        if self.plan == "held":
            with self._lock:
                self.held.append(event_id)
            return
        self.post(event_id, self.plan)

    def post(self, event_id: str, plan: str = "now", late: float | None = None) -> None:
        """One event on its way, for the first time or again."""
        later = (self.late_seconds if late is None else late) if plan == "late" else 0.0
        for _ in range(2 if plan == "twice" else 1):
            with self._lock:
                self._placed += 1
                place = -self._placed if plan == "reversed" else self._placed
                now = self.server.store.clock()
                self.waiting.append(Parcel(now + later, place, event_id, made=now, drops=int(plan == "dropped")))

    def release(self, reverse: bool = False) -> int:
        """Let those go that were held, in the order in which they happened or the other way round."""
        with self._lock:
            going, self.held = self.held, []
        for event_id in reversed(going) if reverse else going:
            self.post(event_id)
        return len(going)

    def again(self, event_ids: Iterable[str], order: str = "oldest", seed: int | None = None) -> None:
        """Deliver events once more: `oldest` first, `newest` first, or `shuffled`."""
        chosen = sorted(event_ids, key=list(self.server.store.things.get("event", {})).index)
        if order == "newest":
            chosen.reverse()
        elif order == "shuffled":
            random.Random(seed).shuffle(chosen)  # noqa: S311  # An order, not a secret.
        for event_id in chosen:
            self.post(event_id)

    def step(self) -> int:
        """Deliver what is due now; how many attempts that were."""
        return self._deliver(self._taken(lambda parcel: parcel.due <= self.server.store.clock()))

    def settle(self, rounds: int = 20) -> int:
        """Deliver everything, also what is late or waits to be tried again, without waiting; for so many tries."""
        return sum(self._deliver(self._taken(lambda _: True)) for _ in range(rounds))

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.step()
            stop.wait(POLL_SECONDS)

    def _taken(self, wanted: Callable[[Parcel], bool]) -> list[Parcel]:
        with self._lock:
            taken = sorted(parcel for parcel in self.waiting if wanted(parcel))
            self.waiting = [parcel for parcel in self.waiting if not wanted(parcel)] if taken else self.waiting
        return taken

    def _deliver(self, parcels: list[Parcel]) -> int:
        for parcel in parcels:
            self._attempt(parcel)
        return len(parcels)

    def _attempt(self, parcel: Parcel) -> None:
        outcome = DROPPED if parcel.drops >= parcel.attempt else self._sent(parcel.event_id)
        attempt = Attempt(self.server.store.now(), outcome)
        with self._lock:
            self.attempts.setdefault(parcel.event_id, []).append(attempt)
            if attempt.taken:
                self.server.store.find("event", parcel.event_id)["pending_webhooks"] = 0
            else:
                self._try_again(parcel)

    def _try_again(self, parcel: Parcel) -> None:
        now = self.server.store.clock()
        pause = min(FIRST_PAUSE * 4 ** (parcel.attempt - 1), LONGEST_PAUSE)
        if now + pause <= parcel.made + GIVE_UP_AFTER:
            again = Parcel(now + pause, parcel.place, parcel.event_id, parcel.attempt + 1, parcel.made, parcel.drops)
            self.waiting.append(again)

    def _sent(self, event_id: str) -> str:
        body, headers = self.signed(event_id)
        try:
            return str(self.send(body, headers))
        except (Exception, Killed) as error:  # noqa: BLE001  # Whatever the receiver does is its own; it is noted.
            return type(error).__name__

    def signed(self, event_id: str, at: int | None = None) -> tuple[bytes, dict[str, str]]:
        """An event as it travels: its bytes, and headers signed as of now or as of another second."""
        with self.server.store.lock:
            text = json.dumps(shown(self.server.store.find("event", event_id)), indent=2)
        return text.encode(), headers(text, self.secrets, self.server.store.now() if at is None else at)

    @property
    def moved(self) -> int:
        """How many parcels there have been."""
        return self._placed

    def kept(self) -> dict[str, Any]:
        with self._lock:
            attempts = {event_id: [asdict(each) for each in own] for event_id, own in self.attempts.items()}
            return {"waiting": [asdict(each) for each in self.waiting], "held": self.held, "attempts": attempts}

    def restore(self, kept: Mapping[str, Any]) -> None:
        with self._lock:
            self.waiting = [Parcel(**each) for each in kept["waiting"]]
            self.held = list(kept["held"])
            self.attempts = {id: [Attempt(**each) for each in own] for id, own in kept["attempts"].items()}
            self._placed = max((abs(each.place) for each in self.waiting), default=0)


def headers(text: str, secrets: Sequence[str], at: int) -> dict[str, str]:
    """What Stripe sends along; one signature by each secret."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://docs.stripe.com/webhooks)",
        "Stripe-Signature": signature(text, secrets, at),
    }


def signature(text: str, secrets: Sequence[str], at: int) -> str:
    from stripe import WebhookSignature

    each = [WebhookSignature.generate_signature_header(text, secret, at) for secret in secrets]
    return ",".join([each[0], *(own.partition(",")[2] for own in each[1:])])
