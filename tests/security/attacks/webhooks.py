"""What pretends to come from Stripe, and prices that come from a buyer: neither is believed."""

import json
import random
from collections.abc import Iterator
from typing import Any

from chalicelib.commerce.records import Order
from chalicelib.table import keys, reads
from infra.local.environment import STRIPE_WEBHOOK_SECRET
from infra.local.stripe.deliveries import signature
from infra.local.stripe.server import Stripe
from tests.factories import commerce, people
from tests.factories.bank import WEBHOOK, an_event, signed
from tests.security import crew
from tests.security.attacks.ground import Ground, banking
from tests.security.attacks.mutation import mutated
from tests.security.attacks.table import Tally, Volume, attack
from tests.workers.doubles import waiting

#: Older or newer than this is no event of now.
WINDOW_SECONDS = 300
Forged = tuple[str, bytes, str]


@attack(
    "fuzz",
    "Stripe's webhook: wounds in body and header, other secrets and moments, a signature of something else",
    goal="0 accepted, 0 answers 5xx, nothing in the queue",
    volume=Volume(300, 20_000, 200_000),
)
def webhooks(ground: Ground, volume: int) -> Tally:
    tally, chance = Tally(), ground.chance("webhooks")
    text = an_event()
    assert _sent(ground, text.encode(), signed(text)) == 200
    assert len(waiting("stripe-events")) == 1
    for kind, body, header in _forged(text, volume, chance):
        status = _sent(ground, body, header)
        tally.count(status == 400, f"{status} to {kind}: {header[:80]!r} {body[:80]!r}")
    tally.count(waiting("stripe-events") == [], "something was put into the queue")
    _signed_nonsense(ground, tally, text, volume // 20, chance)
    return tally


def _forged(text: str, volume: int, chance: random.Random) -> Iterator[Forged]:
    other = an_event("charge.refunded", {"id": "ch_1", "object": "charge", "metadata": {}})
    for number in range(volume):
        header = signed(text)
        kind = ("body", "header", "both", "secret", "moment", "other")[number % 6]
        if kind in ("body", "both"):
            yield kind, mutated(text, chance).encode(), header if kind == "body" else _wounded(header, chance)
        elif kind == "header":
            yield kind, text.encode(), _wounded(header, chance)
        elif kind == "secret":
            yield kind, text.encode(), signed(text, mutated(STRIPE_WEBHOOK_SECRET, chance))
        elif kind == "moment":
            away = chance.choice((-1, 1)) * chance.randint(WINDOW_SECONDS + 60, 10**9)
            yield kind, text.encode(), _signed_at(text, header, away)
        else:
            yield kind, text.encode(), signed(other)


def _signed_at(text: str, header: str, away: int) -> str:
    now = int(header.partition(",")[0].removeprefix("t="))
    return signature(text, [STRIPE_WEBHOOK_SECRET], now + away)


def _wounded(header: str, chance: random.Random) -> str:
    """What a header can hold at all."""
    while True:
        wounded = mutated(header, chance)
        if wounded.isascii() and wounded.isprintable() and wounded.strip() == wounded:
            return wounded


def _signed_nonsense(ground: Ground, tally: Tally, text: str, times: int, chance: random.Random) -> None:
    """Somebody at Stripe writes nonsense: it may be taken or refused, and nothing breaks."""
    for _ in range(times):
        wounded = mutated(text, chance)
        if wounded.isascii():
            status = _sent(ground, wounded.encode(), signed(wounded))
            tally.count(status in (200, 400), f"{status} to {wounded!r}, which was signed")
    waiting("stripe-events")


def _sent(ground: Ground, body: bytes, header: str) -> int:
    return ground.api.call("POST", WEBHOOK, raw=body, stripe_signature=header).status


#: What a buyer would like to decide.
WISHES = (
    *("price", "price_minor", "amount", "amount_minor", "total", "total_minor", "subtotal_minor", "discount"),
    *("discount_minor", "currency", "quantity", "lines", "items", "coupon", "fee_minor", "captured_minor", "status"),
    *("user_id", "expires_at", "metadata", "expected_total", "expected_total_minor"),
)
VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 50, 1999, 10**12, 0.01, "0", "0.00", "0.01", "-1", "1e-9", "20.00", "NaN", "INR", "paid", "FREE"),
    *(None, True, [], {}, [{"price_minor": 1}], {"order_id": "ord_1"}),
)
PRICE = commerce.PRICE
BUYERS = 10


@attack(
    "properties",
    "carts, orders and payments with prices, totals, discounts and states that the buyer has made up",
    goal="0 prices accepted: every order costs what the catalogue says, and so does every payment",
    volume=Volume(60, 5_000, 50_000),
)
def prices(ground: Ground, volume: int) -> Tally:
    tally, chance, bank = Tally(), ground.chance("prices"), Stripe()
    course = commerce.a_priced_course()
    with banking(bank):
        for number in range(min(BUYERS, volume)):
            buyer = crew.join(f"buyer{number}")
            people.verified(buyer.id)
            for _ in range(volume // BUYERS):
                _bargained(ground, tally, buyer, course, chance)
    amounts = {int(each["amount"]) for each in bank.store.all("payment_intent")}
    tally.count(amounts == {PRICE}, f"payments of {amounts}")
    return tally


def _bargained(ground: Ground, tally: Tally, buyer: Any, course: str, chance: random.Random) -> None:
    """One wish at each step; where the wish is refused, the step is taken without it."""
    _step(ground, tally, buyer, "/cart/items", {"course_id": course}, chance)
    placed = _step(ground, tally, buyer, "/orders/create-from-cart", {}, chance)
    order = reads.one(Order, keys.order(buyer.id, placed["id"][4:30]))
    assert order is not None
    kept = {int(order.total_minor), *(int(line["total_minor"]) for line in order.lines)}
    tally.count(kept == {PRICE}, f"an order of {kept}")
    if chance.random() < 0.2:
        _step(ground, tally, buyer, "/payments/create-payment-intent", {"order_id": order.id}, chance)
    ground.api.call("POST", f"/api/v1/orders/{order.id}/cancel", token=buyer.access)
    ground.api.call("DELETE", "/api/v1/cart", token=buyer.access)


def _step(ground: Ground, tally: Tally, buyer: Any, path: str, good: dict[str, Any], chance: random.Random) -> Any:
    wish = {name: chance.choice(VALUES) for name in chance.sample(WISHES, chance.randint(1, 3))}
    answer = ground.api.call("POST", f"/api/v1{path}", {**good, **wish}, token=buyer.access)
    tally.count(answer.status < 500, f"{answer.status} to {json.dumps(wish)} at {path}")
    if answer.status >= 300:
        answer = ground.api.call("POST", f"/api/v1{path}", good, token=buyer.access)
    assert answer.status < 300, answer.body
    return answer.json()
