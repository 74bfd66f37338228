"""Stripe where paying is measured: in this process, right behind the sending, so that our own transport is measured.

`scene` lets a payment succeed here, tests of budgets and `record` keep it open while they ask.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import urllib3

from chalicelib import clock
from infra.local.gateway import Reply
from infra.local.stripe.server import Stripe

STRIPE = Stripe(clock=lambda: clock.now().timestamp())


@contextmanager
def opened(hear: Callable[[Reply], object] = lambda reply: None) -> Iterator[None]:
    """While the block lasts, nothing is sent to Stripe; `hear` is told each answer."""

    def request(_: urllib3.PoolManager, method: str, url: str, *, headers: Any, body: Any = None, **__: Any) -> Any:
        address = urlsplit(url)
        sent = body.encode() if isinstance(body, str) else body or b""
        reply = STRIPE.answer(method, f"{address.path}?{address.query}", headers, sent)
        hear(reply)
        return SimpleNamespace(
            status=reply.status, data=reply.body, headers=urllib3.HTTPHeaderDict(dict(reply.headers))
        )

    with mock.patch.object(urllib3.PoolManager, "request", request):
        yield


def intent_of(order_id: str) -> str:
    """What the browser of somebody who has paid knows."""
    begun = STRIPE.store.all("payment_intent")
    return str(next(each["id"] for each in begun if each["metadata"]["order_id"] == order_id))


def told(order_id: str) -> str:
    """The event of that payment, as Stripe sends it."""
    intent = intent_of(order_id)
    succeeded = STRIPE.store.all("event", type="payment_intent.succeeded")
    return json.dumps(next(each for each in succeeded if each["data"]["object"]["id"] == intent))
