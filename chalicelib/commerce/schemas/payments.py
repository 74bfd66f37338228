"""Payments: what a client asks for and gets, and what could not be believed."""

import json
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, PrivateAttr

from chalicelib.accounts.schemas.fields import example
from chalicelib.catalog import money
from chalicelib.commerce import stripe_gateway
from chalicelib.commerce.intents import Begun, OrderOver
from chalicelib.commerce.records import Quarantined
from chalicelib.commerce.schemas.orders import ORDER
from chalicelib.commerce.stripe_gateway import Payable
from chalicelib.settings import settings
from chalicelib.web.reading import CursorPaged, In, Out

INTENT = "pi_3Q0example"
OrderId = Annotated[str, Field(max_length=80)]
IntentId = Annotated[str, Field(max_length=255)]


class PaymentIn(In):
    """Which order is to be paid. The amount is that of the order; no client can say one."""

    model_config = ConfigDict(json_schema_extra=example(order_id=ORDER))

    order_id: OrderId


class ConfirmationIn(In):
    """Which payment may have succeeded. Stripe is asked; what a client believes counts nothing."""

    model_config = ConfigDict(json_schema_extra=example(order_id=ORDER, payment_intent_id=INTENT))

    order_id: OrderId
    payment_intent_id: IntentId


class PaymentSeed(dict[str, Any]):
    """Of what an answer is made again. The payment itself is at hand only in the request that asked for it."""

    payable: Payable | None = None


class PaymentOut(Out):
    """With the secret, a page of the client's has Stripe take the card; card data never come to us."""

    model_config = ConfigDict(
        json_schema_extra=example(
            order_id=ORDER,
            payment_intent_id=INTENT,
            client_secret=f"{INTENT}_secret_example",
            status="requires_payment_method",
            amount="19.99",
            amount_minor=1999,
            currency="USD",
            publishable_key="pk_test_example",
        )
    )
    secrets: ClassVar[frozenset[str]] = frozenset({"client_secret", "status"})

    order_id: str
    payment_intent_id: str
    client_secret: Annotated[str, Field(description="For the buyer's browser alone; not for logs, not to be kept.")] = (
        ""
    )
    status: Annotated[str, Field(description="Of the payment, as Stripe says it.")] = ""
    amount: str
    amount_minor: int
    currency: str
    publishable_key: Annotated[str, Field(description="What the client's page tells Stripe who it is with.")]
    _payable: Payable = PrivateAttr()

    @classmethod
    def of(cls, result: Any) -> "PaymentOut":
        begun: Begun = result
        total = int(begun.order.total_minor)
        out = cls(
            order_id=begun.order.id,
            payment_intent_id=begun.payable.intent_id,
            amount=money.decimal(total),
            amount_minor=total,
            currency=begun.order.currency,
            publishable_key=settings.stripe_publishable,
        )
        out._payable = begun.payable
        return out

    def seed(self) -> PaymentSeed:
        seed = PaymentSeed(payment_intent_id=self.payment_intent_id)
        seed.payable = self._payable
        return seed

    @classmethod
    def reissued(cls, body: str, seed: dict[str, Any], ask: Any) -> tuple[str, dict[str, Any]]:
        """The secret is kept by Stripe alone, which tells it again to a repeat."""
        payable: Payable | None = getattr(seed, "payable", None)
        if payable is None:
            payable = stripe_gateway.payable(seed["payment_intent_id"], deadline=ask.act.deadline)
        if payable is None:
            raise OrderOver
        said = json.loads(body) | {"client_secret": payable.client_secret, "status": payable.status}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")), {}


class ReceivedOut(Out):
    """Stripe looks at the status alone."""

    received: bool = True


class QuarantineQuery(CursorPaged):
    day: Annotated[date | None, Field(description="On which day Stripe made the events (UTC); today if not said.")] = (
        None
    )


class QuarantinedOut(Out):
    """An event that cannot be true of what we know, and what of it. It has changed nothing."""

    event_id: str
    type: str
    reason: Annotated[
        str,
        Field(
            description="What differs: `order` (there is none), `owner`, `intent`, `currency`, `amount`, `refunded`, "
            "`account`, `livemode`; `shape` cannot be read, `unknown` is not known to Stripe."
        ),
    ]
    order_id: str | None
    seen: Annotated[dict[str, Any], Field(description="Its ids, amounts and states.")]
    received_at: datetime | None

    @classmethod
    def of(cls, result: Any) -> "QuarantinedOut":
        kept: Quarantined = result
        return cls(
            event_id=kept.event_id,
            type=kept.type,
            reason=kept.reason,
            order_id=kept.order_id,
            seen=kept.seen,
            received_at=kept.created_at,
        )
