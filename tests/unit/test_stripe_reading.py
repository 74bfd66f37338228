"""What objects of Stripe mean for an order."""

from typing import Any

import pytest

from chalicelib.commerce import stripe_reading

CHARGE = {"id": "ch_1", "status": "succeeded", "captured": True, "amount_captured": 1999, "currency": "usd"}


def charged(**booked: Any) -> int | None:
    return stripe_reading.charge(CHARGE | {"balance_transaction": booked}).fee_minor


@pytest.mark.row("B04")
@pytest.mark.parametrize(("fee", "rate", "known"), [(1, 2.0, 1), (5, 2.0, 3), (88, 0.9, 98), (0, 0.9, 0)])
def test_a_fee_in_another_currency_is_counted_in_that_of_the_charge_halves_rounded_up(
    fee: int, rate: float, known: int
) -> None:
    assert charged(currency="eur", fee=fee, exchange_rate=rate) == known


def test_a_fee_in_the_currency_of_the_charge_is_taken_as_it_is() -> None:
    assert charged(currency="usd", fee=88, exchange_rate=None) == 88


@pytest.mark.parametrize("thing", [{}, {"status": None}, {"status": "pending"}, {"status": "requires_action"}])
def test_a_refund_of_which_stripe_does_not_say_what_became_of_it_is_neither_done_nor_failed(
    thing: dict[str, Any],
) -> None:
    returned = stripe_reading.returned({"id": "re_1", "amount": 5, **thing})
    assert (returned.is_done, returned.has_failed) == (False, False)
