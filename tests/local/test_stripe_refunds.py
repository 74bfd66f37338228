"""Money that goes back at Stripe's stand-in: refunds, disputes, and the balance of it all."""

import pytest
import stripe
from stripe import PaymentIntent, StripeClient

from infra.local.stripe.server import Stripe
from tests.local.test_stripe_payments import confirmed, made, types

pytestmark = pytest.mark.row("M120")


@pytest.fixture
def paid(sdk: StripeClient) -> PaymentIntent:
    return confirmed(sdk, made(sdk).id)


def disputed(sdk: StripeClient) -> str:
    intent = confirmed(sdk, made(sdk).id, "pm_card_createDispute")
    (dispute,) = sdk.v1.disputes.list({"payment_intent": intent.id}).data
    return dispute.id


def test_a_whole_refund_by_intent(sdk: StripeClient, paid: PaymentIntent) -> None:
    refund = sdk.v1.refunds.create({"payment_intent": paid.id, "metadata": {"refund_id": "rfd_1"}})
    charge = sdk.v1.charges.retrieve(str(refund.charge))
    assert (refund.amount, refund.status, refund.metadata["refund_id"]) == (1000, "succeeded", "rfd_1")  # type: ignore[index]
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    assert types(sdk)[-2:] == ["refund.created", "charge.refunded"]


def test_parts_go_back_until_nothing_is_left(sdk: StripeClient, paid: PaymentIntent) -> None:
    charge = str(paid.latest_charge)
    for amount in (300, 700):
        sdk.v1.refunds.create({"charge": charge, "amount": amount})
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded") as refused:
        sdk.v1.refunds.create({"charge": charge, "amount": 1})
    assert refused.value.code == "charge_already_refunded"
    assert [each.amount for each in sdk.v1.refunds.list({"charge": charge}).data] == [700, 300]


def test_no_more_goes_back_than_is_left(sdk: StripeClient, paid: PaymentIntent) -> None:
    sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 300})
    with pytest.raises(stripe.InvalidRequestError, match=r"\$7.01.*greater than unrefunded amount.*\$7.00") as refused:
        sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 701})
    assert refused.value.param == "amount"
    assert sdk.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded == 300


@pytest.mark.parametrize("amount", [0, -1])
def test_less_than_a_cent_is_no_refund(sdk: StripeClient, paid: PaymentIntent, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1"):
        sdk.v1.refunds.create({"payment_intent": paid.id, "amount": amount})


def test_what_was_not_paid_is_not_refunded(sdk: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        sdk.v1.refunds.create({"payment_intent": made(sdk).id})


def test_the_refunds_of_charges_come_along(sdk: StripeClient, paid: PaymentIntent) -> None:
    sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 300, "metadata": {"refund_id": "rfd_1"}})
    (charge,) = sdk.v1.charges.list({"payment_intent": paid.id, "expand": ["data.refunds"]}).data
    assert charge.refunds is not None
    (refund,) = charge.refunds.data
    assert sdk.v1.refunds.retrieve(refund.id).metadata["refund_id"] == "rfd_1"  # type: ignore[index]


def test_a_pending_refund_is_carried_out_later(server: Stripe, sdk: StripeClient) -> None:
    paid = confirmed(sdk, made(sdk).id, "pm_card_pendingRefund")
    refund = sdk.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == "pending"
    server.settle_refund(refund.id, "succeeded")
    assert sdk.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert types(sdk)[-1] == "refund.updated"


def test_a_refund_that_the_bank_sends_back_can_be_made_again(sdk: StripeClient) -> None:
    paid = confirmed(sdk, made(sdk).id, "pm_card_refundFail")
    refund = sdk.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == "succeeded"
    failed = sdk.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert sdk.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded == 0
    assert "refund.failed" in types(sdk)


def test_a_disputed_charge_is_not_refunded(sdk: StripeClient) -> None:
    dispute = sdk.v1.disputes.retrieve(disputed(sdk))
    assert (dispute.status, dispute.amount) == ("needs_response", 1000)
    assert "charge.dispute.created" in types(sdk)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create({"charge": str(dispute.charge)})
    assert refused.value.code == "charge_disputed"


@pytest.mark.parametrize(
    ("evidence", "status", "balance"), [("winning_evidence", "won", 941), ("losing_evidence", "lost", -1559)]
)
def test_evidence_decides_a_dispute(sdk: StripeClient, evidence: str, status: str, balance: int) -> None:
    id = disputed(sdk)
    sdk.v1.disputes.update(id, {"evidence": {"uncategorized_text": evidence}})
    assert sdk.v1.disputes.retrieve(id).status == status
    assert types(sdk)[-1] == "charge.dispute.closed"
    assert sdk.v1.balance.retrieve().pending[0].amount == balance
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        sdk.v1.disputes.close(id)


def test_a_dispute_that_is_given_up_is_lost(sdk: StripeClient) -> None:
    assert sdk.v1.disputes.close(disputed(sdk)).status == "lost"


def test_the_balance_is_the_sum_of_its_lines(sdk: StripeClient, paid: PaymentIntent) -> None:
    sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 400})
    lines = sdk.v1.balance_transactions.list({"limit": 100}).data
    assert sum(line.net for line in lines) == 1000 - 59 - 400
    assert sdk.v1.balance.retrieve().pending[0].amount == 1000 - 59 - 400
