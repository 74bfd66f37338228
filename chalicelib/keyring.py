"""The secret keys, read from the parameter store when first needed and again every five minutes.

One master key per key id; each purpose (access tokens, refresh tokens, mailed tokens, cursors, ...) signs with a key
of its own derived from it, so that a token made for one purpose is noise to every other.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib import aws
from chalicelib.errors import Unavailable
from chalicelib.settings import settings

FRESH_SECONDS = 300
MINIMUM_BYTES = 32
#: The purpose whose keys outlive their masters: a certificate is looked at years after it was signed.
LASTING = "certificate"

log = logging.getLogger("app.keys")


class KeysMalformed(RuntimeError):
    """The keys parameter is not what it must be; nothing can be signed or believed."""


class KeysUnavailable(Unavailable):
    """The parameter store does not answer; try again shortly."""


@dataclass(frozen=True)
class Keyring:
    current: str
    masters: Mapping[str, bytes]
    #: What is left of a dropped key: the one key derived from it that proves documents made to last for years.
    lasting: Mapping[str, bytes] = field(default_factory=dict)

    def key(self, kid: str, purpose: str) -> bytes | None:
        master = self.masters.get(kid)
        if master is None:
            return self.lasting.get(kid) if purpose == LASTING else None
        return _derived(master, purpose)

    def own_key(self, purpose: str) -> bytes:
        """The key that new signatures are made with."""
        return _derived(self.masters[self.current], purpose)

    def signed(self, purpose: str, message: str) -> str:
        return _signature(self.own_key(purpose), message)

    def signed_with(self, kid: str, purpose: str, message: str) -> str | None:
        """What the key of this id signs; None where we have no such key."""
        key = self.key(kid, purpose)
        return None if key is None else _signature(key, message)

    def proves(self, purpose: str, message: str, signature: str) -> bool:
        """Whether any key we hold made this signature."""
        return any(
            hmac.compare_digest(_signature(_derived(master, purpose), message), signature)
            for master in self.masters.values()
        )


@lru_cache(maxsize=64)
def _derived(master: bytes, purpose: str) -> bytes:
    return hmac.new(master, b"learnflow/" + purpose.encode(), hashlib.sha256).digest()


def _signature(key: bytes, message: str) -> str:
    digest = hmac.new(key, message.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parse(text: str) -> Keyring:
    try:
        document = json.loads(text)
        masters = _decoded(document["keys"])
        lasting = _decoded(document.get("lasting", {}))
        current = document["current"]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as cause:
        raise KeysMalformed("expected {current, keys: {kid: base64}}") from cause
    if current not in masters:
        raise KeysMalformed(f"current key is not among the keys: {current}")
    short = [kid for kid, key in (*masters.items(), *lasting.items()) if len(key) < MINIMUM_BYTES]
    if short:
        raise KeysMalformed(f"shorter than {MINIMUM_BYTES} bytes: {', '.join(short)}")
    return Keyring(current, masters, lasting)


def _decoded(keys: Mapping[str, str]) -> dict[str, bytes]:
    return {kid: base64.b64decode(value, validate=True) for kid, value in keys.items()}


def lasting_key(master: str) -> str:
    """What is kept of a master, both in base64, when it is dropped."""
    return base64.b64encode(_derived(base64.b64decode(master, validate=True), LASTING)).decode()


class _Held:
    ring: Keyring | None = None
    since: float = 0.0


def keys() -> Keyring:
    """The keyring; a stale one serves on while the store is out of reach."""
    if _Held.ring is not None and time.monotonic() - _Held.since < FRESH_SECONDS:
        return _Held.ring
    try:
        text = _fetch()
    except _unreachable() as cause:
        if _Held.ring is None:
            raise KeysUnavailable(retry_after=2) from cause
        log.warning("keys could not be refreshed")
    else:
        _Held.ring = parse(text)
    _Held.since = time.monotonic()
    return _Held.ring


def forget() -> None:
    """Read the parameter again at the next use (a drill, a test)."""
    _Held.ring = None


def _fetch() -> str:
    answer = aws.client("ssm").get_parameter(Name=settings.keys_parameter, WithDecryption=True)
    value: str = answer["Parameter"]["Value"]
    return value


def _unreachable() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError
