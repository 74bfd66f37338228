"""The page of payments in a real browser: paid, declined, refunded, disputed, and events delivered again."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway import Gateway
from infra.local.pages import Pages
from infra.local.stripe.counter import Counter
from infra.local.stripe.deliveries import Deliveries
from infra.local.stripe.line import client
from infra.local.stripe.server import Stripe
from infra.local.wsgi import wsgi
from tests.browser.chromium import Chromium
from tests.local.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.row("M120")]
NOT_NEEDED: Any = None
HEADING = "document.querySelector('article h2').textContent"
EVENTS = "[...document.querySelectorAll('article:first-of-type tbody tr')].map(row => row.cells[0].textContent.trim())"


class Nothing:
    routes: Mapping[str, Any] = {}

    def __call__(self, event: Any, context: Any) -> Any:
        raise AssertionError("only the local pages are asked here")


@pytest.fixture
def received() -> list[str]:
    return []


@pytest.fixture
def server() -> Stripe:
    return Stripe()


@pytest.fixture
def page(server: Stripe, received: list[str]) -> Iterator[str]:
    def send(body: bytes, headers: Mapping[str, str]) -> int:
        received.append(json.loads(body)["type"])
        return 200

    counter = Counter(Deliveries(server, send, ["whsec_page"]))
    pages = Pages(NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, payments=counter)
    with serving(wsgi(Gateway(Nothing()), pages)) as place:
        yield f"{place}/_local/stripe"


def ordered(server: Stripe, amount: int = 4900) -> str:
    metadata = {"order_id": "ord_01JD0000000000000000000000"}
    made = client(server).v1.payment_intents.create({"amount": amount, "currency": "usd", "metadata": metadata})
    return made.id


def press(browser: Chromium, action: str, name: str = "", value: str = "") -> None:
    """Choose and press as a person does, and wait for the page that follows."""
    form = f"form[action$='{action}']"
    button = f"{form} button[value='{value}']" if name == "button" else f"{form} button"
    if name and name != "button":
        browser.value(f"document.querySelector(\"{form} [name={name}]\").value = '{value}'")
    browser.value("window.before = true")
    browser.click(button)
    browser.wait("!window.before && document.readyState === 'complete'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_is_declined_pays_refunds_and_delivers_again(
    browser: Chromium, page: str, pictures: Path, server: Stripe, received: list[str], scheme: str
) -> None:
    intent = ordered(server)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page)
    browser.wait("document.readyState === 'complete'")
    press(browser, "/pay", "card", "pm_card_chargeDeclined")
    assert browser.value("document.querySelector('[role=status]').textContent") == "Your card was declined."
    browser.picture(pictures / f"payment-declined-{scheme}.png")
    press(browser, "/pay", "card", "pm_card_visa")
    assert browser.value(HEADING) == "49.00 USD · succeeded"
    press(browser, "/refund", "amount", "9.50")
    press(browser, f"/intents/{intent}/events", "order", "newest")
    assert received[-1] == "payment_intent.created"
    assert browser.value(EVENTS)[0] == "charge.refunded"
    browser.picture(pictures / f"payment-refunded-{scheme}.png")
    assert browser.complaints == []


def test_a_person_answers_the_bank_disputes_and_wins(
    browser: Chromium, page: str, pictures: Path, server: Stripe, received: list[str]
) -> None:
    ordered(server)
    ordered(server, amount=1999)
    browser.open(page)
    browser.wait("document.readyState === 'complete'")
    press(browser, "/pay", "card", "pm_card_authenticationRequired")
    browser.picture(pictures / "payment-asked.png")
    press(browser, "/authenticate", "button", "yes")
    press(browser, "/dispute")
    browser.picture(pictures / "payment-disputed.png")
    dispute = next(server.store.all("dispute"))["id"]
    press(browser, f"/disputes/{dispute}", "button", "won")
    assert received[-1] == "charge.dispute.closed"
    assert "won" in browser.value("document.querySelector('article').textContent")
    assert browser.complaints == []
