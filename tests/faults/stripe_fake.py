"""Stripe's stand-in as a round of faults has it: each call to it is a trip that may meet a fault like any call to AWS,
and its events travel to our door whenever the lab lets things move.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from stripe import HTTPClient

from chalicelib import clock
from chalicelib.commerce import stripe_gateway
from infra.local.environment import STRIPE_WEBHOOK_SECRET
from infra.local.stripe.deliveries import Deliveries
from infra.local.stripe.line import Headers, Line, no_answer
from infra.local.stripe.server import Stripe
from infra.local.stripe.troubles import Lost
from tests.faults.injector import Injector, Trip
from tests.http.api import Api

WEBHOOK = "/api/v1/payments/webhook"
SERVICE = "stripe"
Thing = dict[str, Any]


class Till:
    """`stripe` is the stand-in of this world, `deliveries` are its events on their way."""

    def __init__(self, send: Callable[[bytes, Mapping[str, str]], int]) -> None:
        self.stripe = Stripe(clock=lambda: clock.now().timestamp())
        self.deliveries = Deliveries(self.stripe, send, [STRIPE_WEBHOOK_SECRET])

    def move(self) -> bool:
        """Send every event that is on its way, also one that waits to be tried again."""
        return self.deliveries.settle(1) > 0

    def pay(self, intent: str, card: str = "pm_card_visa") -> Thing:
        return dict(self.stripe.pay(intent, card))

    def charges(self, order: str = "") -> list[Thing]:
        """What really took money, the oldest first."""
        return self.stripe.captured(**({"order_id": order} if order else {}))

    def refunds(self, intent: str = "") -> list[Thing]:
        """The oldest first."""
        with self.stripe.store.lock:
            found = list(self.stripe.store.all("refund", **({"payment_intent": intent} if intent else {})))
        return [dict(each) for each in reversed(found)]

    def events(self, order: str, *types: str) -> list[Thing]:
        """What Stripe has to tell of an order, as it happened."""
        with self.stripe.store.lock:
            found = [dict(each) for each in reversed(list(self.stripe.store.all("event")))]
            intents = {each["id"] for each in self.stripe.store.all("payment_intent") if _is_of(each, order)}
        wanted = [each for each in found if not types or each["type"] in types]
        return [each for each in wanted if _named(each["data"]["object"]) & intents]


def _is_of(intent: Mapping[str, Any], order: str) -> bool:
    return bool(intent["metadata"].get("order_id") == order)


def _named(thing: Mapping[str, Any]) -> set[Any]:
    return {thing.get("id"), thing.get("payment_intent")}


def opened_door(api: Api) -> Callable[[bytes, Mapping[str, str]], int]:
    def send(body: bytes, headers: Mapping[str, str]) -> int:
        return int(api.post(WEBHOOK, body, stripe_signature=headers["Stripe-Signature"]).status)

    return send


class Watched(Line):
    """A line whose calls an injector counts and breaks."""

    def __init__(self, server: Stripe, injector: Injector) -> None:
        super().__init__(server)
        self._injector = injector
        self._session = SimpleNamespace(send=self._sent)
        self.client = SimpleNamespace(
            _endpoint=SimpleNamespace(http_session=self._session),
            meta=SimpleNamespace(service_model=SimpleNamespace(service_name=SERVICE)),
        )

    def request(self, method: str, url: str, *rest: Any, **more: Any) -> tuple[str, int, Mapping[str, str]]:
        asked = SimpleNamespace(url=urlsplit(url).path, headers={}, call=(method, url, *rest), body=b"")
        trip = Trip(f"Stripe{method.upper()}", of_limiter=False, request=asked, service=SERVICE)
        try:
            met = self._injector.meet(self.client, trip)
        except BotoCoreError as unanswered:
            raise no_answer(Lost(in_time=False)) from unanswered
        if met is None:
            return self._sent(asked)
        if isinstance(met, tuple):
            return met
        return '{"error": {"message": "Not now.", "type": "api_error"}}', int(met.status_code), Headers([])

    def _sent(self, asked: Any) -> tuple[str, int, Mapping[str, str]]:
        return super().request(*asked.call)


@contextmanager
def connected(till: Callable[[], Till], injector: Callable[[], Injector]) -> Iterator[None]:
    """The product talks to this stand-in meanwhile; the SDK does not pause between its tries."""
    with (
        patch.object(stripe_gateway, "transport", lambda: lambda _: Watched(till().stripe, injector())),
        patch.object(HTTPClient, "INITIAL_DELAY", 0.0),
        patch.object(HTTPClient, "MAX_DELAY", 0.0),
    ):
        yield
