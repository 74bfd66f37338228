"""Everything the stand-in knows: objects by id, and the events that tell of them. Whoever writes holds its lock."""

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.stripe.refusals import missing

#: What events say their shape is of; the version of the SDK that we use.
API_VERSION = "2026-10-28.endive"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ID_LETTERS = 24

Thing = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """The request that changed something; events carry it."""

    request_id: str | None = None
    key: str | None = None


class Store:
    """`seed` decides every id; `clock` says the second; `heard` is told the id of each new event."""

    def __init__(self, seed: str = "1", clock: Callable[[], float] = time.time) -> None:
        self.seed = seed
        self.clock = clock
        self.lock = threading.RLock()
        self.things: dict[str, dict[str, Thing]] = {}
        self.counts: Counter[str] = Counter()
        self.cause = Cause()
        self.heard: Callable[[str], None] = lambda _: None
        #: Whether the fee of a charge is known at once; Stripe needs some seconds for it.
        self.books_at_once = True

    def now(self) -> int:
        return int(self.clock())

    def new_id(self, prefix: str, length: int = ID_LETTERS) -> str:
        with self.lock:
            self.counts[prefix] += 1
            digest = hashlib.sha256(f"{self.seed}/{prefix}/{self.counts[prefix]}".encode()).digest()
        return f"{prefix}_{''.join(LETTERS[byte % len(LETTERS)] for byte in digest[:length])}"

    def add(self, kind: str, prefix: str, **attributes: Any) -> Thing:
        thing = {"id": self.new_id(prefix), "object": kind, "created": self.now(), "livemode": False, **attributes}
        self.things.setdefault(kind, {})[thing["id"]] = thing
        return thing

    def find(self, kind: str, id: str, param: str = "id") -> Thing:
        found = self.things.get(kind, {}).get(id)
        if found is None:
            raise missing(kind, id, param)
        return found

    def known(self, id: str) -> Thing | None:
        """A thing of any kind."""
        return next((things[id] for things in self.things.values() if id in things), None)

    def all(self, kind: str, **where: Any) -> Iterator[Thing]:
        """Things of a kind, newest first."""
        for thing in reversed(self.things.get(kind, {}).values()):
            if all(thing.get(name) == value for name, value in where.items()):
                yield thing

    def tell(self, type_: str, thing: Thing, before: Mapping[str, Any] | None = None) -> str:
        """One more event, with the thing as it is now."""
        data: Thing = {"object": snapshot(thing)}
        if before:
            data["previous_attributes"] = dict(before)
        cause = {"id": self.cause.request_id, "idempotency_key": self.cause.key}
        event = self.add(
            "event", "evt", api_version=API_VERSION, data=data, pending_webhooks=1, request=cause, type=type_
        )
        self.heard(event["id"])
        return str(event["id"])

    def kept(self) -> Thing:
        with self.lock:
            return {"seed": self.seed, "counts": dict(self.counts), "things": self.things}

    def restore(self, kept: Mapping[str, Any]) -> None:
        with self.lock:
            self.seed, self.counts, self.things = kept["seed"], Counter(kept["counts"]), kept["things"]


def shown(thing: Mapping[str, Any]) -> Thing:
    """What the outside sees: without what only the stand-in knows."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def snapshot(thing: Mapping[str, Any]) -> Thing:
    """A copy of this moment."""
    copy: Thing = json.loads(json.dumps(shown(thing)))
    return copy
