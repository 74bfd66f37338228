"""The page of payments: what a person sees and presses, and the same for programs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from stripe import StripeClient

from infra.local.gateway import Reply
from infra.local.pages import Pages
from infra.local.stripe import running
from infra.local.stripe.counter import Counter
from infra.local.stripe.deliveries import Deliveries
from infra.local.stripe.line import client
from infra.local.stripe.server import Stripe
from tests.local.test_stripe_payments import confirmed, made

pytestmark = pytest.mark.row("M120")
BROWSER = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
PROGRAM = {"Accept": "application/json"}
NOT_NEEDED: Any = None


@pytest.fixture
def received() -> list[str]:
    return []


@pytest.fixture
def pages(server: Stripe, received: list[str]) -> Pages:
    def send(body: bytes, headers: Mapping[str, str]) -> int:
        received.append(json.loads(body)["type"])
        return 200

    counter = Counter(Deliveries(server, send, ["whsec_page"]))
    return Pages(NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, payments=counter)


@pytest.fixture
def sdk(server: Stripe, pages: Pages) -> StripeClient:
    return client(server)


def ask(pages: Pages, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = PROGRAM) -> Reply:
    reply = pages(method, f"/_local/stripe{path}", headers, body)
    assert reply is not None
    return reply


def press(pages: Pages, path: str, body: str = "") -> Reply:
    return ask(pages, "POST", path, body.encode(), BROWSER)


def seen(pages: Pages) -> dict[str, Any]:
    payments = ask(pages, "GET", "").json()["payments"]
    return dict(payments[0])


def html(pages: Pages, query: str = "") -> str:
    return ask(pages, "GET", query, headers=BROWSER).body.decode()


def test_without_a_payment_it_says_how_to_get_one(pages: Pages) -> None:
    assert "No payment yet" in html(pages)


def test_a_person_pays_and_sees_that_it_was_told(pages: Pages, sdk: StripeClient, received: list[str]) -> None:
    intent = made(sdk, 1999)
    assert "19.99 USD" in html(pages)
    reply = press(pages, f"/intents/{intent.id}/pay", "card=pm_card_visa")
    assert (reply.status, reply.header("location")) == (303, f"/_local/stripe#{intent.id}")
    assert received == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"]
    assert (seen(pages)["status"], seen(pages)["charge"]["fee"]) == ("succeeded", "0.88 USD")
    assert [event["attempts"] for event in seen(pages)["events"]] == [["200"]] * 4
    assert ">Pay</button>" not in html(pages)


def test_a_declined_card_is_told_in_words(pages: Pages, sdk: StripeClient, received: list[str]) -> None:
    intent = made(sdk)
    reply = press(pages, f"/intents/{intent.id}/pay", "card=pm_card_chargeDeclinedInsufficientFunds")
    place = str(reply.header("location"))
    assert reply.status == 303
    assert "Your card has insufficient funds." in html(pages, place.removeprefix("/_local/stripe"))
    assert received[-1] == "payment_intent.payment_failed"
    assert seen(pages)["decline_code"] == "insufficient_funds"


@pytest.mark.parametrize(("answer", "status"), [("yes", "succeeded"), ("no", "requires_payment_method")])
def test_a_person_answers_their_bank(pages: Pages, sdk: StripeClient, answer: str, status: str) -> None:
    intent = made(sdk)
    press(pages, f"/intents/{intent.id}/pay", "card=pm_card_authenticationRequired")
    assert "The bank asks" in html(pages)
    press(pages, f"/intents/{intent.id}/authenticate", f"passes={answer}")
    assert seen(pages)["status"] == status


def test_a_person_cancels(pages: Pages, sdk: StripeClient) -> None:
    press(pages, f"/intents/{made(sdk).id}/cancel")
    assert seen(pages)["status"] == "canceled"


def test_a_part_goes_back_and_then_the_rest(pages: Pages, sdk: StripeClient) -> None:
    intent = confirmed(sdk, made(sdk).id)
    press(pages, f"/intents/{intent.id}/refund", "amount=2.5")
    assert (seen(pages)["charge"]["refunded"], seen(pages)["charge"]["rest"]) == ("2.50 USD", "7.50 USD")
    press(pages, f"/intents/{intent.id}/refund", "amount=")
    assert (seen(pages)["charge"]["refunded"], seen(pages)["charge"]["rest"]) == ("10.00 USD", None)


@pytest.mark.parametrize("amount", ["11", "0", "1.234", "-1", "all"])
def test_an_amount_that_cannot_go_back_is_told(pages: Pages, sdk: StripeClient, amount: str) -> None:
    intent = confirmed(sdk, made(sdk).id)
    reply = press(pages, f"/intents/{intent.id}/refund", f"amount={amount}")
    assert "said=" in str(reply.header("location"))
    assert seen(pages)["charge"]["refunded"] is None


@pytest.mark.parametrize("verdict", ["won", "lost"])
def test_a_dispute_is_opened_and_ends(pages: Pages, sdk: StripeClient, received: list[str], verdict: str) -> None:
    intent = confirmed(sdk, made(sdk).id)
    press(pages, f"/intents/{intent.id}/dispute")
    dispute = seen(pages)["charge"]["dispute"]
    assert dispute["status"] == "needs_response"
    press(pages, f"/disputes/{dispute['id']}", f"verdict={verdict}")
    assert seen(pages)["charge"]["dispute"]["status"] == verdict
    assert received[-2:] == ["charge.dispute.created", "charge.dispute.closed"]


def test_a_bank_sends_a_refund_back(pages: Pages, sdk: StripeClient) -> None:
    refund = sdk.v1.refunds.create({"payment_intent": confirmed(sdk, made(sdk).id).id})
    press(pages, f"/refunds/{refund.id}", "status=failed")
    assert seen(pages)["charge"]["refunds"][0]["status"] == "failed"


@pytest.mark.parametrize(("plan", "copies", "waiting"), [("now", 2, 0), ("twice", 3, 0), ("late", 1, 1)])
def test_an_event_is_delivered_again_twice_or_late(
    pages: Pages, sdk: StripeClient, received: list[str], plan: str, copies: int, waiting: int
) -> None:
    made(sdk)
    pages.payments.deliveries.step()
    (event,) = seen(pages)["events"]
    press(pages, f"/events/{event['id']}", f"plan={plan}")
    assert len(received) == copies
    assert seen(pages)["events"][0]["waiting"] == waiting


def test_all_events_of_a_payment_come_again_newest_first(pages: Pages, sdk: StripeClient, received: list[str]) -> None:
    intent = confirmed(sdk, made(sdk).id)
    pages.payments.deliveries.step()
    press(pages, f"/intents/{intent.id}/events", "order=newest")
    assert received[4:] == received[3::-1]


def test_events_wait_until_a_person_lets_them_go_the_other_way_round(
    pages: Pages, sdk: StripeClient, received: list[str]
) -> None:
    press(pages, "/deliveries", "plan=held&seconds=30")
    confirmed(sdk, made(sdk).id)
    assert "4 wait" in html(pages)
    assert received == []
    press(pages, "/deliveries/release", "order=newest")
    assert received[0] == "charge.updated"
    assert len(received) == 4


def test_a_bad_day_is_planned(pages: Pages, sdk: StripeClient) -> None:
    press(pages, "/troubles", "kind=unavailable&times=2")
    shown = ask(pages, "GET", "").json()
    assert shown["planned"] == [{"kind": "unavailable", "times": 2, "where": "POST /v1/"}]
    assert "Planned: 2" in html(pages)


def test_what_is_typed_into_metadata_is_only_text(pages: Pages, sdk: StripeClient) -> None:
    made(sdk, order="<script>alert(1)</script>")
    assert "<script>" not in html(pages)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/intents/pi_none/pay", {}, 404),
        ("/intents/pi_none/dispute", {}, 404),
        ("/events/evt_none", {}, 404),
        ("/deliveries", {"plan": "by pigeon"}, 400),
        ("/deliveries", {"seconds": "soon"}, 400),
        ("/deliveries", {"seconds": "nan"}, 400),
        ("/troubles", {"kind": "earthquake"}, 400),
        ("/disputes/du_none", {"verdict": "maybe"}, 400),
    ],
)
def test_what_cannot_be_done_is_a_problem_for_programs(pages: Pages, path: str, body: Any, status: int) -> None:
    reply = ask(pages, "POST", path, json.dumps(body).encode())
    assert (reply.status, reply.header("content-type")) == (status, "application/problem+json")


def test_the_page_of_another_site_cannot_pay(pages: Pages, sdk: StripeClient) -> None:
    headers = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    ask(pages, "POST", f"/intents/{made(sdk).id}/pay", b"card=pm_card_visa", headers)
    assert seen(pages)["status"] == "requires_payment_method"


def test_with_a_test_account_the_page_says_that_it_is_not_asked(monkeypatch: pytest.MonkeyPatch, pages: Pages) -> None:
    assert "STRIPE_API_KEY" not in html(pages)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_account")
    elsewhere = Pages(NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, payments=running.counter(lambda *_: 200))
    assert "STRIPE_API_KEY is set" in html(elsewhere)


def test_what_was_answered_has_been_written_down(pages: Pages) -> None:
    kept: list[int] = []
    pages.payments.keep = lambda: kept.append(len(list(pages.payments.store.all("payment_intent"))))
    ask(pages, "POST", "/v1/payment_intents", b"amount=700&currency=usd", {"Authorization": "Bearer sk_test_1"})
    assert kept == [1]


def test_the_payment_that_happened_last_comes_first(pages: Pages, sdk: StripeClient) -> None:
    late, early = made(sdk), made(sdk)
    pages.payments.store.find("payment_intent", early.id)["created"] -= 60
    shown = [payment["id"] for payment in ask(pages, "GET", "").json()["payments"]]
    assert shown == [late.id, early.id]
