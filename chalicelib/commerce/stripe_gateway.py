"""Stripe: the only module that imports its SDK, and only inside calls, because that takes a quarter of a second.

Whoever calls learns `News`, never an object of Stripe's. Money is asked for under keys that follow from the order or
the refund, so that asking again, from anywhere, does not move it again.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib import clock, logs
from chalicelib.commerce import stripe_events, stripe_http, stripe_reading
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, Refund
from chalicelib.commerce.stripe_events import Event, EventMalformed
from chalicelib.commerce.stripe_keys import PaymentKeys, forget, payment_keys
from chalicelib.errors import Conflict, Malformed, Unavailable
from chalicelib.settings import settings

#: The shape of objects and events that `stripe_reading` knows, whatever the account's own default is.
API_VERSION = "2026-10-28.endive"
RETRIES = 2
#: How long a call may take, tries and pauses included, where nobody says how much time there is.
PATIENCE_SECONDS = 20.0
RETRY_AFTER = 5
#: Signatures are good for so long, in both directions: clocks differ.
WINDOW_SECONDS = 300
#: Stripe repeats a failure of its own to whoever comes with the same key, so there is another key after it.
FRESH_KEYS = 3

log = logging.getLogger("app.payments")


class PaymentsUnavailable(Unavailable):
    """Stripe does not answer at the moment; nothing is lost, try again shortly."""


class PaymentUndecided(Conflict):
    """The bank has not decided about this payment yet; try again shortly."""


class SignatureInvalid(Malformed):
    """This was not signed by Stripe for us, or not just now."""


class StripeRefused(RuntimeError):
    """Stripe says that we asked for something that cannot be; a mistake of ours or of the account's set-up."""


class _Declined(Exception):
    """The bank says no."""


class _Replayed(Exception):
    """Stripe has failed, and will fail for this key until it forgets it."""


@dataclass(frozen=True, slots=True)
class Payable:
    """A payment that the buyer's browser may go on with. The secret is for the buyer and nobody else."""

    intent_id: str
    client_secret: str = field(repr=False)
    status: str


def create_intent(order: Order, *, deadline: float | None = None) -> Payable:
    """The payment of an order: the same one, however often it is asked for."""
    asked: dict[str, Any] = {
        "amount": int(order.total_minor),
        "currency": order.currency.lower(),
        "metadata": {"order_id": order.id, "user_id": order.user_id},
        "description": order.id,
        # Nothing that sends people elsewhere to pay: clients then need no page to come back to.
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }

    def make(key: str) -> Payable:
        return _payable(_asked(deadline, lambda v1: v1.payment_intents.create(asked, {"idempotency_key": key})))

    return _with_fresh_keys(f"order:{order.id}:pi", make, lambda: None)


def payable(intent_id: str, *, deadline: float | None = None) -> Payable:
    """A payment that was made before."""
    return _payable(_asked(deadline, lambda v1: v1.payment_intents.retrieve(intent_id)))


def intent(intent_id: str, *, deadline: float | None = None) -> News:
    expand = {"expand": ["latest_charge.balance_transaction"]}
    return stripe_reading.intent(_asked(deadline, lambda v1: v1.payment_intents.retrieve(intent_id, expand)))


def cancel_intent(intent_id: str, *, deadline: float | None = None) -> News:
    """After this it can never be paid any more, unless the news are that it is."""
    try:
        # Without a key of its own: cancelling twice does no more than once, and a refusal must not be repeated to us.
        seen = _asked(deadline, lambda v1: v1.payment_intents.cancel(intent_id), refusals=("payment_intent_unexpected_state",))
    except StripeRefused:
        seen = _asked(deadline, lambda v1: v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge.balance_transaction"]}))
    if seen["status"] not in ("canceled", "succeeded"):
        raise PaymentUndecided(retry_after=RETRY_AFTER)
    return stripe_reading.intent(seen)
