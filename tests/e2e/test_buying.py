"""The story of a purchase, as it went through the deployed gateway, functions, queues and stream, and Stripe's SDK."""

import pytest

from tests.e2e import buying_story
from tests.e2e.bank import Bank
from tests.e2e.buying_story import PAGE, Bought
from tests.e2e.clocks import Strikes
from tests.e2e.learning_story import access
from tests.e2e.stage import Stage, until


def test_what_costs_something_is_not_to_be_had_by_enrolling(bought: Bought) -> None:
    assert bought.free.status == 402


def test_a_code_makes_it_cheaper(bought: Bought) -> None:
    assert (bought.cheaper.status, bought.cheaper.json()["total_minor"]) == (200, 2400)


@pytest.mark.row("M16")
def test_a_cart_becomes_one_order_however_often_it_is_ordered(bought: Bought) -> None:
    assert (bought.added.status, bought.ordered.status, bought.repeated.status) == (201, 201, 200)
    assert bought.ordered.json()["id"] == bought.repeated.json()["id"]


@pytest.mark.row("M16")
def test_the_payment_is_that_of_the_order_and_for_the_page_of_this_stage(bought: Bought, stage: Stage) -> None:
    begun = bought.begun.json()
    assert (begun["amount_minor"], begun["currency"]) == (2400, "USD")
    assert begun["publishable_key"] == stage.stack.parameters()["StripePublishableKey"]


@pytest.mark.row("M16", "M120")
def test_a_declined_card_leaves_the_order_waiting(bought: Bought) -> None:
    assert bought.declined.code == "card_declined"
    assert (bought.refused.status, bought.refused.json()["code"]) == (402, "payment_declined")
    assert bought.waiting["status"] == "pending"


@pytest.mark.row("M98")
def test_what_stripe_has_not_signed_is_not_believed(bought: Bought) -> None:
    assert bought.forged.status == 400


@pytest.mark.row("M16", "M98", "M120")
def test_webhooks_complete_what_the_buyer_paid_with_the_official_sdk(bought: Bought, bank: Bank) -> None:
    assert (bought.confirmed, bought.paid["status"], bought.paid["total_minor"]) == ("succeeded", "paid", 2400)
    assert bought.emptied.json()["items"] == []
    assert bank.refusals() == []


@pytest.mark.row("M98")
def test_the_buyer_is_thanked_by_mail(bought: Bought) -> None:
    assert "24.00" in bought.thanked.text


@pytest.mark.row("B02")
def test_events_that_come_twice_sell_and_give_back_once(bought: Bought, bank: Bank) -> None:
    assert max(len(own) for own in bank.deliveries.attempts.values()) > 2
    assert [(each["what"], each["amount_minor"]) for each in bought.given_back["movements"]] == [
        ("refund", -1920),
        ("sale", 1920),
    ]
    assert len(bank.server.captured(order_id=bought.paid["id"])) == 1


def test_a_course_is_open_while_it_is_paid_for(bought: Bought) -> None:
    assert PAGE in bought.opened.body.decode()
    assert PAGE not in bought.closed.body.decode()


def test_the_deployed_worker_draws_the_receipt(bought: Bought) -> None:
    assert (bought.paper.status, bought.paper.headers["Content-Type"]) == (200, "application/pdf")
    assert bought.paper.body.startswith(b"%PDF-")
    assert bought.paper.body.rstrip().endswith(b"%%EOF")


def test_the_receipt_is_not_to_be_had_without_its_link(bought: Bought) -> None:
    assert bought.unsigned.status == 403


@pytest.mark.row("M16", "M120")
def test_the_deployed_worker_has_the_money_given_back_once(bought: Bought, bank: Bank) -> None:
    assert (bought.asked.status, bought.asked_again.status) == (202, 200)
    assert bought.asked.json()["id"] == bought.asked_again.json()["id"]
    (charge,) = bank.server.captured(order_id=bought.paid["id"])
    assert (charge["amount_refunded"], bought.refunded["refunded_minor"]) == (2400, 2400)
    assert "24.00" in bought.returned.text


def test_the_teacher_sees_what_the_sale_has_brought(bought: Bought) -> None:
    (sale,) = bought.sold["movements"]
    (course,) = sale["courses"]
    assert (course["gross_minor"], course["fee_minor"], course["earned_minor"]) == (2400, 480, 1920)


def test_the_accounts_say_who_has_paid_for_a_sale_that_was_given_back(bought: Bought) -> None:
    fee = bought.settled["stripe"]
    assert fee > 0
    assert bought.settled == {"platform": -fee, "stripe": fee, "instructors": 0, "buyers": 0}


@pytest.mark.row("B02", "M16")
def test_the_clock_finds_a_payment_that_nobody_told_of(stage: Stage, bought: Bought, struck: Strikes) -> None:
    assert bought.untold["status"] == "pending"
    until("the order is paid for us too", lambda: buying_story.healed(stage, bought.untold))
    boss = access(stage, "boss")
    until(
        "it is in the accounts", lambda: buying_story.accounts(stage, boss)["buyers"] == -bought.untold["total_minor"]
    )


def test_nothing_of_it_was_given_up(stage: Stage, bought: Bought) -> None:
    dead = ("StripeEventsDead", "PaymentsDead", "ReceiptsDead", "CountersDead", "EmailsDead", "FactsDead")
    assert {queue: stage.depth(queue) for queue in dead} == dict.fromkeys(dead, 0)
