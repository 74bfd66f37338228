"""Asha buys a course: a cart, a code, a card without money, one with, a receipt, and the money back.

Stripe's stand-in plays her bank and her browser: its button `pay` does what Stripe's own fields would do there.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from infra.local.views import PASSWORD
from infra.tour.visitor import API, Lost, Visitor

STRIPE = "/_local/stripe"
WISH = {"title": "Rye, the slow way", "level": "intermediate", "price": "24.00"}
LESSONS = [{"title": "A starter", "content": "Flour, water, five days."}, {"title": "The crust", "content": "Steam."}]
MONEY = ("subtotal", "discount", "total", "currency")
STANDS = ("status", "total", "refunded", "declined")


@dataclass(frozen=True)
class Rye:
    """What is for sale, and the code for it. `tara` and `asha` are the tokens of seller and buyer."""

    course: str
    code: str
    tara: str
    asha: str


def buy(visitor: Visitor, asha: str, email: str) -> None:
    rye = offer(visitor, asha)
    fill_the_cart(visitor, rye)
    order, intent = place_the_order(visitor, rye)
    be_declined(visitor, rye, order, intent, email)
    pay(visitor, rye, order, intent, email)
    hear_it_again(visitor, rye, order, intent)
    read_the_receipt(visitor, rye, order)
    give_it_back(visitor, rye, order, email)
    count_the_earnings(visitor, rye)


def offer(visitor: Visitor, asha: str) -> Rye:
    visitor.say("Tara sells her second course, with a code for the first ten who buy it.")
    signed_in = visitor.quietly("POST", f"{API}/auth/login", {"username": "teacher", "password": PASSWORD}, {})
    tara: str = signed_in.body["access"]
    course = visitor.send("POST", f"{API}/courses", WISH, token=tara, expect=201, shows=("title", "price")).body["id"]
    lessons = {"course_id": course, "lessons": LESSONS}
    visitor.send("POST", f"{API}/lessons/bulk", lessons, token=tara, expect=201)
    visitor.send("POST", f"{API}/courses/{course}/publish", token=tara, shows=("title", "status", "price"))
    code = f"RYE-{secrets.token_hex(3)}".upper()
    wish = {"code": code, "percent": 25, "courses": [course], "limit_total": 10}
    visitor.send("POST", f"{API}/coupons", wish, token=tara, expect=201, shows=("code", "percent", "limit_total"))
    return Rye(course, code, tara, asha)


def fill_the_cart(visitor: Visitor, rye: Rye) -> None:
    visitor.say("Asha cannot just enroll. She puts it into her cart; a price of her own is not taken.")
    visitor.send("POST", f"{API}/enrollments", {"course": rye.course}, token=rye.asha, expect=402)
    item = {"course_id": rye.course}
    visitor.send("POST", f"{API}/cart/items", {**item, "price": "0.01"}, token=rye.asha, expect=422)
    visitor.send("POST", f"{API}/cart/items", item, token=rye.asha, expect=201, shows=("title", "price"))
    visitor.send("POST", f"{API}/cart/coupon", {"code": rye.code.lower()}, token=rye.asha, shows=MONEY)


def place_the_order(visitor: Visitor, rye: Rye) -> tuple[str, str]:
    visitor.say("She orders what she has seen: another total is refused. Pressing the button twice makes one order.")
    path = f"{API}/orders/create-from-cart"
    visitor.send("POST", path, {"expected_total": "12.00"}, token=rye.asha, expect=409)
    order = visitor.send("POST", path, {"expected_total": "18.00"}, token=rye.asha, expect=201, shows=STANDS)
    again = visitor.send("POST", path, {"expected_total": "18.00"}, token=rye.asha, shows=STANDS)
    if again.body["id"] != order.body["id"]:
        raise Lost("one cart became two orders")
    wish = {"order_id": order.body["id"]}
    shows = ("amount", "currency", "status")
    begun = visitor.send("POST", f"{API}/payments/create-payment-intent", wish, token=rye.asha, shows=shows)
    return order.body["id"], begun.body["payment_intent_id"]


def be_declined(visitor: Visitor, rye: Rye, order: str, intent: str, email: str) -> None:
    visitor.say("Her first card has too little money. The order waits, and the same payment takes another card.")
    _use_card(visitor, intent, "pm_card_chargeDeclinedInsufficientFunds")
    _confirm(visitor, rye, order, intent, expect=402)
    visitor.mail(email, "did not go through")


def pay(visitor: Visitor, rye: Rye, order: str, intent: str, email: str) -> None:
    visitor.say("The second one pays. The course is open, and the cart is empty.")
    _use_card(visitor, intent, "pm_card_visa")
    _confirm(visitor, rye, order, intent)
    visitor.send("GET", f"{API}/courses/{rye.course}", token=rye.asha, shows=("title", "access"))
    if visitor.see(f"{API}/cart", rye.asha)["items"]:
        raise Lost("what was bought is still in the cart")
    visitor.mail(email, "Thank you for your order")


def hear_it_again(visitor: Visitor, rye: Rye, order: str, intent: str) -> None:
    visitor.say("Stripe tells all of it once more, in any order. Nothing changes.")
    before = visitor.see(f"{API}/orders/{order}", rye.asha)
    visitor.quietly("POST", f"{STRIPE}/intents/{intent}/events", {"order": "shuffled"}, {})
    for event in reversed(_payment(visitor, intent)["events"]):
        if event["attempts"]:
            print(f"  {event['type']}: {', '.join(event['attempts'])}")
    after = visitor.see(f"{API}/orders/{order}", rye.asha)
    if (after["status"], after["total"]) != (before["status"], before["total"]):
        raise Lost("an event had its effect twice")


def read_the_receipt(visitor: Visitor, rye: Rye, order: str) -> None:
    visitor.say("The receipt is a link for five minutes.")
    path = f"{API}/orders/{order}/receipt"
    visitor.until(lambda: "url" in visitor.see(path, rye.asha), "the printed receipt")
    link: Any = visitor.send("GET", path, token=rye.asha).body
    print(f"  -> {visitor.paper(link['url'])}")


def give_it_back(visitor: Visitor, rye: Rye, order: str, email: str) -> None:
    visitor.say("Rye is not for her. She asks for her money on the same day: it goes back, and the course closes.")
    path = f"{API}/orders/{order}/refunds"
    why = {"reason": "changed_my_mind"}
    asked = visitor.send("POST", path, why, token=rye.asha, expect=202, shows=("status", "amount"))
    again = visitor.quietly("POST", path, why, {"Authorization": f"Bearer {rye.asha}"})
    if again.body["id"] != asked.body["id"]:
        raise Lost("the money was asked for twice")
    visitor.until(lambda: visitor.see(f"{API}/orders/{order}", rye.asha)["status"] == "refunded", "the refund")
    visitor.send("GET", f"{API}/orders/{order}", token=rye.asha, shows=STANDS)
    visitor.send("GET", f"{API}/courses/{rye.course}", token=rye.asha, shows=("title", "access"))
    visitor.mail(email, "on its way back")


def count_the_earnings(visitor: Visitor, rye: Rye) -> None:
    visitor.say("Tara sees both movements: what the sale brought her, and the same amount going back.")
    newest = visitor.send("GET", f"{API}/earnings", token=rye.tara, shows=("balances",)).body["movements"][:2]
    for movement in reversed(newest):
        print(f"  {movement['what']}: {movement['amount']} {movement['currency']}")
    if sum(movement["amount_minor"] for movement in newest):
        raise Lost("a sale that was given back left something in the books")


def _use_card(visitor: Visitor, intent: str, card: str) -> None:
    path = f"{STRIPE}/intents/{intent}/pay"
    reply = visitor.quietly("POST", path, {"card": card}, {})
    payment = _payment(visitor, intent)
    print(f'  POST {path}  {{"card": "{card}"}}')
    print(f"  -> {reply.status} {payment['error'] or payment['status']}")


def _confirm(visitor: Visitor, rye: Rye, order: str, intent: str, expect: int = 200) -> None:
    both = {"order_id": order, "payment_intent_id": intent}
    visitor.send("POST", f"{API}/payments/confirm-payment", both, token=rye.asha, expect=expect, shows=STANDS)


def _payment(visitor: Visitor, intent: str) -> Any:
    known = visitor.see(STRIPE)["payments"]
    return next(each for each in known if each["id"] == intent)
