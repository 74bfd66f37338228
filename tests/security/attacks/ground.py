"""Where attacks happen: the product behind its gateway on an engine that can be wiped, with room for many requests."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from unittest import mock

from chalicelib import clock
from infra.local.gateway import Gateway
from infra.local.stripe.line import Line
from infra.local.stripe.server import Stripe
from tests.security.client import Api

if TYPE_CHECKING:
    from tests.conftest import House

#: Scopes of which the subject is the attack itself, never the number of requests.
ROOM = 100_000_000
#: The one that the product asks wherever attacks happen.
STRIPE = Stripe(clock=lambda: clock.now().timestamp())


class Ground:
    """`api` sends requests; `clear` makes the table, the queues and the memory of this process empty.

    All chance comes from `seed`, so that the same number tries the same things again.
    """

    def __init__(self, house: "House", seed: int = 1) -> None:
        from app import app

        self.house = house
        self.seed = seed
        self.gateway = Gateway(app)
        self.api = Api(self.gateway)

    def chance(self, of: str) -> random.Random:
        return random.Random(f"{self.seed} {of}")

    def clear(self) -> None:
        from chalicelib.catalog.index import holding
        from chalicelib.web import limits

        self.house.wipe()
        limits.forget()
        holding.forget()
        self.api = Api(self.gateway)


@contextmanager
def room() -> Iterator[None]:
    """Quotas that no attack reaches, a Stripe in this process, and one hash for equal passwords: each new one costs
    25 ms and proves nothing.
    """
    from chalicelib.accounts import passwords
    from chalicelib.settings import Quota, settings

    plenty = {scope: Quota(ROOM, 3600) for scope in settings.quotas}
    hashed: Callable[[str], str] = cache(passwords.hashed)
    with (
        mock.patch.dict(settings.quotas, plenty),
        mock.patch.object(passwords, "hashed", hashed),
        banking(STRIPE),
    ):
        yield


@contextmanager
def banking(server: Stripe) -> Iterator[None]:
    """The product talks to this Stripe, and asks it nothing twice."""
    from chalicelib.commerce import stripe_gateway

    line = mock.patch.object(stripe_gateway, "transport", return_value=lambda _: Line(server))
    with line, mock.patch.object(stripe_gateway, "RETRIES", 0):
        yield
