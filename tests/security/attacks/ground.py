"""Where attacks happen: the product behind its gateway on an engine that can be wiped, with room for many requests."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from unittest import mock

from infra.local.gateway import Gateway
from tests.security.client import Api

if TYPE_CHECKING:
    from tests.conftest import House

#: Scopes of which the subject is the attack itself, never the number of requests.
ROOM = 100_000_000


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
    """Quotas that no attack reaches, and one hash for equal passwords: each new one costs 25 ms and proves nothing."""
    from chalicelib.accounts import passwords
    from chalicelib.settings import Quota, settings

    plenty = {scope: Quota(ROOM, 3600) for scope in settings.quotas}
    hashed: Callable[[str], str] = cache(passwords.hashed)
    with mock.patch.dict(settings.quotas, plenty), mock.patch.object(passwords, "hashed", hashed):
        yield
