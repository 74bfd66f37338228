"""Stripe in memory: takes a request as it stands on the wire and answers as Stripe would.

`make run` puts it behind HTTP, tests behind the SDK (`line`); in both `deliveries` sends its events.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.gateway import Reply
from infra.local.stripe import intents, refunds, showing, troubles
from infra.local.stripe.charges import book
from infra.local.stripe.forms import fingerprint, parsed
from infra.local.stripe.refusals import Refusal, missing, unauthorized
from infra.local.stripe.replays import Kept, Replays
from infra.local.stripe.routes import Route, found
from infra.local.stripe.store import API_VERSION, Cause, Store, Thing
from infra.local.stripe.troubles import Troubles

SECRET_KEYS, PUBLIC_KEYS = ("sk_test_", "rk_test_"), ("pk_test_",)
HERE = "/v1/"
REQUEST_ID_LETTERS = 14


@dataclass(frozen=True)
class Request:
    """One request, read: `key` is its idempotency key, where it has one and where that means something."""

    id: str
    method: str
    path: str
    given: Mapping[str, Any]
    caller: str
    key: str | None = None
    trouble: str | None = None


@dataclass
class Answer:
    status: int
    body: str
    headers: list[tuple[str, str]] = field(default_factory=list)


class Stripe:
    """`api_keys` are the secret keys it takes; without them, every test key."""

    def __init__(
        self, seed: str = "1", clock: Callable[[], float] = time.time, api_keys: frozenset[str] | None = None
    ) -> None:
        self.store = Store(seed, clock)
        self.replays = Replays(self.store)
        self.troubles = Troubles()
        self.api_keys = api_keys

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Raises `troubles.Lost` where no answer comes."""
        sent = {name.lower(): value for name, value in headers.items()}
        request_id = self.store.new_id("req", REQUEST_ID_LETTERS)
        answer = self._answered(request_id, method, target, sent, body)
        own = [("Content-Type", "application/json"), ("Request-Id", request_id), ("Stripe-Version", API_VERSION)]
        if method == "POST" and "idempotency-key" in sent:
            own.append(("Idempotency-Key", sent["idempotency-key"]))
        return Reply(answer.status, [*own, ("Cache-Control", "no-store"), *answer.headers], answer.body.encode())

    def _answered(self, id: str, method: str, target: str, sent: Mapping[str, str], body: bytes) -> Answer:
        path, _, query = target[max(target.find(HERE), 0) :].partition("?")
        try:
            caller = self._caller(sent)
            route, place = found(method, path)
            given = parsed(query) | parsed(body.decode("utf-8", errors="replace"))
            key = sent.get("idempotency-key") if method == "POST" else None
            request = Request(id, method, path, given, caller, key or None, self.troubles.of(method, path))
            troubles.before(request.trouble)
            answer = self._once(request, route, place)
            troubles.after(request.trouble)
        except Refusal as refusal:
            return as_answer(refusal)
        return answer

    def _caller(self, sent: Mapping[str, str]) -> str:
        """The API key: a bearer token, or the user of basic authentication."""
        scheme, _, value = sent.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            value = base64.b64decode(value + "==", validate=False).decode("latin-1").partition(":")[0]
        if not value:
            raise unauthorized("You did not provide an API key. You need to provide it in the Authorization header.")
        known = value in self.api_keys if self.api_keys else value.startswith(SECRET_KEYS)
        if not known and not value.startswith(PUBLIC_KEYS):
            raise unauthorized(f"Invalid API Key provided: {value[:8]}****{value[-4:] if len(value) > 16 else ''}")
        return value

    def _once(self, request: Request, route: Route, place: str) -> Answer:
        if request.key is None:
            return self._done(request, route, place)
        with self.replays.turn(request.key):
            with self.store.lock:
                kept = self.replays.first(request.key, request.path, fingerprint(request.given))
            return replayed(kept) if kept else self._done(request, route, place)

    def _done(self, request: Request, route: Route, place: str) -> Answer:
        given = route.form.read(request.given)
        self.troubles.during(request.method, request.path)
        with self.store.lock:
            answer = self._executed(request, route, place, given)
            if request.key:
                kept = Kept(
                    request.path, fingerprint(request.given), answer.status, answer.body, request.id, self.store.now()
                )
                self.replays.keep(request.key, kept)
        return answer

    def _executed(self, request: Request, route: Route, place: str, given: Thing) -> Answer:
        """From here on the endpoint has begun: whatever it answers is the answer of this key."""
        self.store.cause = Cause(request.id, request.key)
        try:
            if request.trouble == "error":
                raise troubles.server_error()
            self._allow(request, route, place, given)
            answer = showing.expanded(self.store, route.does(self.store, place, given), given.get("expand", []))
            if request.trouble == "error_after":
                raise troubles.server_error()
        except Refusal as refusal:
            if not refusal.kept:
                raise
            return as_answer(refusal)
        finally:
            self.store.cause = Cause()
        return Answer(200, json.dumps(answer))

    def _allow(self, request: Request, route: Route, place: str, given: Mapping[str, Any]) -> None:
        if not request.caller.startswith(PUBLIC_KEYS):
            return
        if not route.public:
            message = "This API call cannot be made with a publishable API key. Please use a secret API key."
            raise Refusal(403, "invalid_request_error", message, "secret_key_required", kept=False)
        if self.store.find("payment_intent", place, "intent")["client_secret"] != given.get("client_secret"):
            raise missing("payment_intent", place, "intent")

    # What happens outside the API: in a browser, at a bank, at Stripe itself.

    def pay(self, intent: str, card: str = "pm_card_visa") -> Thing:
        """The buyer's browser confirms with a card; raises `Refusal` where the card is declined."""
        with self.store.lock:
            given = {"payment_method": card, "return_url": "http://localhost/"}
            return dict(intents.confirm(self.store, intent, given))

    def authenticate(self, intent: str, passes: bool = True) -> Thing:
        with self.store.lock:
            return dict(intents.authenticate(self.store, intent, passes))

    def settle_refund(self, refund: str, status: str) -> Thing:
        """The bank has carried a refund out (`succeeded`), or sends it back (`failed`)."""
        with self.store.lock:
            return dict(refunds.settle(self.store, refund, status))

    def book_fees(self) -> None:
        """What `books_at_once` put off."""
        with self.store.lock:
            for charge in reversed(list(self.store.all("charge"))):
                book(self.store, charge)

    def captured(self, **metadata: str) -> list[Thing]:
        """The ledger that a test believes: charges that took money, oldest first, of intents with this metadata."""
        with self.store.lock:
            paid = [each for each in self.store.all("charge") if each["paid"]]
            return [each for each in reversed(paid) if metadata.items() <= each["metadata"].items()]

    def kept(self) -> Thing:
        with self.store.lock:
            return {"store": self.store.kept(), "replays": self.replays.kept()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        with self.store.lock:
            self.store.restore(kept["store"])
            self.replays.restore(kept["replays"])


def replayed(kept: Kept) -> Answer:
    again = [("Stripe-Should-Retry", "false")] if kept.status >= 500 else []
    headers = [("Idempotent-Replayed", "true"), ("Original-Request", kept.request_id), *again]
    return Answer(kept.status, kept.body, headers)


def as_answer(refusal: Refusal) -> Answer:
    return Answer(refusal.status, json.dumps(refusal.body()), list(refusal.headers))
