"""Events of Stripe, shortened to what our worker needs of them: ids, amounts, states. Pure.

Nothing of cards or people gets further than the door: an event is never stored, logged or queued as it came.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: What we act on; docs/runbooks/webhooks.md has the endpoint subscribed to these. `inbox` says what each means.
KINDS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "charge.succeeded",
        "charge.updated",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    }
)
_IDS = ("id", "payment_intent", "charge", "latest_charge")
_AMOUNTS = ("amount", "amount_received", "amount_captured", "amount_refunded")
_WORDS = ("object", "currency", "status")
_OURS = ("order_id", "user_id", "refund_id")
_LONGEST = 255
_NAME = re.compile(r"[A-Za-z0-9_]{1,255}")


class EventMalformed(ValueError):
    """It is signed, and still no event of the form that we know."""


@dataclass(frozen=True, slots=True)
class Event:
    """`account` is that of somebody else, where it happened there."""

    id: str
    type: str
    created: int
    livemode: bool
    thing: Mapping[str, Any]
    account: str | None = None

    def text(self) -> str:
        """As it goes into the queue."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


def parse(text: str) -> Event:
    """The other way round."""
    document = json.loads(text)
    return _event(document, document["thing"])


def shortened(document: Any) -> Event:
    """What is kept of an event as Stripe sends it."""
    try:
        return _event(document, document["data"]["object"])
    except (KeyError, TypeError, AttributeError) as cause:
        raise EventMalformed from cause


def _event(document: Mapping[str, Any], thing: Mapping[str, Any]) -> Event:
    if not isinstance(document["livemode"], bool):
        raise EventMalformed
    return Event(
        id=_name(document["id"]),
        type=_word(document["type"]),
        created=_number(document["created"]),
        livemode=document["livemode"],
        thing=_kept(thing),
        account=_name(document["account"]) if document.get("account") else None,
    )


def _kept(thing: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: _name(thing[name]) for name in _IDS if thing.get(name) is not None}
    kept |= {name: _number(thing[name]) for name in _AMOUNTS if thing.get(name) is not None}
    kept |= {name: _word(thing[name]) for name in _WORDS if thing.get(name) is not None}
    if "captured" in thing:
        kept["captured"] = thing["captured"] is True
    error = thing.get("last_payment_error")
    if error:
        kept["last_payment_error"] = {name: _word(error[name]) for name in ("code", "decline_code") if error.get(name)}
    said = thing.get("metadata") or {}
    return kept | {"metadata": {name: _word(said[name]) for name in _OURS if said.get(name)}}


def _name(value: Any) -> str:
    """What Stripe calls something that it names, or shows in full; these become parts of keys."""
    name = _word(value["id"] if isinstance(value, Mapping) else value)
    if not _NAME.fullmatch(name):
        raise EventMalformed
    return name


def _word(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise EventMalformed
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise EventMalformed
    return value
