"""What every attack needs: the product behind its gateway, generous quotas, and hashes that are computed once."""

import os
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from infra.local.gateway import Gateway
from tests.http.conftest import _cheap_hash
from tests.security.client import Api

if TYPE_CHECKING:
    from tests.conftest import House

__all__ = ["_cheap_hash"]

#: `FUZZ=full make test` tries this many times as much.
FACTOR = 20 if os.environ.get("FUZZ") == "full" else 1

settings.register_profile(
    "attacks",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def api(clean: "House") -> Api:
    from app import app

    return Api(Gateway(app))


@pytest.fixture(autouse=True)
def _room_for_attacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attacks are many; what limits do is tested where the limit is the subject."""
    from chalicelib.settings import Quota
    from chalicelib.settings import settings as product

    for scope in (
        "anonymous",
        "user",
        "mailed_token",
        "register",
        "login_address",
        "password_check",
        "tier_free",
        "coupon",
        "checkout",
    ):
        monkeypatch.setitem(product.quotas, scope, Quota(1_000_000, 3600))


@pytest.fixture(autouse=True)
def _stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stand-in, in this process."""
    from chalicelib.commerce import stripe_gateway
    from infra.local.stripe.line import Line
    from infra.local.stripe.server import Stripe

    server = Stripe()
    monkeypatch.setattr(stripe_gateway, "transport", lambda: lambda deadline: Line(server))


@pytest.fixture(autouse=True)
def _one_hash_per_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each new hash costs 25 ms; here only their number would matter, and nobody reads them."""
    from chalicelib.accounts import passwords

    monkeypatch.setattr(passwords, "hashed", cache(passwords.hashed))
