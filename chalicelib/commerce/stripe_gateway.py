"""Stripe: the only module that imports its SDK, and only inside calls, because that takes a quarter of a second.

Whoever calls learns `News`, never an object of Stripe's. Money is asked for under keys that follow from the order or
the refund, so that asking again, from anywhere, does not move it again.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib import clock, logs
from chalicelib.commerce import stripe_events, stripe_reading
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, Refund
from chalicelib.commerce.stripe_events import Event
from chalicelib.commerce.stripe_keys import forget, payment_keys
from chalicelib.errors import Conflict, Malformed, Unavailable
from chalicelib.settings import settings

#: The shape of objects and events that `stripe_reading` knows, whatever the account's own default is.
API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS = 2.0
READ_SECONDS = 8.0
RETRIES = 2
#: The last try has this long, also where there is no more time.
LEAST_SECONDS = 1.0
#: How long a call may take, tries and pauses included, where nobody says how much time there is.
PATIENCE_SECONDS = 20.0
RETRY_AFTER = 5
#: Signatures are good for so long, in both directions: clocks differ.
WINDOW_SECONDS = 300
#: Stripe repeats a failure of its own to whoever comes with the same key; so often there is another key after it.
FRESH_KEYS = 3
#: What cannot be done, is not there, or is refused by the bank.
REFUSALS = (400, 402, 404)
_LISTED = 100
#: What it says of a thing that it does not know.
UNKNOWN = "resource_missing"
_WITH_FEE = {"expand": ["latest_charge.balance_transaction"]}

Thing = Mapping[str, Any]
log = logging.getLogger("app.payments")


class PaymentsUnavailable(Unavailable):
    """Stripe does not answer at the moment; nothing is lost, try again shortly."""

    #: Stripe has failed, and answers the same to whoever comes with this key.
    is_repeated = False


class PaymentUndecided(Conflict):
    """The bank has not decided about this payment yet; try again shortly."""


class SignatureInvalid(Malformed):
    """This was not signed by Stripe for us, or not just now."""


class EventUnreadable(Malformed):
    """It is signed, and not an event that we can read."""


class LivemodeDiffers(Malformed):
    """This event is of test money where real money is expected, or the other way round."""


class StripeRefused(RuntimeError):
    """What we asked for cannot be done. Says Stripe's code for it, and nothing of what was asked."""

    def __init__(self, code: str | None) -> None:
        super().__init__(code or "refused")
        self.code = code


@dataclass(frozen=True, slots=True)
class Payable:
    """A payment that the buyer's browser may go on with. The secret is the buyer's and nobody else's."""

    intent_id: str
    client_secret: str = field(repr=False)
    status: str


def create_intent(order: Order, *, deadline: float | None = None) -> Payable:
    """The payment of an order: the same one, however often it is asked for."""
    asked: Any = {
        "amount": int(order.total_minor),
        "currency": order.currency.lower(),
        "metadata": {"order_id": order.id, "user_id": order.user_id},
        "description": order.id,
        # Nothing that sends people elsewhere to pay: clients then need no page to come back to.
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }

    def made(key: str) -> Thing:
        return _asked(deadline, lambda v1: v1.payment_intents.create(asked, {"idempotency_key": key}))

    return _payable(_with_fresh_keys(f"order:{order.id}:pi", made))


def payable(intent_id: str, *, deadline: float | None = None) -> Payable | None:
    """A payment that was made before; none where Stripe does not know it."""
    seen = _intent(intent_id, deadline)
    return None if seen is None else _payable(seen)


def intent(intent_id: str, *, deadline: float | None = None) -> News:
    seen = _intent(intent_id, deadline)
    return News() if seen is None else stripe_reading.intent(seen)


def cancel_intent(intent_id: str, *, deadline: float | None = None) -> News:
    """After this it can never be paid any more, unless the news are that it is."""
    try:
        # Without a key that follows from it: cancelling twice does no more than once, and an early refusal must not
        # be repeated to us.
        seen: Thing | None = _asked(deadline, lambda v1: v1.payment_intents.cancel(intent_id))
    except StripeRefused as refused:
        if refused.code not in ("payment_intent_unexpected_state", UNKNOWN):
            raise
        seen = _intent(intent_id, deadline)
    if seen is None:
        return News()
    if seen["status"] not in ("canceled", "succeeded"):
        raise PaymentUndecided(retry_after=RETRY_AFTER)
    return stripe_reading.intent(seen)


def charge(charge_id: str, *, with_refunds: bool = False, deadline: float | None = None) -> News:
    """All that is known of money that was taken: its fee, what was given back of it, whether it is disputed.

    `with_refunds` where some were asked for: one that has failed is not in the sum that was given back.
    """
    expand: Any = {"expand": ["balance_transaction"]}
    seen = _asked(deadline, lambda v1: v1.charges.retrieve(charge_id, expand))
    refunds = _refunds_of(charge_id, deadline) if with_refunds or seen["amount_refunded"] else []
    disputes: list[Thing] = []
    if seen.get("disputed"):
        of_it: Any = {"charge": charge_id, "limit": _LISTED}
        disputes = _asked(deadline, lambda v1: v1.disputes.list(of_it))["data"]
    return stripe_reading.charge(seen, refunds, disputes)


def refund(refund: Refund, order: Order, *, deadline: float | None = None) -> News:
    """Give money back, once, however often it is asked for."""
    asked: Any = {
        "payment_intent": order.intent_id,
        "amount": int(refund.amount_minor),
        "metadata": {"refund_id": refund.id, "order_id": order.id},
    }

    def made(key: str) -> Thing:
        return _asked(deadline, lambda v1: v1.refunds.create(asked, {"idempotency_key": key}))

    def found() -> Thing | None:
        there = _refunds_of(order.charge_id, deadline) if order.charge_id else []
        return next((each for each in there if each["metadata"].get("refund_id") == refund.id), None)

    return stripe_reading.refund(_with_fresh_keys(f"refund:{refund.id}", made, found))


def event(raw: bytes, header: str | None) -> Event:
    """What Stripe tells, if it is Stripe who tells it, now, and of the kind of money that we take."""
    keys = payment_keys()
    _confirm_signature(raw, header, keys.webhook_secrets)
    try:
        told = stripe_events.shortened(json.loads(raw))
    except (ValueError, RecursionError) as cause:
        raise EventUnreadable from cause
    if told.livemode is not keys.livemode:
        raise LivemodeDiffers
    return told


def _confirm_signature(raw: bytes, header: str | None, secrets: tuple[str, ...]) -> None:
    from stripe import SignatureVerificationError, WebhookSignature

    # The SDK compares text, and only ASCII; what else comes cannot be a signature.
    if not header or not header.isascii() or abs(_signed_at(header) - clock.now().timestamp()) > WINDOW_SECONDS:
        raise SignatureInvalid
    for secret in secrets:
        try:
            WebhookSignature.verify_header(raw, header, secret)
        except (SignatureVerificationError, UnicodeDecodeError):
            continue
        return
    raise SignatureInvalid


def _signed_at(header: str) -> float:
    """The moment that is signed along; the SDK takes the first one, so there may be no second."""
    moments = [value for name, _, value in (part.partition("=") for part in header.split(",")) if name == "t"]
    if len(moments) != 1 or not moments[0].isdecimal() or len(moments[0]) > 12:
        raise SignatureInvalid
    return float(moments[0])


def _intent(intent_id: str, deadline: float | None) -> Thing | None:
    """None where Stripe knows no such payment, as after a change of the account: nobody can pay it any more."""
    expand: Any = _WITH_FEE
    try:
        return _asked(deadline, lambda v1: v1.payment_intents.retrieve(intent_id, expand))
    except StripeRefused as refused:
        if refused.code != UNKNOWN:
            raise
        return None


def _refunds_of(charge_id: str, deadline: float | None, after: str | None = None) -> list[Thing]:
    """All of them: one that is overlooked would be given back again."""
    of_it: Any = {"charge": charge_id, "limit": _LISTED} | ({"starting_after": after} if after else {})
    page = _asked(deadline, lambda v1: v1.refunds.list(of_it))
    more = _refunds_of(charge_id, deadline, page["data"][-1]["id"]) if page["has_more"] else []
    return [*page["data"], *more]


def _payable(seen: Thing) -> Payable:
    return Payable(seen["id"], seen["client_secret"], seen["status"])


def _with_fresh_keys(key: str, make: Callable[[str], Thing], found: Callable[[], Thing | None] = lambda: None) -> Thing:
    """A failure that Stripe repeats is over: what it left behind is looked for, and then a further key is used."""
    for number in range(1, FRESH_KEYS):
        try:
            return make(key if number == 1 else f"{key}:{number}")
        except PaymentsUnavailable as failed:
            if not failed.is_repeated:
                raise
            there = found()
            if there is not None:
                return there
    return make(f"{key}:{FRESH_KEYS}")


def _asked(deadline: float | None, call: Callable[[Any], Any]) -> Thing:
    """The answer as plain data; what goes wrong in our own words, without anything of what was asked."""
    import stripe

    until = time.monotonic() + PATIENCE_SECONDS if deadline is None else deadline
    client = stripe.StripeClient(
        payment_keys().own,
        stripe_version=API_VERSION,
        base_addresses={"api": settings.stripe_api_base},
        max_network_retries=RETRIES,
        http_client=transport()(until),
    )
    try:
        answer: Thing = call(client.v1).to_dict()
    except stripe.StripeError as error:
        raise _meaning(error) from None
    return answer


def _meaning(error: Any) -> Exception:
    import stripe

    status = error.http_status
    said = {"kind": type(error).__name__, "status": status, "code": error.code, "stripe_request": error.request_id}
    # What it refuses is an answer, which callers judge; that it does not answer is trouble.
    log.log(logging.INFO if status in REFUSALS else logging.WARNING, "stripe", extra=logs.facts(**said))
    if isinstance(error, stripe.APIConnectionError) or status in (409, 429) or (status or 0) >= 500:
        failed = PaymentsUnavailable(retry_after=RETRY_AFTER)
        failed.is_repeated = error.headers.get("idempotent-replayed") == "true"
        return failed
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        # The key may just have been replaced in the parameter.
        log.error("stripe refuses our key")
        forget()
        return PaymentsUnavailable(retry_after=RETRY_AFTER)
    return StripeRefused(error.code)


@cache
def transport() -> Any:
    """The SDK's HTTP on botocore's urllib3: `requests` would be shipped for this alone, and knows no deadline."""
    import stripe
    import urllib3

    pool = urllib3.PoolManager(ca_certs=stripe.ca_bundle_path)

    class Transport(stripe.HTTPClient):
        name = "urllib3"

        def __init__(self, deadline: float) -> None:
            super().__init__()
            self._deadline = deadline

        def _should_retry(self, *given: Any) -> bool:
            return time.monotonic() < self._deadline and super()._should_retry(*given)

        def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
            left = max(LEAST_SECONDS, min(READ_SECONDS, self._deadline - time.monotonic()))
            patience = urllib3.Timeout(connect=CONNECT_SECONDS, read=left)
            try:
                answer = pool.request(
                    method.upper(), url, headers=headers, body=post_data, timeout=patience, retries=False
                )
            except urllib3.exceptions.HTTPError as cause:
                raise stripe.APIConnectionError("no answer", should_retry=True) from cause  # type: ignore[no-untyped-call]
            return answer.data, answer.status, answer.headers

        def close(self) -> None: ...

    return Transport
