"""The SDK's HTTP client with the stand-in at its other end, without a network; for tests in one process."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from infra.local.stripe.server import Stripe
from infra.local.stripe.troubles import Lost


class Headers(dict[str, str]):
    """Header names in any case, as the SDK expects them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__((name.lower(), value) for name, value in pairs)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Line(stripe.HTTPClient):
    name = "line"

    def __init__(self, server: Stripe) -> None:
        super().__init__()
        self.server = server

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        address = urlsplit(url)
        target = f"{address.path}?{address.query}" if address.query else address.path
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            reply = self.server.answer(method.upper(), target, headers or {}, body)
        except Lost as lost:
            raise no_answer(lost) from lost
        return reply.body.decode(), reply.status, Headers(reply.headers)

    def close(self) -> None:
        """There is nothing to close."""


def no_answer(lost: Lost) -> stripe.APIConnectionError:
    make: Any = stripe.APIConnectionError  # Its making has no types.
    error: stripe.APIConnectionError = make(f"Unexpected error communicating with Stripe ({lost}).", should_retry=True)
    return error


def client(server: Stripe, api_key: str = "sk_test_local", retries: int = 0) -> stripe.StripeClient:
    """The official SDK over this line."""
    return stripe.StripeClient(api_key, http_client=Line(server), max_network_retries=retries)
