"""Stripe's stand-in on a port of its own: the deployed functions and a buyer ask it, it tells the deployed gateway."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import stripe
from stripe import StripeClient

from infra.local.environment import STRIPE_KEY, STRIPE_WEBHOOK_SECRET, STRIPE_WORKER_KEY
from infra.local.gateway import Gateway
from infra.local.pages import STRIPE, Pages
from infra.local.stripe.counter import Counter
from infra.local.stripe.deliveries import Deliveries, Send
from infra.local.stripe.server import Stripe
from infra.local.wsgi import wsgi
from tests.e2e.stage import Stage
from tests.local.serving import serving

WEBHOOK = "/api/v1/payments/webhook"
NOT_NEEDED: Any = None
#: What docs/runbooks/webhooks.md has operators put into the parameter store.
KEYS = {
    "api_key": STRIPE_KEY,
    "worker_key": STRIPE_WORKER_KEY,
    "webhook_secrets": [STRIPE_WEBHOOK_SECRET],
    "livemode": False,
}


@dataclass(frozen=True)
class Bank:
    """`address` is where the SDK of either side finds it."""

    deliveries: Deliveries
    address: str

    @property
    def server(self) -> Stripe:
        return self.deliveries.server

    def settings(self) -> dict[str, str]:
        """What a stage is built with that asks here instead of Stripe."""
        return {"STRIPE_API_BASE": self.address}

    def buyer(self, publishable_key: str) -> StripeClient:
        """The official SDK in the hands of a buyer, who has no secret of ours."""
        http = stripe.RequestsClient(timeout=(2, 8))
        return StripeClient(publishable_key, base_addresses={"api": self.address}, http_client=http)

    def refusals(self) -> list[str]:
        """How deliveries ended that the API did not take."""
        tries = [each for own in self.deliveries.attempts.values() for each in own]
        return [each.outcome for each in tries if not each.taken]

    def be_silent(self) -> None:
        """What happens from now on is told later."""
        self.deliveries.plan = "held"

    def tell_all_again(self) -> None:
        """What was held, newest first, and then everything once more in any order."""
        self.deliveries.release(reverse=True)
        known = [event["id"] for event in self.server.store.all("event")]
        self.deliveries.again([each for each in known if each in self.deliveries.attempts], "shuffled", seed=7)

    @contextmanager
    def telling(self, stage: Stage, plan: str) -> Iterator[None]:
        """Webhooks arrive at this stage meanwhile, and travel by this plan."""
        stop = threading.Event()
        self.deliveries.send, self.deliveries.plan = to(stage), plan
        posting = threading.Thread(target=self.deliveries.run, args=(stop,), daemon=True)
        posting.start()
        try:
            yield
        finally:
            self.be_silent()
            stop.set()
            posting.join()


@contextmanager
def opened() -> Iterator[Bank]:
    """A bank that tells nobody anything yet, and knows no keys but ours."""
    server = Stripe(seed="e2e", api_keys=frozenset({STRIPE_KEY, STRIPE_WORKER_KEY}))
    deliveries = Deliveries(server, lambda *_: 404, [STRIPE_WEBHOOK_SECRET], plan="held")
    gateway: Gateway = NOT_NEEDED
    pages = Pages(NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, payments=Counter(deliveries))
    with serving(wsgi(gateway, pages)) as place:
        yield Bank(deliveries, f"{place}{STRIPE}")


def to(stage: Stage) -> Send:
    def send(body: bytes, headers: Mapping[str, str]) -> int:
        return stage.call("POST", WEBHOOK, body, Stripe_Signature=headers["Stripe-Signature"]).status

    return send


def give_keys(stage_name: str, client: Any) -> None:
    """Put Stripe's keys of a stage into the parameter store, as operators do."""
    client.put_parameter(Name=f"/learnflow/{stage_name}/payments", Value=json.dumps(KEYS), Type="SecureString")
