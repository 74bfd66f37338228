"""Stripe's stand-in at the other end of the product's own SDK, in this process; tests talk to both sides."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from stripe import HTTPClient

from chalicelib import clock
from chalicelib.commerce import stripe_gateway, stripe_keys
from infra.local.environment import STRIPE_WEBHOOK_SECRET
from infra.local.stripe.deliveries import Deliveries, Send, signature
from infra.local.stripe.line import Line
from infra.local.stripe.server import Stripe
from tests.http.api import Api

WEBHOOK = "/api/v1/payments/webhook"


class Bank:
    """`stripe` is the stand-in; `asked` counts what the product has asked of it."""

    def __init__(self, send: Send) -> None:
        self.stripe = Stripe(clock=lambda: clock.now().timestamp())
        self.deliveries = Deliveries(self.stripe, send, [STRIPE_WEBHOOK_SECRET], plan="held")
        self.asked: list[str] = []

    def transport(self) -> Any:
        bank = self

        class Counted(Line):
            def request(self, method: str, url: str, *rest: Any, **more: Any) -> Any:
                bank.asked.append(f"{method.upper()} {url.partition('/v1')[2].partition('?')[0]}")
                return super().request(method, url, *rest, **more)

        return lambda deadline: Counted(bank.stripe)

    def events(self, *types: str) -> list[Any]:
        """As they happened."""
        found = [dict(each) for each in self.stripe.store.all("event")]
        return [each for each in reversed(found) if not types or each["type"] in types]


def opened(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    """The product talks to this bank for the time of a test, without pauses between its tries."""
    bank = Bank(lambda body, headers: send(api, body, headers["Stripe-Signature"]).status)
    monkeypatch.setattr(stripe_gateway, "transport", bank.transport)
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.0)
    stripe_keys.payment_keys()
    return bank


def send(api: Api, body: bytes, header: str | None) -> Any:
    return api.post(WEBHOOK, body, **({} if header is None else {"stripe_signature": header}))


def signed(text: str, *secrets: str, at: float | None = None) -> str:
    return signature(text, secrets or [STRIPE_WEBHOOK_SECRET], int(time.time() if at is None else at))


def an_event(kind: str = "payment_intent.succeeded", thing: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """An event as Stripe writes it."""
    whole = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": dict(thing or {"id": "pi_1", "object": "payment_intent", "metadata": {}})},
    }
    return json.dumps(whole | changes)


def keys(secrets: Sequence[str] = (STRIPE_WEBHOOK_SECRET,), **changes: Any) -> str:
    """The payments parameter."""
    plain = {"api_key": "sk_test_a", "worker_key": "rk_test_b", "webhook_secrets": list(secrets), "livemode": False}
    return json.dumps(plain | changes)
