"""Stripe's stand-in as `make run` has it: behind the local gateway, in threads of its own, kept between runs."""

import os
import secrets
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from infra.local.environment import STRIPE_WEBHOOK_SECRET
from infra.local.gateway import Gateway
from infra.local.stripe.counter import Counter
from infra.local.stripe.deliveries import Deliveries, Send
from infra.local.stripe.keeping import keep, keep_keeping, restore
from infra.local.stripe.server import Stripe
from infra.local.wsgi import Seen

WEBHOOK = "/api/v1/payments/webhook"


def counter(send: Send) -> Counter:
    """A new one whose ids nobody has seen yet."""
    deliveries = Deliveries(Stripe(seed=secrets.token_hex(8)), send, [STRIPE_WEBHOOK_SECRET])
    return Counter(deliveries, in_use=not os.environ.get("STRIPE_API_KEY"))


def through(gateway: Gateway, seen: Seen) -> Send:
    """Webhooks arrive as any request does."""

    def send(body: bytes, headers: Mapping[str, str]) -> int:
        started = time.perf_counter()
        reply = gateway.answer("POST", WEBHOOK, headers, body)
        seen("POST", WEBHOOK, reply.status, time.perf_counter() - started)
        return reply.status

    return send


def start(gateway: Gateway, seen: Seen, file: Path, stop: threading.Event) -> tuple[Counter, list[threading.Thread]]:
    """The stand-in with all it knew before, delivering and keeping until `stop` is set."""
    made = counter(through(gateway, seen))
    restore(made.deliveries, file)
    made.keep = partial(keep, made.deliveries, file)
    threads = [
        threading.Thread(target=made.deliveries.run, args=(stop,), name="stripe webhooks", daemon=True),
        threading.Thread(target=keep_keeping, args=(made.deliveries, file, stop), name="stripe memory", daemon=True),
    ]
    for thread in threads:
        thread.start()
    return made, threads
