"""Stripe's keys, read from the parameter store when first needed and again every five minutes.

The parameter is JSON: {"api_key", "worker_key", "webhook_secrets": [newest first], "livemode"}. While a webhook secret
is rotated there are two of them, and either is believed.
"""

import json
import logging
import time
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.errors import Unavailable
from chalicelib.settings import settings

FRESH_SECONDS = 300

log = logging.getLogger("app.payments")


class PaymentKeysMalformed(RuntimeError):
    """The parameter is not what it must be; nothing can be paid and no event believed."""


class PaymentKeysUnavailable(Unavailable):
    """The parameter store does not answer; try again shortly."""


@dataclass(frozen=True, slots=True)
class PaymentKeys:
    """Nothing of it is ever shown: not in a representation, so not in a log either."""

    api_key: str = field(repr=False)
    worker_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    livemode: bool

    @property
    def own(self) -> str:
        """The key of this process: workers have one that may do more."""
        return self.worker_key if settings.stripe_role == "worker" else self.api_key


class _Held:
    keys: PaymentKeys | None = None
    since: float = 0.0


def payment_keys() -> PaymentKeys:
    """Stale ones serve on while the store is out of reach."""
    if _Held.keys is not None and time.monotonic() - _Held.since < FRESH_SECONDS:
        return _Held.keys
    try:
        text = _fetch()
    except (BotoCoreError, ClientError) as cause:
        if _Held.keys is None:
            raise PaymentKeysUnavailable(retry_after=2) from cause
        log.warning("payment keys could not be refreshed")
    else:
        _Held.keys = parse(text)
    _Held.since = time.monotonic()
    return _Held.keys


def forget() -> None:
    """Read the parameter again at the next use (Stripe has refused a key, a test)."""
    _Held.keys = None


def parse(text: str) -> PaymentKeys:
    try:
        document = json.loads(text)
        api_key, worker_key = document["api_key"], document["worker_key"]
        secrets, livemode = document["webhook_secrets"], document["livemode"]
    except (ValueError, KeyError, TypeError):
        # Without its cause: that would quote the text.
        raise PaymentKeysMalformed("expected {api_key, worker_key, webhook_secrets, livemode}") from None
    words = [api_key, worker_key, *(secrets if isinstance(secrets, list) else [None])]
    if not secrets or not all(isinstance(word, str) and word.strip() for word in words):
        raise PaymentKeysMalformed("keys and secrets are texts, and there is at least one of each")
    if not isinstance(livemode, bool):
        raise PaymentKeysMalformed("livemode is true or false")
    return PaymentKeys(api_key, worker_key, tuple(secrets), livemode)


def _fetch() -> str:
    answer = aws.client("ssm").get_parameter(Name=settings.payments_parameter, WithDecryption=True)
    value: str = answer["Parameter"]["Value"]
    return value
