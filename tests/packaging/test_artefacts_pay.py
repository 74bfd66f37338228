"""The SDK of Stripe as it ships: without its many products, and still whole for what we ask of it."""

import pytest

from infra.build.contents import ARTEFACTS, Artefact
from tests.packaging.built import Built

CODE = """
import json, sys
from chalicelib.commerce import stripe_gateway, stripe_keys
from chalicelib.commerce.records import Order, Refund

assert "stripe" not in sys.modules
stripe_keys._fetch = lambda: json.dumps(
    {"api_key": "sk_x", "worker_key": "rk_x", "webhook_secrets": ["whsec_x"], "livemode": False}
)
stripe_gateway.transport()
import stripe

card = {"id": "pm_1", "object": "payment_method", "type": "card", "card": {"brand": "visa"}, "customer": None}
booked = {"id": "txn_1", "object": "balance_transaction", "fee": 88, "currency": "usd", "exchange_rate": None}
refund = {"id": "re_1", "object": "refund", "amount": 5, "currency": "usd", "status": "succeeded", "metadata": {}}
dispute = {
    "id": "du_1", "object": "dispute", "amount": 5, "currency": "usd", "status": "lost", "balance_transactions": [],
}
charge = {
    "id": "ch_1", "object": "charge", "currency": "usd", "status": "succeeded", "captured": True, "amount_captured": 9,
    "amount_refunded": 5, "disputed": True, "balance_transaction": booked, "payment_intent": "pi_1", "metadata": {},
    "outcome": {"type": "authorized"}, "payment_method_details": {"card": {"brand": "visa"}}, "source": None,
}
intent = {
    "id": "pi_1", "object": "payment_intent", "client_secret": "s", "status": "succeeded", "currency": "usd",
    "amount_received": 9, "latest_charge": charge, "metadata": {}, "payment_method": card,
    "last_payment_error": {"type": "card_error", "code": "card_declined", "payment_method": card},
}
error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "payment_intent": intent}

class Canned(stripe.HTTPClient):
    name = "canned"

    def __init__(self, deadline):
        super().__init__()

    def request(self, method, url, headers, post_data=None, **_):
        path = url.partition("/v1/")[2].partition("?")[0]
        if path.endswith("/cancel"):
            return json.dumps({"error": error}), 400, {}
        listed = {"refunds": [refund], "disputes": [dispute]}
        answers = {"payment_intents": intent, "payment_intents/pi_1": intent, "charges/ch_1": charge}
        if method == "post" and path == "refunds":
            return json.dumps(refund), 200, {}
        found = answers.get(path) or {"object": "list", "data": listed[path], "has_more": False, "url": "/v1/" + path}
        return json.dumps(found), 200, {}

stripe_gateway.transport = lambda: Canned
order = Order(id="ord_1", user_id="usr_1", total_minor=9, currency="USD", intent_id="pi_1", charge_id="ch_1")
assert stripe_gateway.create_intent(order).client_secret == stripe_gateway.payable("pi_1").client_secret == "s"
assert stripe_gateway.intent("pi_1").fee_minor == 88
assert stripe_gateway.cancel_intent("pi_1").captured_minor == 9
assert stripe_gateway.charge("ch_1").dispute == "lost"
assert stripe_gateway.refund(Refund(id="rfd_1", amount_minor=5), order).refunds["re_1"].amount_minor == 5
text = json.dumps({
    "id": "evt_1", "type": "charge.updated", "created": 1, "livemode": False, "data": {"object": {"id": "ch_1"}}
})
header = stripe.WebhookSignature.generate_signature_header(text, "whsec_x")
print(stripe_gateway.event(text.encode(), header).id)
"""


@pytest.mark.row("M16")
@pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda artefact: artefact.name)
def test_both_artefacts_can_ask_stripe_for_everything_that_we_ask(here: Built, artefact: Artefact) -> None:
    assert here.alone(artefact.name, CODE) == "evt_1"
