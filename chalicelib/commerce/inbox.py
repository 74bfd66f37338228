"""Events of Stripe, one at a time: what each means for which order. `functions/handle_stripe_event` calls this.

An event may come twice, late and in any order; what cannot be true of its order is put aside and changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal

from chalicelib.commerce import payments, putting_aside, stripe_gateway, stripe_reading
from chalicelib.commerce.news import News
from chalicelib.commerce.payments import OrderUnknown, PaymentContradicts
from chalicelib.commerce.records import Intent, StripeEvent
from chalicelib.commerce.stripe_events import Event
from chalicelib.commerce.stripe_gateway import StripeRefused
from chalicelib.commerce.stripe_keys import payment_keys
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act

#: Longer than Stripe sends an event again, by itself or when somebody presses the button.
KEPT = timedelta(days=35)
Done = Literal["applied", "ignored", "quarantined"]
Reader = Callable[[Event, Act], News]


def _intent(event: Event, _: Act) -> News:
    return stripe_reading.intent(event.thing)


def _charge(event: Event, _: Act) -> News:
    return stripe_reading.charge(event.thing)


def _whole_charge(event: Event, act: Act) -> News:
    """The event does not say which refunds there are, nor what Stripe keeps; Stripe does when it is asked."""
    return stripe_gateway.charge(event.thing["id"], deadline=act.deadline)


def _refund(event: Event, _: Act) -> News:
    return stripe_reading.refund(event.thing)


def _dispute(event: Event, _: Act) -> News:
    return stripe_reading.dispute(event.thing)


READERS: Mapping[str, Reader] = {
    "payment_intent.succeeded": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.canceled": _intent,
    "charge.succeeded": _charge,
    "charge.updated": _whole_charge,
    "charge.refunded": _whole_charge,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
}


def take(act: Act, event: Event) -> Done:
    """Let an event have its effect. Raises what passes by itself, so that it is tried again."""
    reader = READERS.get(event.type)
    if reader is None:
        return "ignored"
    order_id = _order_of(event)
    reason = _stranger(event) or (None if order_id else "order")
    if reason is None:
        reason = _applied(act, event, str(order_id), reader)
    if reason is None:
        return "applied"
    putting_aside.keep(event, order_id, reason, act.now)
    return "quarantined"


def _stranger(event: Event) -> str | None:
    """What the door refuses, too; the keys may have changed since, or somebody else has put it into the queue."""
    if event.account is not None:
        return "account"
    return None if event.livemode is payment_keys().livemode else "livemode"


def _order_of(event: Event) -> str | None:
    """By what we wrote on it, else by the payment: Stripe's own objects carry nothing of ours."""
    written: str | None = (event.thing.get("metadata") or {}).get("order_id")
    intent = event.thing.get("payment_intent")
    if written is not None or intent is None:
        return written
    pointer = reads.one(Intent, keys.intent(intent))
    return None if pointer is None else pointer.order_id


def _applied(act: Act, event: Event, order_id: str, reader: Reader) -> str | None:
    """Nothing where it is done, else the reason why it cannot be, in a word."""
    try:
        news = reader(event, act)
    except (KeyError, TypeError):
        return "shape"
    except StripeRefused:
        return "unknown"
    done = StripeEvent.under(
        keys.stripe_event(event.id), event_id=event.id, type=event.type, order_id=order_id, ttl=act.now + KEPT
    )
    try:
        payments.apply(act, order_id, news, event=done)
    except PaymentContradicts as contradiction:
        return contradiction.reason
    except OrderUnknown:
        return "order"
    return None
