"""What is asked of Stripe, under which keys, and what its troubles become; with its stand-in at the other end."""

import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from stripe import HTTPClient

from chalicelib.commerce import stripe_gateway, stripe_keys
from chalicelib.commerce.news import News
from chalicelib.commerce.records import Order, Refund
from chalicelib.commerce.stripe_gateway import PaymentsUnavailable, PaymentUndecided, StripeRefused
from infra.local.stripe import disputes
from infra.local.stripe.line import Line
from infra.local.stripe.server import Stripe
from tests.factories import bank

pytestmark = pytest.mark.row("M16", "M120")
ORDER = "ord_01KAKZ6Q8M4T6V1N2B3C4D5E6F-01KAKZ6Q8M4T6V1N2B3C4D5E7G"


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Stripe:
    made = Stripe()
    monkeypatch.setattr(stripe_keys, "_fetch", bank.keys)
    monkeypatch.setattr(stripe_keys._Held, "keys", None)
    monkeypatch.setattr(stripe_gateway, "transport", lambda: lambda deadline: Line(made))
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.0)
    return made


def an_order(**changes: Any) -> Order:
    values: dict[str, Any] = {"id": ORDER, "user_id": "usr_1", "total_minor": 1999, "currency": "USD"}
    return Order(**values | changes)


def paid(stripe: Stripe) -> Order:
    intent = stripe_gateway.create_intent(an_order()).intent_id
    stripe.pay(intent)
    return an_order(intent_id=intent, charge_id=stripe_gateway.intent(intent).charge_id)


def a_refund(amount: int = 500) -> Refund:
    return Refund(id=f"rfd_1-{ORDER[4:]}", amount_minor=amount)


def intents(stripe: Stripe) -> list[Any]:
    return list(stripe.store.all("payment_intent"))


def test_the_payment_of_an_order_is_made_under_a_key_of_the_order(stripe: Stripe) -> None:
    payable = stripe_gateway.create_intent(an_order())
    assert set(stripe.replays.answers) == {f"order:{ORDER}:pi"}
    assert stripe_gateway.create_intent(an_order()) == payable
    assert len(intents(stripe)) == 1


def test_what_can_be_said_of_a_payment_does_not_show_its_secret(stripe: Stripe) -> None:
    payable = stripe_gateway.create_intent(an_order())
    assert payable.client_secret not in repr(payable)
    assert "sk_test" not in repr(stripe_keys.payment_keys())


@pytest.mark.row("B02")
@pytest.mark.parametrize("trouble", ["unavailable", "timeout", "timeout_after", "cut"])
def test_one_trouble_of_stripes_is_overcome_in_the_same_call(stripe: Stripe, trouble: str) -> None:
    stripe.troubles.plan(trouble)
    payable = stripe_gateway.create_intent(an_order())
    assert stripe_gateway.create_intent(an_order()) == payable


@pytest.mark.row("B02")
def test_a_failure_that_stripe_repeats_is_left_behind_with_the_next_key(stripe: Stripe) -> None:
    stripe.troubles.plan("error")
    with pytest.raises(PaymentsUnavailable):
        stripe_gateway.create_intent(an_order())
    stripe_gateway.create_intent(an_order())
    assert set(stripe.replays.answers) == {f"order:{ORDER}:pi", f"order:{ORDER}:pi:2"}
    assert len(intents(stripe)) == 1


@pytest.mark.row("B02")
@pytest.mark.parametrize(("trouble", "key"), [("error", f"{a_refund().id}:2"), ("error_after", a_refund().id)])
def test_money_is_given_back_once_although_stripe_fails(stripe: Stripe, trouble: str, key: str) -> None:
    order = paid(stripe)
    stripe.troubles.plan(trouble, where="POST /v1/refunds")
    with pytest.raises(PaymentsUnavailable):
        stripe_gateway.refund(a_refund(), order)
    for _ in range(3):
        ((_, returned),) = stripe_gateway.refund(a_refund(), order).refunds.items()
        assert (returned.amount_minor, returned.refund_id) == (500, a_refund().id)
    assert len(list(stripe.store.all("refund"))) == 1
    assert f"refund:{key}" in stripe.replays.answers


@pytest.mark.row("M93")
@pytest.mark.parametrize("trouble", ["unavailable", "rate_limited", "timeout", "timeout_after", "cut", "error"])
def test_a_stripe_that_stays_away_is_unavailable(stripe: Stripe, trouble: str) -> None:
    stripe.troubles.plan(trouble, times=50)
    with pytest.raises(PaymentsUnavailable) as refused:
        stripe_gateway.create_intent(an_order())
    assert refused.value.retry_after


def test_what_stripe_refuses_says_its_code_and_nothing_of_what_was_asked(
    stripe: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StripeRefused) as refused:
        stripe_gateway.charge("ch_canary")
    assert (str(refused.value), refused.value.code) == ("resource_missing", "resource_missing")
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    with pytest.raises(StripeRefused, match="amount_too_small"):
        stripe_gateway.create_intent(an_order(total_minor=1))
    assert "canary" not in capsys.readouterr().out


def test_a_key_that_stripe_does_not_take_is_read_again(stripe: Stripe, monkeypatch: pytest.MonkeyPatch) -> None:
    stripe.api_keys = frozenset({"sk_test_new"})
    with pytest.raises(PaymentsUnavailable):
        stripe_gateway.create_intent(an_order())
    monkeypatch.setattr(stripe_keys, "_fetch", lambda: bank.keys(api_key="sk_test_new"))
    assert stripe_gateway.create_intent(an_order()).intent_id


@pytest.mark.parametrize(("kind", "key"), [("api", "sk_test_a"), ("worker", "rk_test_b")])
def test_workers_have_a_key_of_their_own(stripe: Stripe, monkeypatch: pytest.MonkeyPatch, kind: str, key: str) -> None:
    monkeypatch.setattr(stripe_keys, "settings", type("Its", (), {"stripe_role": kind}))
    stripe.api_keys = frozenset({key})
    assert stripe_gateway.create_intent(an_order()).intent_id


def test_a_payment_that_stripe_does_not_know_is_no_news(stripe: Stripe) -> None:
    assert stripe_gateway.payable("pi_elsewhere") is None
    assert stripe_gateway.intent("pi_elsewhere") == stripe_gateway.cancel_intent("pi_elsewhere") == News()


def test_a_payment_that_is_cancelled_is_no_news_and_cancelling_again_neither(stripe: Stripe) -> None:
    intent = stripe_gateway.create_intent(an_order()).intent_id
    for _ in range(2):
        assert stripe_gateway.cancel_intent(intent).captured_minor is None
    assert [each["status"] for each in intents(stripe)] == ["canceled"]


def test_a_payment_that_has_succeeded_cannot_be_cancelled_and_says_so(stripe: Stripe) -> None:
    order = paid(stripe)
    assert stripe_gateway.cancel_intent(str(order.intent_id)).captured_minor == 1999


def test_a_payment_that_the_bank_has_not_decided_on_is_not_given_up(
    stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = stripe_gateway.create_intent(an_order()).intent_id
    stripe.store.find("payment_intent", intent)["status"] = "processing"
    asked = stripe_gateway._asked
    answers: list[Any] = [StripeRefused("payment_intent_unexpected_state")]

    def refusing_once(*given: Any) -> Any:
        if answers:
            raise answers.pop()
        return asked(*given)

    monkeypatch.setattr(stripe_gateway, "_asked", refusing_once)
    with pytest.raises(PaymentUndecided):
        stripe_gateway.cancel_intent(intent)


def test_a_charge_tells_of_its_fee_its_refunds_and_its_dispute(stripe: Stripe) -> None:
    order = paid(stripe)
    stripe_gateway.refund(a_refund(), order)
    disputes.open(stripe.store, stripe.store.find("charge", str(order.charge_id)))
    news = stripe_gateway.charge(str(order.charge_id))
    assert (news.captured_minor, news.fee_minor, news.dispute, news.disputed_minor) == (1999, 88, "open", 1499)
    assert [each.amount_minor for each in news.refunds.values()] == [500]
    assert (news.user_id, news.intent_id, news.currency) == ("usr_1", order.intent_id, "usd")


class Slow(BaseHTTPRequestHandler):
    seconds = 0.0
    seen: list[str] = []  # noqa: RUF012 - of the test

    def do_GET(self) -> None:
        Slow.seen.append(self.headers["Authorization"])
        time.sleep(Slow.seconds)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id": "pi_1", "object": "payment_intent", "client_secret": "s", "status": "succeeded"}')

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def on_the_wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of HTTP, so that our own transport is tried."""
    monkeypatch.setattr(stripe_keys, "_fetch", bank.keys)
    monkeypatch.setattr(stripe_keys._Held, "keys", None)
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.0)
    Slow.seen, Slow.seconds = [], 0.0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    changed = {"stripe_api_base": base}
    monkeypatch.setattr(stripe_gateway, "settings", type("Its", (), changed))
    yield base
    server.shutdown()
    server.server_close()


def test_our_own_transport_speaks_http_with_the_key_of_this_process(on_the_wire: str) -> None:
    seen = stripe_gateway.payable("pi_1")
    assert seen is not None
    assert seen.status == "succeeded"
    assert Slow.seen == ["Bearer sk_test_a"]


@pytest.mark.row("M93")
def test_nobody_waits_for_stripe_longer_than_there_is_time(on_the_wire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Slow.seconds = 0.3
    monkeypatch.setattr(stripe_gateway, "LEAST_SECONDS", 0.05)
    with pytest.raises(PaymentsUnavailable):
        stripe_gateway.payable("pi_1", deadline=time.monotonic() + 0.06)
    assert len(Slow.seen) == 1


def test_the_time_outs_are_the_promised_ones() -> None:
    assert (stripe_gateway.CONNECT_SECONDS, stripe_gateway.READ_SECONDS, stripe_gateway.RETRIES) == (2.0, 8.0, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "no",
        bank.keys([]),
        bank.keys([""]),
        bank.keys(livemode="no"),
        bank.keys(api_key=""),
        bank.keys(worker_key=None),
        bank.keys(webhook_secrets="whsec_1"),
    ],
)
def test_a_parameter_that_is_not_what_it_must_be_stops_everything_and_is_not_quoted(text: str) -> None:
    with pytest.raises(stripe_keys.PaymentKeysMalformed) as refused:
        stripe_keys.parse(text)
    assert "whsec" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_what_stripe_refuses_is_no_trouble_and_what_it_does_not_answer_is(
    stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    order = paid(stripe)
    with caplog.at_level(logging.INFO, "app.payments"):
        stripe_gateway.cancel_intent(str(order.intent_id))
        stripe.troubles.mood = lambda *_: "unavailable"
        with pytest.raises(PaymentsUnavailable):
            stripe_gateway.intent(str(order.intent_id))
    assert [each.levelname for each in caplog.records if each.name == "app.payments"] == ["INFO", "WARNING"]


def test_what_a_dispute_costs_is_known_when_it_is_decided(stripe: Stripe) -> None:
    order = paid(stripe)
    charge = stripe.store.find("charge", str(order.charge_id))
    dispute = disputes.open(stripe.store, charge)
    assert stripe_gateway.charge(charge["id"]).dispute_fee_minor is None
    disputes.close(stripe.store, dispute["id"], "lost")
    assert stripe_gateway.charge(charge["id"]).dispute_fee_minor == disputes.FEE
