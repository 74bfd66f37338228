"""The stand-in for Stripe inside the fault harness: its calls are trips, and the ledger believes it, not the table."""

import random
from collections.abc import Iterator

import pytest

from chalicelib.commerce import stripe_gateway
from chalicelib.commerce.stripe_gateway import PaymentsUnavailable
from infra.local.invocation import Killed
from tests.conftest import House
from tests.factories import commerce, gateway
from tests.faults.injector import (
    Fault,
    broken,
    killed_after,
    killed_before,
    lost_acknowledgement,
    throttled,
    unreachable,
)
from tests.faults.lab import Lab


@pytest.fixture
def lab(engine: House) -> Iterator[Lab]:
    lab = Lab(engine)
    with lab.opened(random.Random(1), 1):
        yield lab


def payments(lab: Lab) -> int:
    return len(lab.till.stripe.store.things.get("payment_intent", {}))


@pytest.mark.parametrize(
    ("fault", "raises", "made"),
    [
        (lost_acknowledgement, PaymentsUnavailable, 1),
        (unreachable, PaymentsUnavailable, 0),
        (throttled, PaymentsUnavailable, 0),
        (broken, PaymentsUnavailable, 0),
        (killed_before, Killed, 0),
        (killed_after, Killed, 1),
    ],
)
def test_a_call_to_stripe_meets_faults_as_a_call_to_aws_does(
    lab: Lab, fault: Fault, raises: type[BaseException], made: int
) -> None:
    order = commerce.a_pending_order(commerce.a_buyer().id, commerce.a_priced_course())
    lab.injector.break_when(lambda trip: trip.service == "stripe", fault)
    with pytest.raises(raises):
        stripe_gateway.create_intent(order)
    assert payments(lab) == made


def test_the_ledger_notices_a_charge_that_no_order_knows(lab: Lab) -> None:
    order = gateway.begun(commerce.a_buyer().id, commerce.a_priced_course())
    lab.till.deliveries.plan = "held"
    lab.till.pay(str(order.intent_id))
    lab.finish()
    with pytest.raises(AssertionError, match="each_order_that_is_paid_was_charged_once"):
        lab.ledger()
