"""Stripe's stand-in while the demo is made: in this process, without a network, in the time of whoever acts.

What it would tell stays untold, because the demo asks it at once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from unittest.mock import patch

from chalicelib.commerce import stripe_gateway
from infra.local.stripe.line import Line
from infra.local.stripe.server import Stripe

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


@contextmanager
def at_work(bank: Stripe) -> Iterator[None]:
    """The product talks to this one."""

    def transport() -> Any:
        return lambda _: Line(bank)

    told = patch.object(bank.store, "heard", lambda _: None)
    with patch.object(stripe_gateway, "transport", transport), patch.object(bank.store, "clock", _now), told:
        yield


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What happens there now has happened then."""
    before = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(before)


def _now() -> float:
    moment = _moment.get()
    return time.time() if moment is None else moment.timestamp()
