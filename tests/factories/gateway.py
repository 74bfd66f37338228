"""Stripe in memory behind the product's own gateway, and orders that are really paid there."""

from typing import Any

import pytest

from chalicelib import clock
from chalicelib.commerce import payments, stripe_gateway, stripe_keys
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order
from infra.local.stripe.line import Line
from infra.local.stripe.server import Stripe
from tests.factories.commerce import a_pending_order, order_now
from tests.factories.courses import act


def connected(monkeypatch: pytest.MonkeyPatch) -> Stripe:
    """A Stripe of this test's own; the SDK does not wait between its tries."""
    server = Stripe(clock=lambda: clock.now().timestamp())
    monkeypatch.setattr(stripe_gateway, "transport", lambda: lambda _: Line(server))
    monkeypatch.setattr(stripe_gateway, "RETRIES", 0)
    stripe_keys.forget()
    return server


def begun(user_id: str, *lines: str, **more: Any) -> Order:
    """An order whose payment was begun; nobody has paid yet."""
    return pay_begun(a_pending_order(user_id, *lines, **more))


def pay_begun(order: Order) -> Order:
    payable = stripe_gateway.create_intent(order)
    return payments.apply(act(), order.id, News(intent_id=payable.intent_id))


def charged(server: Stripe, order: Order, card: str = "pm_card_visa") -> None:
    """The buyer has paid at Stripe; nobody has told us."""
    server.pay(str(order.intent_id), card)


def bought(server: Stripe, user_id: str, *lines: str, card: str = "pm_card_visa", **more: Any) -> Order:
    """An order that is paid, and known to be."""
    order = begun(user_id, *lines, **more)
    charged(server, order, card)
    payments.apply(act(), order.id, stripe_gateway.intent(str(order.intent_id)))
    return order_now(order.id)


def given_back(server: Stripe, order: Order) -> list[dict[str, Any]]:
    """What Stripe has really given back of an order, oldest first."""
    with server.store.lock:
        found = list(server.store.all("refund", payment_intent=order.intent_id))
    return [dict(each) for each in reversed(found)]
