"""The whole story of a purchase: our API, the official SDK in the buyer's hands, Stripe's webhooks, and our workers."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from infra.local.environment import STRIPE_PUBLISHABLE_KEY
from infra.local.pages import Pages
from infra.local.stripe.counter import Counter
from infra.local.wsgi import wsgi
from tests.conftest import House
from tests.factories import bank, commerce, people
from tests.factories.bank import Bank
from tests.http.api import Api, Person
from tests.local.serving import serving

RETURN = "http://localhost/thanks"
NOT_NEEDED: Any = None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, api: Api) -> Bank:
    return bank.opened(monkeypatch, api)


@pytest.fixture
def buyer(server: Bank, api: Api) -> Iterator[StripeClient]:
    """The SDK with the publishable key, at the address at which `make run` has Stripe."""
    pages = Pages(NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, payments=Counter(server.deliveries))
    with serving(wsgi(api.gateway, pages)) as place:
        yield StripeClient(
            STRIPE_PUBLISHABLE_KEY,
            base_addresses={"api": f"{place}/_local/stripe"},
            http_client=stripe.RequestsClient(timeout=(2, 8)),
        )


@pytest.fixture
def bea(api: Api) -> Person:
    person = api.member("bea")
    people.verified(person.id)
    return person


def pay(buyer: StripeClient, begun: dict[str, Any], card: str) -> str:
    given: Any = {"client_secret": begun["client_secret"], "payment_method": card, "return_url": RETURN}
    return buyer.v1.payment_intents.confirm(begun["payment_intent_id"], given).status


def told(server: Bank, house: House, *, twice: bool = False) -> None:
    """Stripe tells everything that was held, newest first, and our workers do what follows."""
    server.deliveries.release(reverse=True)
    server.deliveries.step()
    if twice:
        server.deliveries.again(list(server.deliveries.attempts), "shuffled", seed=7)
        server.deliveries.step()
    house.driver.settle()


@pytest.mark.row("M16", "M120")
def test_a_person_is_declined_pays_and_gets_the_money_back(
    api: Api, server: Bank, buyer: StripeClient, bea: Person, clean: House
) -> None:
    course = commerce.a_priced_course(price_minor=1999)

    def ask(method: str, path: str, body: Any = None) -> dict[str, Any]:
        reply = api.call(method, path, body, token=bea.access)
        assert reply.status < 300, reply.body
        return dict(reply.json())

    def order() -> dict[str, Any]:
        return ask("GET", f"/orders/{placed['id']}")

    ask("POST", "/cart/items", {"course_id": course})
    placed = ask("POST", "/orders/create-from-cart", {"expected_total": "19.99"})
    begun = ask("POST", "/payments/create-payment-intent", {"order_id": placed["id"]})

    with pytest.raises(stripe.CardError, match="insufficient funds"):
        pay(buyer, begun, "pm_card_chargeDeclinedInsufficientFunds")
    told(server, clean)
    assert order()["status"] == "pending"

    assert pay(buyer, begun, "pm_card_visa") == "succeeded"
    told(server, clean, twice=True)
    assert order()["status"] == "paid"
    assert commerce.enrolled(bea.id, course)
    assert len(server.stripe.captured(order_id=placed["id"])) == 1

    ask("POST", f"/orders/{placed['id']}/refunds", {"reason": "changed_my_mind"})
    clean.driver.settle()
    told(server, clean, twice=True)
    assert order()["status"] == "refunded"
    (charge,) = server.stripe.captured(order_id=placed["id"])
    assert (charge["amount_refunded"], charge["refunded"]) == (1999, True)
    assert {outcome.outcome for each in server.deliveries.attempts.values() for outcome in each} == {"200"}
