"""Paying an order: the browser begins and confirms, Stripe tells. Administrators see what could not be believed."""

from chalicelib.commerce import intents, quarantine, webhook
from chalicelib.commerce.intents import (
    AlreadyPaid,
    AmountNotTaken,
    Begun,
    Confirmed,
    OrderOver,
    PaymentBeingMade,
    PaymentDeclined,
    PaymentDiffers,
)
from chalicelib.commerce.payments import OrderUnknown, PaymentContradicts
from chalicelib.commerce.records import Quarantined
from chalicelib.commerce.schemas.orders import OrderOut
from chalicelib.commerce.schemas.payments import (
    ConfirmationIn,
    PaymentIn,
    PaymentOut,
    QuarantinedOut,
    QuarantineQuery,
    ReceivedOut,
)
from chalicelib.commerce.stripe_gateway import (
    EventUnreadable,
    LivemodeDiffers,
    PaymentsUnavailable,
    PaymentUndecided,
    SignatureInvalid,
)
from chalicelib.commerce.webhook import EventNotTaken
from chalicelib.table.pages import Page
from chalicelib.web.policies import admin, anyone, signed_in
from chalicelib.web.routes import Ask, Reply, Routes

routes = Routes(tag="Payments")


@routes.post(
    "/payments/create-payment-intent",
    policy=signed_in,
    gives=PaymentOut,
    standing="joined",
    errors=(
        OrderUnknown,
        AlreadyPaid,
        OrderOver,
        AmountNotTaken,
        PaymentBeingMade,
        PaymentUndecided,
        PaymentsUnavailable,
    ),
)
def create_payment_intent(ask: Ask[PaymentIn, None]) -> Reply:
    """Begin to pay an order

    The amount is that of the order. Asking again gives the same payment. Its `client_secret` goes to Stripe's own
    fields in the buyer's browser, which take the card; ask `confirm-payment` afterwards.
    """
    begun: Begun = intents.begin(ask.act, ask.body.order_id)
    return Reply(begun, repeated=begun.repeated)


@routes.post(
    "/payments/confirm-payment",
    policy=signed_in,
    gives=OrderOut,
    standing="joined",
    errors=(OrderUnknown, PaymentDiffers, PaymentDeclined, PaymentContradicts, PaymentsUnavailable),
)
def confirm_payment(ask: Ask[ConfirmationIn, None]) -> Reply:
    """Have an order completed whose payment has succeeded

    Stripe is asked what has become of the payment, and the order is answered as it is then: `paid` with everything
    that follows, or `pending` while the bank has not decided. Stripe's own event does the same; whichever comes first
    has the effect, and the other changes nothing.
    """
    confirmed: Confirmed = intents.confirm(ask.act, ask.body.order_id, ask.body.payment_intent_id)
    return Reply(confirmed, repeated=confirmed.repeated)


@routes.post(
    "/payments/webhook",
    policy=anyone,
    gives=ReceivedOut,
    throttled=False,
    errors=(SignatureInvalid, EventUnreadable, LivemodeDiffers, EventNotTaken),
)
def receive_stripe_event(ask: Ask[None, None]) -> ReceivedOut:
    """Where Stripe tells what happens to payments

    For Stripe alone: the body is believed by the signature in `Stripe-Signature`, which is good for five minutes. It
    is answered as soon as the event is kept; what follows from it is done after that.
    """
    webhook.receive(ask.exchange.body(), ask.exchange.headers.get("stripe-signature"))
    return ReceivedOut()


@routes.get("/admin/payments/quarantine", policy=admin, lists=QuarantinedOut)
def list_quarantined_payments(ask: Ask[None, QuarantineQuery]) -> Page[Quarantined]:
    """Events of payments that could not be believed, of one day

    They have changed nothing; each has set off an alarm. What to do about them stands in the runbook on webhooks.
    """
    day = (ask.query.day or ask.now.date()).isoformat()
    return quarantine.of_day(ask.act, day, size=ask.query.size, after=ask.query.cursor)
