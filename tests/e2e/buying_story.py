"""The story of a course that is sold and given back, played through the gateway, with the official SDK for a buyer.

Nobody asks for the payment to be completed: the webhooks, each delivered twice, and the deployed workers do that. The
refund is made while Stripe is silent, and told of afterwards, in the wrong order. A second order is paid in silence,
too; the clock of payments has to find it.
"""

from dataclasses import dataclass
from typing import Any

import stripe

from infra.local.gateway import Reply
from infra.local.mailbox import Mail
from tests.e2e import story
from tests.e2e.bank import WEBHOOK, Bank
from tests.e2e.learning_story import access, joined
from tests.e2e.stage import Stage, until
from tests.e2e.story import API
from tests.factories.forms import Fetched, fetched

TITLE = "Storm glass"
PAGE = "Crystals grow before the wind does."
RETURN = "http://localhost/thanks"
CODE = "BEFORE-THE-STORM"
TEACHER, BUYER = "tenzin", "bea"


@dataclass(frozen=True)
class Bought:
    free: Reply
    added: Reply
    cheaper: Reply
    ordered: Reply
    repeated: Reply
    begun: Reply
    declined: stripe.CardError
    refused: Reply
    waiting: dict[str, Any]
    forged: Reply
    confirmed: str
    paid: dict[str, Any]
    emptied: Reply
    thanked: Mail
    opened: Reply
    sold: dict[str, Any]
    paper: Fetched
    unsigned: Fetched
    asked: Reply
    asked_again: Reply
    refunded: dict[str, Any]
    closed: Reply
    returned: Mail
    given_back: dict[str, Any]
    settled: dict[str, int]
    untold: dict[str, Any]


def play(stage: Stage, bank: Bank) -> Bought:
    teacher, boss, buyer = access(stage, TEACHER), access(stage, "boss"), joined(stage, BUYER)
    course, lesson = offered(stage, teacher)
    with bank.telling(stage, "twice"):
        free = stage.call("POST", f"{API}/enrollments", {"course": course}, token=buyer)
        added = stage.call("POST", f"{API}/cart/items", {"course_id": course}, token=buyer)
        cheaper = stage.call("POST", f"{API}/cart/coupon", {"code": CODE}, token=buyer)
        ordered, repeated = (order(stage, buyer, "24.00") for _ in range(2))
        begun = begin(stage, buyer, ordered)
        declined = turned_down(bank, begun)
        refused = confirm(stage, buyer, ordered, begun)
        waiting = mine(stage, buyer, ordered)
        forged = stage.call("POST", WEBHOOK, b"{}", Stripe_Signature="t=1,v1=00")

        confirmed = pay(bank, begun, "pm_card_visa")
        paid = until("a paid order", lambda: stands(stage, buyer, ordered, "paid"))
        emptied = stage.call("GET", f"{API}/cart", token=buyer)
        opened = stage.call("GET", f"{API}/lessons/{lesson}", token=buyer)
        sold = until("what the sale has earned", lambda: earned(stage, teacher, 1920))
        link = until("a printed receipt", lambda: receipt(stage, buyer, ordered))
        paper, unsigned = fetched(link), fetched(link.partition("?")[0])
        thanked = stage.mail_to(f"{BUYER}@example.org", about="Thank you")

        bank.be_silent()
        asked, asked_again = (ask_back(stage, buyer, ordered) for _ in range(2))
        refunded = until("a refunded order", lambda: stands(stage, buyer, ordered, "refunded"))
        closed = stage.call("GET", f"{API}/lessons/{lesson}", token=buyer)
        given_back = until("what the refund took back", lambda: earned(stage, teacher, 0))
        settled = until("the fee in the accounts", lambda: balanced(stage, boss))
        returned = stage.mail_to(f"{BUYER}@example.org", about="way back")
        bank.tell_all_again()
        until("the last webhook", lambda: not bank.deliveries.waiting)
    return Bought(
        free, added, cheaper, ordered, repeated, begun, declined, refused, waiting, forged, confirmed, paid, emptied,
        thanked, opened, sold, paper, unsigned, asked, asked_again, refunded, closed, returned, given_back, settled,
        paid_in_silence(stage, bank, buyer),
    )  # fmt: skip


def offered(stage: Stage, teacher: str) -> tuple[str, str]:
    """A course that costs something, with a code for less, and its lesson."""
    said = {"title": TITLE, "price": "32.00"}
    course: str = stage.call("POST", f"{API}/courses", said, token=teacher).json()["id"]
    lessons = {"course_id": course, "lessons": [{"title": "Filling it", "content": PAGE}]}
    made = stage.call("POST", f"{API}/lessons/bulk", lessons, token=teacher).json()
    stage.call("POST", f"{API}/courses/{course}/publish", token=teacher)
    coupon = {"code": CODE, "percent": 25, "courses": [course], "limit_total": 1}
    stage.call("POST", f"{API}/coupons", coupon, token=teacher)
    return course, made["lessons"][0]["id"]


def paid_in_silence(stage: Stage, bank: Bank, buyer: str) -> dict[str, Any]:
    """The premium tier, paid for; the browser is closed then, and Stripe tells nobody."""
    stage.call("POST", f"{API}/cart/items", {"product": "premium"}, token=buyer)
    total = stage.call("GET", f"{API}/cart", token=buyer).json()["total"]
    placed = order(stage, buyer, total)
    pay(bank, begin(stage, buyer, placed), "pm_card_visa")
    return mine(stage, buyer, placed)


def order(stage: Stage, buyer: str, total: str) -> Reply:
    return stage.call("POST", f"{API}/orders/create-from-cart", {"expected_total": total}, token=buyer)


def begin(stage: Stage, buyer: str, placed: Reply) -> Reply:
    wish = {"order_id": placed.json()["id"]}
    return stage.call("POST", f"{API}/payments/create-payment-intent", wish, token=buyer)


def confirm(stage: Stage, buyer: str, placed: Reply, begun: Reply) -> Reply:
    both = {"order_id": placed.json()["id"], "payment_intent_id": begun.json()["payment_intent_id"]}
    return stage.call("POST", f"{API}/payments/confirm-payment", both, token=buyer)


def pay(bank: Bank, begun: Reply, card: str) -> str:
    """What Stripe's own fields do in the buyer's browser, with what the API has given it and nothing else."""
    payment = begun.json()
    given: Any = {"client_secret": payment["client_secret"], "payment_method": card, "return_url": RETURN}
    intents = bank.buyer(payment["publishable_key"]).v1.payment_intents
    return str(intents.confirm(payment["payment_intent_id"], given).status)


def turned_down(bank: Bank, begun: Reply) -> stripe.CardError:
    try:
        status = pay(bank, begun, "pm_card_chargeDeclined")
    except stripe.CardError as error:
        return error
    raise AssertionError(f"the card was taken: {status}")


def mine(stage: Stage, buyer: str, placed: Reply) -> dict[str, Any]:
    found: dict[str, Any] = stage.call("GET", f"{API}/orders/{placed.json()['id']}", token=buyer).json()
    return found


def stands(stage: Stage, buyer: str, placed: Reply, status: str) -> dict[str, Any] | None:
    found = mine(stage, buyer, placed)
    return found if found["status"] == status else None


def ask_back(stage: Stage, buyer: str, placed: Reply) -> Reply:
    path = f"{API}/orders/{placed.json()['id']}/refunds"
    return stage.call("POST", path, {"reason": "changed_my_mind"}, token=buyer)


def receipt(stage: Stage, buyer: str, placed: Reply) -> str:
    reply = stage.call("GET", f"{API}/orders/{placed.json()['id']}/receipt", token=buyer)
    return str(reply.json()["url"]) if reply.status == 200 else ""


def earned(stage: Stage, teacher: str, balance: int) -> dict[str, Any] | None:
    """The teacher's earnings, as soon as the balance has followed them."""
    found: dict[str, Any] = stage.call("GET", f"{API}/earnings", token=teacher).json()
    return found if [each["amount_minor"] for each in found["balances"]] == [balance] else None


def balanced(stage: Stage, boss: str) -> dict[str, int] | None:
    """The accounts of the platform, as soon as they know Stripe's fee and that the buyer has everything back."""
    found = accounts(stage, boss)
    return found if found["stripe"] and not found["buyers"] else None


def accounts(stage: Stage, boss: str) -> dict[str, int]:
    found = stage.call("GET", f"{API}/admin/accounts", token=boss).json()
    return {name: sum(each["amount_minor"] for each in amounts) for name, amounts in found.items()}


def healed(stage: Stage, untold: dict[str, Any]) -> dict[str, Any] | None:
    """The order that was paid in silence, once it is paid for us too. Its buyer signs in again: time has passed."""
    found: dict[str, Any] = stage.call(
        "GET", f"{API}/orders/{untold['id']}", token=story.login(stage, BUYER).json()["access"]
    ).json()
    return found if found["status"] == "paid" else None
