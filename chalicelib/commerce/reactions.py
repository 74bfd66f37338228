"""What follows from the facts of orders; `chalicelib/reactions.py` says from which.

Each reads its subject anew and may come late, twice and out of order. A letter is None where nobody wants it any more.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.accounts import records as people
from chalicelib.accounts import rights
from chalicelib.accounts.records import User
from chalicelib.catalog import money
from chalicelib.commerce import ids, letters, printing, receipts, states
from chalicelib.commerce.ids import Ordered
from chalicelib.commerce.letters import Bought
from chalicelib.commerce.records import Order, Refund
from chalicelib.errors import ProductError
from chalicelib.messaging import metrics
from chalicelib.messaging.mailer import Outgoing
from chalicelib.table import acts, keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.counting import Counted
from chalicelib.table.facts import Fact
from chalicelib.table.writes import put_new, together

UNDELIVERED = "It could not be delivered any more; you get this money back."


class NotAboutAnOrder(ValueError):
    """The fact's subject is no order."""


class Addressed(ProductError):
    """This administrator has been told. Internal."""


def whose(fact: Fact) -> Ordered:
    """The order that a fact is about, or that it names."""
    found = ids.ordered(str(fact.payload.get("order", fact.subject)))
    if found is None:
        raise NotAboutAnOrder(fact.subject)
    return found


def print_receipt(fact: Fact) -> str:
    """After a payment, and whenever money goes back: the paper of the order as it is now."""
    whose(fact)
    return printing.keep(fact.subject, acts.by_system(fact.request_id).now)


def address_dispute(fact: Fact) -> str:
    """Have every administrator told of a dispute, each once."""
    whose(fact)
    act = acts.by_system(fact.request_id)
    return f"{sum(_address(act, fact, admin.id) for admin in rights.administrators())} told"


def note_failed_refund(fact: Fact) -> str:
    """It rings where a buyer waits for money that the bank does not take: a person must find another way."""
    order = next(iter(reads.many([keys.order(*whose(fact))]).values()), None)
    if not isinstance(order, Order) or not states.is_owed(order):
        return "nothing is owed"
    metrics.count("RefundsFailed")
    return "rung"


def _address(act: Act, fact: Fact, admin: str) -> bool:
    once: Counted = Counted.under(keys.counted(f"dispute-{admin}", fact.id))
    told = act.fact("dispute.addressed", admin, order=fact.subject, amount_minor=fact.payload["amount_minor"])
    try:
        return together(act, put_new(once, otherwise=Addressed()), fact=told, result=True)
    except Addressed:
        return False


def order_confirmed(fact: Fact) -> Outgoing | None:
    found = _bought(whose(fact))
    if found is None:
        return None
    buyer, order = found
    undelivered = _undelivered(order)
    letter = letters.OrderConfirmed(
        name=buyer.name,
        number=receipts.number_of(order),
        lines=tuple(_line(each, UNDELIVERED if each["id"] in undelivered else "") for each in order.lines),
        total=_amount(int(order.total_minor), order),
        link=receipts.check_address(order.id),
    )
    return Outgoing(letter, buyer.email)


def money_returned(fact: Fact) -> Outgoing | None:
    """Not where a refund that was told of has failed since: of that, there is another letter."""
    found, amount = _bought(whose(fact)), int(fact.payload["amount_minor"])
    if found is None or amount <= 0:
        return None
    buyer, order = found
    titles = {line["id"]: line["title"] for line in order.lines}
    letter = letters.MoneyReturned(
        name=buyer.name,
        number=receipts.number_of(order),
        amount=_amount(amount, order),
        lines=tuple(
            Bought(titles.get(line, ""), money.decimal(part), _closed(order, line))
            for line, part in fact.payload["lines"].items()
            if part > 0
        ),
        link=receipts.check_address(order.id),
    )
    return Outgoing(letter, buyer.email)


def refund_failed(fact: Fact) -> Outgoing | None:
    """Not where the buyer has all of it already, or their bank decides: then nothing is owed."""
    found = _bought(whose(fact))
    if found is None or not states.is_owed(found[1]):
        return None
    buyer, order = found
    amount = _amount(int(fact.payload["amount_minor"]), order)
    return Outgoing(letters.RefundFailed(name=buyer.name, number=receipts.number_of(order), amount=amount), buyer.email)


def payment_declined(fact: Fact) -> Outgoing | None:
    """Not to somebody who has paid meanwhile, or whose order is over."""
    found = _bought(whose(fact))
    if found is None or states.status(found[1]) != "pending":
        return None
    buyer, order = found
    until = order.expires_at.astimezone(ZoneInfo(buyer.time_zone))
    letter = letters.PaymentDeclined(
        name=buyer.name,
        number=receipts.number_of(order),
        total=_amount(int(order.total_minor), order),
        until=f"{until:%H:%M} on {until.day} {until:%B}",
    )
    return Outgoing(letter, buyer.email)


def dispute_opened(fact: Fact) -> Outgoing | None:
    """To an administrator, who may be none any more."""
    admin = people.user(fact.subject)
    order = reads.one(Order, keys.order(*whose(fact)))
    if admin is None or admin.erased_at is not None or "admin" not in admin.roles or order is None:
        return None
    letter = letters.DisputeOpened(
        name=admin.name,
        order=order.id,
        payment=order.intent_id or "unknown",
        amount=_amount(int(fact.payload["amount_minor"]), order),
        total=_amount(int(order.total_minor), order),
    )
    return Outgoing(letter, admin.email)


def _bought(place: Ordered) -> tuple[User, Order] | None:
    buyer, order = people.user(place.user), reads.one(Order, keys.order(*place))
    return None if buyer is None or buyer.erased_at is not None or order is None else (buyer, order)


def _undelivered(order: Order) -> set[str]:
    """Lines for which nobody had to ask for the money."""
    place = ids.ordered(order.id)
    if place is None or not order.refunds_asked:
        return set()
    found = reads.many(keys.refund(*place, number + 1) for number in range(int(order.refunds_asked)))
    return {
        line
        for refund in found.values()
        if isinstance(refund, Refund) and refund.reason == "undeliverable"
        for line in refund.lines
    }


def _line(line: Mapping[str, Any], note: str) -> Bought:
    return Bought(line["title"], money.decimal(int(line["total_minor"])), note)


def _closed(order: Order, line: str) -> str:
    return "It is closed for you now." if line in order.closed else ""


def _amount(minor: int, order: Order) -> str:
    return f"{money.decimal(minor)} {order.currency}"
