"""Idempotency keys as Stripe honours them: the first answer, whatever it was, stays the answer; for `server`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from infra.local.stripe.refusals import key_in_use, malformed, misused_key
from infra.local.stripe.store import Store

LONGEST = 255
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Kept:
    """The first answer to a key, and what it was the answer to."""

    path: str
    fingerprint: str
    status: int
    body: str
    request_id: str
    at: int


class Replays:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.answers: dict[str, Kept] = {}
        self.running: set[str] = set()

    @contextmanager
    def turn(self, key: str) -> Iterator[None]:
        """One request at a time has a key; a second one does not wait, it is refused."""
        if len(key) > LONGEST:
            raise malformed(f"Keys for idempotent requests may have {LONGEST} characters at most.")
        with self.store.lock:
            if key in self.running:
                raise key_in_use(key)
            self.running.add(key)
        try:
            yield
        finally:
            with self.store.lock:
                self.running.discard(key)

    def first(self, key: str, path: str, fingerprint: str) -> Kept | None:
        """What was answered before, for a day; other parameters with the same key are a mistake."""
        kept = self.answers.get(key)
        if kept is None or kept.at + KEPT_SECONDS <= self.store.now():
            return None
        otherwise = f"Try using a key other than '{key}' if you meant to execute a different request."
        if kept.path != path:
            raise misused_key(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{path}' vs '{kept.path}'). {otherwise}"
            )
        if kept.fingerprint != fingerprint:
            raise misused_key(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"{otherwise}"
            )
        return kept

    def keep(self, key: str, kept: Kept) -> None:
        self.answers[key] = kept

    def kept(self) -> dict[str, Any]:
        return {key: asdict(kept) for key, kept in self.answers.items()}

    def restore(self, answers: dict[str, Any]) -> None:
        self.answers = {key: Kept(**kept) for key, kept in answers.items()}
