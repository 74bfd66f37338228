"""What was bought in the demo: through carts, orders and cards, as buyers do it.

`purchases.yaml` tells of codes and of orders at all stages; the priced courses of learners come here too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib import clock
from chalicelib.catalog.records import Course
from chalicelib.commerce import carts, coupon_writing, giving_back, intents, looking, orders, placing, products, refunds
from chalicelib.commerce.intents import PaymentDeclined
from chalicelib.commerce.records import Order
from infra.local.demo import bank as banks
from infra.local.demo.moments import act, days_ago
from infra.local.demo.people import Cast
from infra.local.stripe.refusals import Refusal
from infra.local.stripe.server import Stripe
from infra.local.template import parsed

SAID: Mapping[str, Any] = parsed(Path(__file__).with_name("purchases.yaml"))
CODES: Sequence[Mapping[str, Any]] = SAID["codes"]
#: Each list is of one buyer, the oldest first.
BUYERS: Sequence[Mapping[str, Any]] = SAID["buyers"]
VISA = "pm_card_visa"
#: How long somebody looks for their card.
LOOKING = timedelta(minutes=2)


def give_out(said: Mapping[str, Any], cast: Cast, stock: Mapping[str, Course]) -> None:
    """One code."""
    wishes = {name: value for name, value in said.items() if name not in ("owner", "given", "courses", "over")}
    if "courses" in said:
        wishes["courses"] = [stock[title].id for title in said["courses"]]
    if "over" in said:
        wishes["ends_at"] = days_ago(said["over"])
    coupon_writing.create(act(cast[said["owner"]], days_ago(said["given"])), wishes)


def live(said: Mapping[str, Any], cast: Cast, stock: Mapping[str, Course], bank: Stripe) -> None:
    """All that somebody has bought or wanted to buy, and what has become of it."""
    buyer = cast[said["buyer"]]
    for number, one in enumerate(said["orders"]):
        lines = [_line(thing, stock) for thing in one["things"]]
        order = _order(buyer, lines, days_ago(one["days"], 90 + number), one.get("code"))
        if "becomes" in one:
            # Who cancels does it in time: what is over has expired.
            moment = order.expires_at if one["becomes"] == "expired" else order.created_at + LOOKING
            looking.give_up(act(buyer, moment), order, one["becomes"])
        elif "card" in one or one["days"]:
            order = pay(buyer, order, days_ago(one["days"], 90 + number), bank, one.get("card", VISA))
        if "returned" in one:
            _give_back(order, [_line(thing, stock) for thing in one["returned"]], days_ago(one["after"], number))


def buy(buyer: str, course_id: str, moment: datetime, bank: Stripe) -> None:
    """One course, on one day, with a good card."""
    pay(buyer, _order(buyer, [course_id], moment), moment, bank)


def pay(buyer: str, order: Order, moment: datetime, bank: Stripe, card: str = VISA) -> Order:
    """The order with what the card has made of it."""
    with banks.at(moment):
        intent = intents.begin(act(buyer, moment - LOOKING), order.id).payable.intent_id
        try:
            bank.pay(intent, card)
            order = intents.confirm(act(buyer, moment), order.id, intent).order
        except Refusal:
            return _refused(buyer, order, moment, intent)
        return looking.look(act(buyer, moment), order)


def _refused(buyer: str, order: Order, moment: datetime, intent: str) -> Order:
    try:
        return intents.confirm(act(buyer, moment), order.id, intent).order
    except PaymentDeclined:
        return orders.known(order.id)


def _line(thing: str, stock: Mapping[str, Course]) -> str:
    return products.BY_NAME.get(thing) or stock[thing].id


def _order(buyer: str, lines: Sequence[str], moment: datetime, code: str | None = None) -> Order:
    by = act(buyer, min(moment, clock.now()) - LOOKING)
    carts.clear(by)
    for line in lines:
        carts.add(by, line)
    if code:
        carts.use_coupon(by, code)
    return placing.place(by).order


def _give_back(order: Order, lines: Sequence[str], moment: datetime) -> None:
    by = act(order.user_id, moment)
    refund = refunds.ask(by, order.id, refunds.Wish("changed_my_mind", lines)).refund
    with banks.at(moment):
        giving_back.give(by, orders.known(order.id), refund)
